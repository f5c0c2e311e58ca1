"""Another search index is made, switched to, and switched back, by the real processes while a program asks without
pause; documents come in meanwhile, and who makes the index is killed. No question stays without its answer."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

from knowledge.index_spec import IndexSpec
from portal.operations.services.ports import free_port
from tests.conftest import REPOSITORY
from tests.fixtures_production import PASSWORD, upload
from tests.production.installation import Installation
from tests.servers.commands import Commands, commands

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("production")]

OLD, NEW = IndexSpec().name, IndexSpec(words=60, overlap=10).name
BEFORE, MEANWHILE = 60, 8  # documents
FILLER = "Whoever works there reads the notice at the door first and keeps the way out free. " * 25


class Embedded(Installation):
    """One folder and `manage.py up`, with nothing else installed."""

    def manage(self, *words: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=REPOSITORY, env=self.environment, input=given, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(self.port)],
                cwd=REPOSITORY, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until(lambda: "Ready after" in self.said(), within=120)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    outside = ("DJANGO_", "OPENAI_", "PORTAL_", "ANSWER_", "DATABASE_", "REDIS_", "WEAVIATE_", "VECTOR_", "COVERAGE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outside)}
    installation = Embedded(folder, kept | {"PORTAL_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}, free_port())
    try:
        installation.start()
        with commands([sys.executable, "manage.py"], installation.environment) as command:
            command("create_tenant", "acme", "--name", "Acme Ltd")
            command(
                "add_member", "--tenant", "acme", "--email", "adam@acme.example", "--role", "admin", "--name", "Adam",
                "--password-stdin", given=PASSWORD,
            )  # fmt: skip
        yield installation
    finally:
        installation.stop()


@pytest.fixture(params=["embedded", "production"])
def column(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def command(column):
    """Runs a command of `manage.py` there."""
    manage = ["manage.py"] if isinstance(column, Embedded) else ["-m", "portal.operations.services", "manage"]
    with commands([sys.executable, *manage], column.environment) as ready:
        yield ready


@pytest.fixture
def program(column):
    with column.api("acme", "adam@acme.example") as client:
        client.shelf = client.post("/collections/", json={"name": "Plants"}).json()["id"]
        yield client


def until(true, *, within: float = 120):
    deadline = time.monotonic() + within
    while not (value := true()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return value


def plant(number: int) -> str:
    return f"# Plant {number}\n\n{FILLER}\n\nThe gate of plant {number} opens with the code K{number}Q.\n\n{FILLER}\n"


class Asking:
    """Programs that ask for one document after the other, and note what they did not get."""

    def __init__(self, client: httpx.Client, known: list[int], *, programs: int = 3) -> None:
        self.asked = 0
        self.answered_at: list[float] = []
        self.went_wrong: list[str] = []
        self.slow: list[tuple[float, float]] = []  # when, how long: told when something went wrong
        self.began = time.monotonic()
        self._client, self._known, self._over = client, known, threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(first,)) for first in range(programs)]

    def _ask(self, first: int) -> None:
        turn = first
        with httpx.Client(base_url=self._client.base_url, headers=self._client.headers, timeout=30) as client:
            while not self._over.is_set():
                number = self._known[turn % len(self._known)]
                turn += 1
                began = time.monotonic()
                try:
                    question = f"code K{number}Q of the gate of plant {number}"
                    said = client.post("/search/", json={"query": question})
                    ok = said.status_code == 200 and f"K{number}Q" in said.text
                    why = "" if ok else f"plant {number}: {said.status_code} {said.text[:200]}"
                except httpx.HTTPError as error:
                    why = f"plant {number}: {error!r}"
                if (took := time.monotonic() - began) > 2:
                    self.slow.append((round(began - self.began, 1), round(took, 1)))
                self.asked += 1
                if why:
                    self.went_wrong.append(why)
                else:
                    self.answered_at.append(time.monotonic())
                time.sleep(0.05)

    @property
    def age(self) -> float:
        return round(time.monotonic() - self.began, 1)

    @property
    def longest_silence(self) -> float:
        """Seconds without any answer, from the first question to the last answer."""
        moments = [self.began, *sorted(self.answered_at)]
        return max(later - earlier for earlier, later in itertools.pairwise(moments))

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def states(command: Commands) -> dict[str, dict]:
    return {each["name"]: each for each in json.loads(command("generations", "list", "--json", "--tenant", "acme"))}


def is_ready(client, document: str) -> bool:
    return client.get(f"/documents/{document}/").json()["status"].startswith("ready")


def kill_who_makes_it(column) -> None:
    """Every process that could be at it, as the kernel would when memory is short. The supervisor starts them again."""
    import psutil

    for pid in column.processes():
        with contextlib.suppress(psutil.Error):
            line = " ".join(psutil.Process(pid).cmdline())
            if any(f"--only {name}" in line for name in ("ingest", "bulk")):
                os.kill(pid, signal.SIGKILL)


def test_no_question_goes_unanswered_from_the_first_step_to_the_switch_back(column, command, program):
    numbers = list(range(BEFORE))
    documents = [upload(program, f"plant-{number}.md", plant(number)) for number in numbers]
    for document in documents:
        until(lambda document=document: is_ready(program, document), within=240)
    with Asking(program, list(numbers)) as asking:
        until(lambda: asking.asked >= 3)
        command("generations", "build", "--tenant", "acme", "--words", "60", "--overlap", "10", "--switch")
        until(lambda: states(command)[NEW]["done"] > 0 or states(command)[NEW]["state"] == "active")
        moments = {"killed who makes it": asking.age}
        kill_who_makes_it(column)
        late = [upload(program, f"plant-{n}.md", plant(n)) for n in range(BEFORE, BEFORE + MEANWHILE)]
        until(lambda: states(command)[NEW]["state"] == "active", within=240)
        for document in late:
            until(lambda document=document: is_ready(program, document), within=240)
        moments["switched to the other"] = asking.age
        command("generations", "switch", OLD, "--tenant", "acme")
        until(lambda: states(command)[OLD]["state"] == "active", within=240)
        moments["switched back"] = asking.age
        time.sleep(2)
    print(f"{asking.asked} questions; those that took over two seconds (when, how long): {asking.slow}")
    print(f"moments: {moments}")
    assert asking.went_wrong == []
    assert asking.longest_silence < 5, "for so long nobody got an answer"
    assert states(command)[NEW]["state"] == "retired"
    with Asking(program, list(range(BEFORE + MEANWHILE)), programs=1) as asking:
        until(lambda: asking.asked >= BEFORE + MEANWHILE)
    assert asking.went_wrong == [], "what came meanwhile is not in the index that answers"
    command("reconcile", "--tenant", "acme")
