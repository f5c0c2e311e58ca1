"""The production column as `make run-production` starts it, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from portal.operations.services import Postgres, Redis, Server, Weaviate, stack
from portal.operations.services.ports import free_port
from tests.conftest import REPOSITORY

START_WITHIN, STOP_WITHIN = 120, 30  # seconds


@dataclass
class Installation:
    folder: Path
    environment: dict[str, str]
    port: int
    process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "up.log"

    def services(self, *words: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "portal.operations.services", *words],
            cwd=REPOSITORY, env=self.environment, input=given, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def manage(self, *words: str, given: str = "") -> str:
        return self.services("manage", *words, given=given)

    def server(self, kind: type[Server]) -> Server:
        return kind((self.folder / "services" / kind.name.lower()).resolve())

    def api(self, tenant: str, email: str) -> httpx.Client:
        """A program of that person's."""
        said = self.manage("create_api_key", "--tenant", tenant, "--user", email)
        key = max(re.findall(r"\S{24,}", said), key=len)
        return httpx.Client(
            base_url=f"{self.address}/t/{tenant}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30
        )

    def processes(self) -> list[int]:
        """Those that the supervisor started, oldest first."""
        import psutil

        assert self.process is not None
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.operations.services", "run", "--port", str(self.port)],
                cwd=REPOSITORY, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + START_WITHIN
        while "Ready after" not in self.said():
            assert self.process.poll() is None, self.said()[-3000:]
            assert time.monotonic() < until, self.said()[-3000:]
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def running(folder: Path, **settings: str) -> Iterator[Installation]:
    outside = ("DJANGO_", "OPENAI_", "PORTAL_", "ANSWER_", "DATABASE_", "REDIS_", "WEAVIATE_", "VECTOR_", "COVERAGE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outside)}
    environment = kept | {"PORTAL_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"} | settings
    installation = Installation(folder, environment, free_port())
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()
        for kind in (Weaviate, Redis, Postgres):
            installation.server(kind).wipe()


def installed() -> dict[str, str]:
    """What is missing, with the reason, for tests that cannot run without."""
    return stack.install.install(list(stack.KINDS), write_line=lambda line: None)


def insist_on_servers() -> None:
    """Skips where they cannot be had; fails under CI."""
    if missing := installed():
        reason = "; ".join(f"{name}: {why}" for name, why in missing.items())
        if os.environ.get("CI"):
            pytest.fail(f"{reason}. Here this may not be skipped.", pytrace=False)
        pytest.skip(reason)
