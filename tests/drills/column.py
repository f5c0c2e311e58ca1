"""The whole production column in a folder of its own: real servers, and the portal's processes with production settings."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from portal.operations.services import Postgres, Redis, Server, Weaviate
from portal.operations.services.ports import free_port, is_free
from tests.drills import machine

REPOSITORY = Path(__file__).resolve().parents[2]
FOR_PREPARING = ("DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL")
ROLES = {"DATABASE_URL": "portal_app", "DATABASE_OWNER_URL": "portal_owner", "DATABASE_BACKUP_URL": "portal_backup"}
DATABASE = "portal"


class Column:
    """`with Column() as column:` … and nothing of it is left. `processes` of the portal are supervised by `manage.py up`,
    as `make run-production` runs them, so that one that is killed is started again by the product itself."""

    def __init__(self, *, durable: bool = True, disk: str = "", clock: bool = False) -> None:
        """`disk` is the size of a file system of its own for all of it; `clock` makes `set_clock` possible."""
        self.place = Path(tempfile.mkdtemp(prefix="portal-drill-"))
        self.place.chmod(0o711)  # PostgreSQL's account passes through
        self.folder = self.place / "disk"
        self.folder.mkdir(mode=0o711)
        self.made_with = ({"disk": disk} if disk else {}) | ({"clock": True} if clock else {})
        self.disk, self.time = disk, machine.Clock(self.place / "clock") if clock else None
        self.data = self.folder / "portal"
        self.log = self.place / "portal.log"
        self.postgres = Postgres(self.folder / "postgresql", durable=durable)
        self.redis = Redis(self.folder / "redis", durable=durable)
        self.weaviate = Weaviate(self.folder / "weaviate", durable=durable)
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self._secrets = {name: secrets.token_urlsafe(24) for name in (*ROLES, "SECRET_KEY")}

    @property
    def servers(self) -> tuple[Server, ...]:
        return self.postgres, self.redis, self.weaviate

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Column:
        try:
            if self.disk:
                machine.mount(self.folder, self.disk)
            if self.time:
                for server in (self.postgres, self.redis):
                    server.environment = self.time.environment
            for server in self.servers:
                server.start()
            self.manage("setup_database", prepare=True)
            self.manage("migrate", "--noinput", "--verbosity=0", prepare=True)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for server in reversed(self.servers):
            server.wipe()
        if self.disk:
            machine.unmount(self.folder)
        shutil.rmtree(self.place, ignore_errors=True)

    def set_clock(self, seconds: int) -> None:
        assert self.time
        self.time.set(seconds)

    def revive(self, server: Server) -> None:
        """At the address it had. Somebody's outgoing connection may hold one of its ports for a moment."""
        deadline = time.monotonic() + 30
        while not all(is_free(server.state[name]) for name in server.ports) and time.monotonic() < deadline:
            time.sleep(0.2)
        server.start()

    # The portal

    def start(self) -> None:
        command = [sys.executable, str(REPOSITORY / "manage.py"), "up", "--port", str(self.port)]
        time_of_day = self.time.environment() if self.time else {}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment() | time_of_day, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 90
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The portal did not start:\n{self.last_words()}")
            time.sleep(0.2)

    def stop(self) -> None:
        if self.process is None:
            return
        tree = self.processes()
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(25)
        for process in [psutil.Process(self.process.pid)] if self.process.poll() is None else []:
            tree.append(process)
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        self.process = None

    def is_ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/readyz", timeout=4).status_code == 200
        return False

    def processes(self) -> list[psutil.Process]:
        """All below the supervisor."""
        if self.process is None or self.process.poll() is not None:
            return []
        return psutil.Process(self.process.pid).children(recursive=True)

    def process_at(self, local_port: int) -> psutil.Process | None:
        """Whose connection that is."""
        for process in self.processes():
            with suppress(psutil.Error):
                if any(each.laddr and each.laddr.port == local_port for each in process.net_connections("tcp4")):
                    return process
        return None

    def last_words(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def errors_logged(self) -> list[str]:
        """What the portal said at the level of an error or let through as a traceback's last line."""
        text = self.log.read_text("utf-8", "replace")
        return [line for line in text.splitlines() if " ERROR " in line or " CRITICAL " in line]

    def manage(self, *words: str, prepare: bool = False) -> str:
        return self._run([str(REPOSITORY / "manage.py"), *words], prepare=prepare)

    def python(self, module: str, *words: str) -> str:
        return self._run(["-m", module, *words])

    def environment(self, *, prepare: bool = False) -> dict[str, str]:
        told = {
            name: self.postgres.url_for(DATABASE, role, self._secrets[name])
            for name, role in ROLES.items()
            if prepare or name not in FOR_PREPARING
        }
        if prepare:
            told["DATABASE_ADMIN_URL"] = self.postgres.url
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        return kept | told | {
            "DJANGO_SETTINGS_MODULE": "portal.settings.production",
            "PORTAL_DATA_DIR": str(self.data),
            "SECRET_KEY": self._secrets["SECRET_KEY"],
            "PORTAL_ENCRYPTION_KEY": self._key("encryption"),
            "PORTAL_SIGNING_KEY": self._key("signing"),
            "ALLOWED_HOSTS": "127.0.0.1",
            "PORTAL_URL": self.url,
            "SECURE_COOKIES": "0",
            "WEB_PROCESSES": "2",
            "BULK_WORKERS": "1",
            "REDIS_URL": self.redis.url,
            "VECTOR_STORE": "weaviate",
            "WEAVIATE_URL": self.weaviate.url,
            "WEAVIATE_GRPC_PORT": str(self.weaviate.grpc_port),
            "WEAVIATE_API_KEY": self.weaviate.key,
        }  # fmt: skip

    # What is true, asked past the portal

    def sql(self, query: str, *values: Any) -> list[tuple]:
        """As the administrator, whom row-level security does not hold back. A database that is away is waited for."""
        deadline = time.monotonic() + 30
        while True:
            try:
                with psycopg.connect(self.postgres.url_for(DATABASE), autocommit=True, connect_timeout=3) as connection:
                    return connection.execute(query, values or None).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _key(self, name: str) -> str:
        from portal.security import keys

        return keys.key(self.folder / "keys", name)

    def _run(self, command: list[str], *, prepare: bool = False) -> str:
        done = subprocess.run(
            [sys.executable, *command], env=self.environment(prepare=prepare), cwd=REPOSITORY, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout)[-1500:]}")
        return done.stdout
