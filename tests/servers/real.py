"""Real PostgreSQL, Redis, Weaviate and PgBouncer: one of each for a test run, shared by its processes.

The last process that uses one stops it. A run that was killed leaves its servers behind; the next run ends them.
Where a server cannot be had its tests are skipped with the reason, and fail when CI is set.

    real_postgres   a Postgres: `.url` is the administrator's, `.url_for(database, user, password)` any other
    fresh_database  gives, each time it is called, the administrator's address of a new, empty database of this server
    real_redis      the address of a Redis database that is this process's own, emptied before each test
    real_weaviate   a Weaviate: `.url`, `.grpc_port`, `.key`
    real_pgbouncer  `real_pgbouncer(people)` gives a PgBouncer before real_postgres; `.through(url)` changes an address
    own_postgres, own_redis, own_weaviate   for tests that stop, pause or wipe one
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from portal.operations.services import PgBouncer, Postgres, ProgramMissing, Redis, Server, Weaviate

PREFIX = "portal-test-servers-"


@contextlib.contextmanager
def shared(kind: type[Server]) -> Iterator[Server]:
    """The run's server of this kind. Its users hold a shared lock, which ends with them however they end."""
    folder = _run_folder()
    server = kind(folder / kind.name.lower(), durable=False)
    with open(folder / f"{kind.name}.using", "w") as using:
        with _alone(folder):
            fcntl.flock(using, fcntl.LOCK_SH)
            _start(server)
        yield server
        with _alone(folder):
            try:
                fcntl.flock(using, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # somebody else still works with it
            server.wipe()


def _start(server: Server) -> None:
    try:
        server.start()
    except ProgramMissing as reason:
        if os.environ.get("CI"):
            pytest.fail(f"{reason} Here this may not be skipped.", pytrace=False)
        pytest.skip(str(reason))


def _run_folder() -> Path:
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{os.getuid()}-{hashlib.sha256(run.encode()).hexdigest()[:12]}"
    if not folder.exists():
        _end_what_was_left()
    folder.mkdir(mode=0o711, exist_ok=True)  # PostgreSQL's account passes through
    return folder


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _end_what_was_left() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}{os.getuid()}-*"):
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            if time.time() - folder.stat().st_mtime < 60:
                continue  # somebody may be about to take its lock
            for path in [folder / "lock", *folder.glob("*.using")]:
                fcntl.flock(held.enter_context(open(path, "a")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            for path in folder.glob("*/server.json"):
                Redis(path.parent).wipe()  # ends what runs there, whichever it is
            shutil.rmtree(folder)


@contextlib.contextmanager
def _own(server: Server) -> Iterator[Server]:
    """In a folder that PostgreSQL's account can reach; pytest's own folders are private."""
    with open(_run_folder() / "own.using", "w") as using:
        fcntl.flock(using, fcntl.LOCK_SH)
        try:
            _start(server)
            yield server
        finally:
            server.wipe()


@pytest.fixture(scope="session")
def real_postgres() -> Iterator[Postgres]:
    with shared(Postgres) as server:
        yield server


@pytest.fixture
def fresh_database(real_postgres):
    import psycopg

    made: list[str] = []

    def make() -> str:
        name = f"portal_{uuid4().hex[:12]}"
        with psycopg.connect(real_postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        made.append(name)
        return real_postgres.url_for(name)

    yield make
    with psycopg.connect(real_postgres.url, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[Redis]:
    with shared(Redis) as server:
        yield server


@pytest.fixture
def real_redis(_redis_server) -> str:
    import redis

    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    url = _redis_server.url_for(int(worker.removeprefix("gw")) if worker.startswith("gw") else 0)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def real_weaviate() -> Iterator[Weaviate]:
    with shared(Weaviate) as server:
        yield server


@pytest.fixture
def real_pgbouncer(real_postgres):
    with contextlib.ExitStack() as started:

        def start(people: dict[str, str] | None = None, *, pool: int = 4) -> PgBouncer:
            folder = _run_folder() / f"pgbouncer-{uuid4().hex[:8]}"
            return started.enter_context(_own(PgBouncer(folder, real_postgres, people, pool=pool)))

        yield start


@contextlib.contextmanager
def own(kind: type[Server]) -> Iterator[Server]:
    """A server that nobody else uses, wiped at the end."""
    with _own(kind(_run_folder() / f"{kind.name.lower()}-{uuid4().hex[:8]}", durable=False)) as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    with own(Postgres) as server:
        yield server


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    with own(Redis) as server:
        yield server


@pytest.fixture
def own_weaviate() -> Iterator[Weaviate]:
    with own(Weaviate) as server:
        yield server
