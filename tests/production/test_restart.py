"""A planned restart ends no answer and refuses no request; what is left of a killed supervisor leaves by itself."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import psutil
import pytest

from tests.conftest import REPOSITORY
from tests.portal.installations import Installation
from tests.servers.openai_server import running as model_running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("restart")]

HANDBOOK = "# Travel\n\n" + "\n\n".join(
    f"The daily meal allowance in city number {n} is {n + 30} euros, and taxis are reimbursed." for n in range(1, 9)
)
FINISHED = {"answered", "partial", "conflict", "not_found"}  # whatever it says: it was not ended before its end
COMPANY = """
from django.core.files.base import ContentFile
from knowledge.ingestion import pipeline
from knowledge.library import uploads
from knowledge.library.collections import create_collection
from tenants.api_keys.api_keys import create_api_key
from tenants.members.members import add_member, create_tenant
from tenants.isolation.scope import in_tenant
acme = create_tenant("acme", name="Acme Ltd")
olga = add_member(acme, email="olga@acme.example", role="owner", name="Olga Acme")
with in_tenant(acme):
    handbook = create_collection(olga, "Handbook")
    uploads.upload(olga, handbook, ContentFile({text!r}.encode()), filename="travel.md")
    key = create_api_key(olga, name="test", scopes=("read", "ask"))[1]
