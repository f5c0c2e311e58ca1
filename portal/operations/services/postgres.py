"""PostgreSQL 15 or newer. Its administrator is `postgres`; the portal's roles are made by `manage.py setup_database`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from portal.operations.services import install
from portal.operations.services.base import Server, run, unprivileged
from portal.operations.services.ports import LOOPBACK


class Postgres(Server):
    name = "PostgreSQL"
    farewell = signal.SIGINT  # "fast": connections are ended, the data is left in order
    quick_end = signal.SIGQUIT  # "immediate": as after a crash, and no process is left behind

    @property
    def data(self) -> Path:
        return self.folder.resolve() / "data"  # by way of a link its account might have to pass where it may not

    @property
    def url(self) -> str:
        """The administrator's."""
        return self.url_for("postgres")

    def url_for(self, database: str, user: str = "postgres", password: str = "") -> str:
        return f"postgresql://{user}:{password or self.password}@{LOOPBACK}:{self.port}/{database}"

    def find(self) -> Path:
        return install.need(install.postgres_program("postgres"), self.name)

    def account(self) -> str | None:
        return unprivileged()

    def prepare(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        secret = self.folder.resolve() / "password"
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(self.password)
        if account := self.account():
            shutil.chown(secret, account, account)
        try:
            run(
                [
                    str(install.need(install.postgres_program("initdb"), self.name)),
                    "--pgdata", str(self.data), "--username=postgres", f"--pwfile={secret}", "--auth=scram-sha-256",
                    "--encoding=UTF8", "--locale=C.UTF-8", *([] if self.durable else ["--no-sync"]),
                ],
                account=self.account(),
                folder=self.folder.resolve(),
            )  # fmt: skip
        finally:
            secret.unlink()

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}  # outlives its own crash, not the machine's
        return ["-D", str(self.data), *(word for each in settings.items() for word in ("-c", "{}={}".format(*each)))]

    def is_ready(self) -> bool:
        probe = install.need(install.postgres_program("pg_isready"), self.name)
        asked = [str(probe), "-q", "-h", LOOPBACK, "-p", str(self.port), "-t", "1"]
        return subprocess.run(asked, check=False).returncode == 0  # noqa: S603
