"""A real installation in a scratch folder: started, measured, asked through HTTP, stopped."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from portal.operations.services.ports import free_port

REPOSITORY = Path(__file__).resolve().parent.parent.parent


class Installation:
    """`with Installation() as portal:` … everything it made is gone afterwards, processes and files.

    `checkout`: of which code, with an environment of its own in `.venv`; this one unless told."""

    def __init__(self, checkout: Path = REPOSITORY, **environment: str) -> None:
        self.checkout = checkout
        self.interpreter = sys.executable if checkout == REPOSITORY else str(checkout / ".venv" / "bin" / "python")
        self.folder = tempfile.TemporaryDirectory(prefix="portal-bench-")
        self.environment = os.environ | {"PORTAL_DATA_DIR": self.folder.name, "LOG_LEVEL": "ERROR"} | environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        self.keys: dict[str, dict[str, str]] = {}  # tenant → header of a key

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *_) -> None:
        self.stop()
        self.folder.cleanup()

    @property
    def manage_words(self) -> list[str]:
        return [self.interpreter, str(self.checkout / "manage.py")]

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [*self.manage_words, *words], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {words[0]}: {done.stderr[-800:]}")
        return done.stdout.strip()

    def python(self, module: str, *words: str) -> dict:
        """A module of the benchmarks in a process of its own, with Django set up; its last line is JSON."""
        environment = {"DJANGO_SETTINGS_MODULE": "portal.settings.embedded"} | self.environment
        done = subprocess.run(
            [self.interpreter, "-m", module, *words], env=environment, cwd=self.checkout, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{module}: {done.stderr[-1500:]}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def start(self) -> float:
        """Seconds from the command to web, worker and beat all up and `/healthz` answering 200."""
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [*self.manage_words, "up", "--port", str(self.port)], env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("Ready after"):
                break
        else:
            raise RuntimeError(f"The portal did not start. {''.join(said[-5:])}")
        assert httpx.get(f"{self.url}/healthz").status_code == 200
        return time.perf_counter() - began

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                child.kill()
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None

    def memory(self) -> float:
        """MiB of all processes, shared pages counted once (PSS)."""
        total = 0
        parent = psutil.Process(self.process.pid)
        for process in [parent, *parent.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except psutil.NoSuchProcess:
                continue
        return round(total / 2**20, 1)

    def processor_seconds(self) -> float:
        """Of all processes since they began, those that have left among them."""
        parent = psutil.Process(self.process.pid)
        return sum(sum(process.cpu_times()[:4]) for process in [parent, *parent.children(recursive=True)])

    def ready(self) -> int:
        """Searchable versions, read from the database file itself: asking the portal would take a core from what is measured."""
        with sqlite3.connect(f"file:{self.folder.name}/portal.sqlite3?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM knowledge_version WHERE status = 'ready'").fetchone()[0]

    def company(self, slug: str = "bench") -> dict[str, str]:
        """A tenant with an owner; the header of a key of hers."""
        self.manage("create_tenant", slug, "--name", "Bench")
        email = f"owner@{slug}.example"
        self.manage("add_member", "--tenant", slug, "--email", email, "--role", "owner")
        return self.key(email, slug)

    def key(self, email: str, slug: str = "bench") -> dict[str, str]:
        secret = self.manage("create_api_key", "--tenant", slug, "--user", email).splitlines()[-1]
        return {"Authorization": f"Bearer {secret}"}

    def api(self, headers: dict[str, str], slug: str = "bench") -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}/t/{slug}/api/v1/", headers=headers, timeout=60)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def words() -> list[str]:
    """Some thousand English words, from the manual that comes with Python: real ones, since how words are analysed counts."""
    from pydoc_data.topics import topics

    return sorted({word for text in topics.values() for word in re.findall(r"\b[a-z]{4,12}\b", text)})


def sentence(chance: random.Random, vocabulary: list[str], length: int) -> str:
    """Chosen words between the small ones that make a text English."""
    small = ("the", "of", "and", "is", "in", "a", "for", "with", "are", "that")
    return " ".join(chance.choice(small) if n % 2 else chance.choice(vocabulary) for n in range(length))


def document(number: int, chance: random.Random, vocabulary: list[str]) -> str:
    """3 to 6 kB of Markdown in a few sections."""
    size, parts = chance.randint(3000, 6000), [f"# Document {number}\n"]
    while sum(map(len, parts)) < size:
        parts.append(f"\n## Section {len(parts)}\n\n")
        for _ in range(chance.randint(3, 6)):
            parts.append(sentence(chance, vocabulary, chance.randint(8, 22)).capitalize() + ". ")
    return "".join(parts)