pipeline.drain(inline=True)
print(key)
"""


@dataclass
class Running:
    """A portal with two web processes whose answers are written slowly, word by word."""

    installation: Installation
    process: subprocess.Popen
    log: object
    port: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.address}/t/acme/api/v1"

    def said(self) -> str:
        return self.log.read_text()

    def web_processes(self) -> list[int]:
        """Those that listen, as a client could see: by who owns the listening port."""
        listening = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                connections = child.net_connections("inet")
                if any(c.status == psutil.CONN_LISTEN and c.laddr.port == self.port for c in connections):
                    listening.append(child.pid)
        return listening


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("restarted")
    with model_running() as (model, _):
        there = Installation(
            folder / "data",
            {
                "OPENAI_BASE_URL": model, "OPENAI_API_KEY": "key", "ANSWER_MODEL": "echo-words-100",
                "WEB_PROCESSES": "2", "PYTHONUNBUFFERED": "1", "LOG_LEVEL": "WARNING",
            },
        )  # fmt: skip
        there.make()
        there.key = there.script(COMPANY.format(text=HANDBOOK)).splitlines()[-1]
        yield there


@contextlib.contextmanager
def started(prepared: Installation, log) -> Iterator[Running]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PORTAL_", "DJANGO_", "DATABASE_", "OPENAI_"))}
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", "0"], cwd=REPOSITORY, stdout=file, stderr=file,
            env=kept | {"PORTAL_DATA_DIR": str(prepared.folder)} | prepared.environment, start_new_session=True,
        )  # fmt: skip
    there = Running(prepared, process, log)
    try:
        until(lambda: "Ready after" in there.said() or process.poll() is not None, 90)
        there.port = int(re.search(r"Ready after .*:(\d+)", there.said())[1])
        there.headers = {"Authorization": f"Bearer {prepared.key}"}
        yield there
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30)


@pytest.fixture(scope="module")
def one_at_a_time(prepared, tmp_path_factory) -> Iterator[Callable[[], Running]]:
    """Gives the portal that runs: one that a test left running goes on, for a start and an end take seconds."""
    with contextlib.ExitStack() as stack:
        now: list[Running] = []

        def give() -> Running:
            if not now or now[0].process.poll() is not None:
                stack.close()
                now[:] = [stack.enter_context(started(prepared, tmp_path_factory.mktemp("log") / "up.log"))]
            return now[0]

        yield give


@pytest.fixture
def running(one_at_a_time) -> Running:
    return one_at_a_time()


def until(true, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ask(there: Running, question: str) -> str:
    """How an answer ended, followed as a stream to its last event."""
    kind, ending = "", ""
    body = {"question": question, "stream": True}
    with httpx.stream(
        "POST", f"{there.api}/ask/", json=body, timeout=60, headers=there.headers | {"Accept": "text/event-stream"}
    ) as stream:
        assert stream.status_code == 200, stream.read()
        for line in stream.iter_lines():
            kind = line.removeprefix("event: ") if line.startswith("event: ") else kind
            if line.startswith("data: ") and kind == "done":
                ending = json.loads(line.removeprefix("data: "))["state"]
    return ending or kind


class Crowd:
    """People who ask and programs that read, some on connections that they keep, until told to stop."""

    def __init__(self, there: Running) -> None:
        self.there, self.failures, self.answers, self.requests = there, [], [], 0
        self.over = threading.Event()
        work = [self._ask] * 3 + [self._read_kept] * 2 + [self._read_new]
        self.threads = [threading.Thread(target=each, args=(n,), daemon=True) for n, each in enumerate(work)]

    def __enter__(self) -> Crowd:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(60)

    def _ask(self, number: int) -> None:
        asked = 0
        while not self.over.is_set():
            asked += 1
            self._try(lambda asked=asked: self.answers.append(
                ask(self.there, f"How much is the meal allowance in city number {(number * 3 + asked) % 8 + 1}?")
            ))  # fmt: skip

    def _read_kept(self, _) -> None:
        with httpx.Client(headers=self.there.headers, timeout=20) as client:
            while not self.over.is_set():
                self._try(lambda: self._read(client.get))

    def _read_new(self, _) -> None:
        while not self.over.is_set():
            self._try(lambda: self._read(lambda url: httpx.get(url, headers=self.there.headers, timeout=20)))

    def _read(self, get) -> None:
        answer = get(f"{self.there.api}/documents/")
        assert answer.status_code == 200, answer.text
        time.sleep(0.05)

    def _try(self, act) -> None:
        try:
            act()
            self.requests += 1
        except Exception as error:
            self.failures.append(repr(error))
            time.sleep(0.1)


def test_a_restart_under_load_ends_no_answer_and_refuses_no_request(running):
    former = running.web_processes()
    assert len(former) == 2
    with Crowd(running) as crowd:
        until(lambda: len(crowd.answers) >= 2 or crowd.failures, 60)
        said = running.installation.run("up", "--restart")
        assert "Restarted" in said
        until(lambda: not any(psutil.pid_exists(pid) for pid in former), 60)
        answered = len(crowd.answers)
        until(lambda: len(crowd.answers) >= answered + 3 or crowd.failures, 60)
    assert crowd.failures == []
    assert crowd.requests > 20
    assert set(crowd.answers) <= FINISHED
    assert len(running.web_processes()) == 2
    assert not set(running.web_processes()) & set(former)
    assert running.process.poll() is None, "the same process supervises, so a terminal or a service manager keeps it"


def test_a_version_that_would_not_start_changes_nothing(running, monkeypatch):
    former = running.web_processes()
    database = running.installation.folder / "portal.sqlite3"
    script = (
        "from django.db.migrations.recorder import MigrationRecorder as R; from django.db import connection as c; "
        "R(c).{}('knowledge', '9999_from_the_future')"
    )
    assert database.exists()
    running.installation.script(script.format("record_applied"))
    try:
        running.process.send_signal(signal.SIGUSR2)
        until(lambda: "Not restarted, because the new version would not start" in running.said(), 30)
        assert "9999_from_the_future" in running.said()
        assert running.web_processes() == former
        assert httpx.get(f"{running.address}/healthz").status_code == 200
    finally:
        running.installation.script(script.format("record_unapplied"))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel spreads connections on Linux alone")
def test_connections_that_clients_keep_are_spread_over_the_web_processes(running):
    clients = [httpx.Client() for _ in range(24)]
    try:
        for client in clients:
            client.get(f"{running.address}/healthz").raise_for_status()
        held = [
            sum(c.status == psutil.CONN_ESTABLISHED for c in psutil.Process(pid).net_connections("inet"))
            for pid in running.web_processes()
        ]
        assert len(held) == 2
        assert min(held) >= 4, "by chance alone 24 connections are spread worse once in 3,000 runs"
    finally:
        for client in clients:
            client.close()


def test_sigterm_lets_a_running_answer_finish_and_takes_no_new_connection(running):
    endings: list[str] = []
    asking = threading.Thread(
        target=lambda: endings.append(ask(running, "How much is the meal allowance in city number 3?")), daemon=True
    )
    asking.start()
    until(lambda: running_answers(running) == 1, 30)
    running.process.send_signal(signal.SIGTERM)
    until(lambda: not running.web_processes(), 5)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running.address}/healthz", timeout=5)
    asking.join(40)
    assert len(endings) == 1
    assert set(endings) <= FINISHED
    assert running.process.wait(20) == 0


def running_answers(there: Running) -> int:
    out = there.installation.script(
        "from answers.models import Answer; from tenants.models import Tenant; t = Tenant.objects.get(slug='acme'); "
        "print(Answer.objects.for_tenant(t).filter(state='running').count())"
    )
    return json.loads(out.splitlines()[-1])


def test_what_is_left_of_a_killed_supervisor_leaves_and_the_next_start_is_not_refused(running, tmp_path):
    children = [child.pid for child in psutil.Process(running.process.pid).children(recursive=True)]
    assert len(children) >= 4
    running.process.kill()
    running.process.wait()
    until(lambda: not any(alive(pid) for pid in children), 15)
    out = running.installation.run("up", "--preflight")
    assert out == ""
    with (tmp_path / "again.log").open("w") as file:
        again = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(running.port)], cwd=REPOSITORY, stdout=file, stderr=file,
            env=os.environ | {"PORTAL_DATA_DIR": str(running.installation.folder)} | running.installation.environment,
        )  # fmt: skip
    try:
        until(lambda: "Ready after" in (tmp_path / "again.log").read_text() or again.poll() is not None, 60)
        assert again.poll() is None, (tmp_path / "again.log").read_text()
    finally:
        again.send_signal(signal.SIGINT)
        again.wait(30)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
