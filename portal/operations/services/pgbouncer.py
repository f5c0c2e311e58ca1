"""PgBouncer in front of a PostgreSQL, pooling by transaction: the strictest mode that the portal has to work behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from portal.operations.services import install
from portal.operations.services.base import Server, answers_on, unprivileged
from portal.operations.services.ports import LOOPBACK
from portal.operations.services.postgres import Postgres


class PgBouncer(Server):
    """`people` are the accounts that may pass: name to password, as PostgreSQL knows them."""

    name = "PgBouncer"

    def __init__(
        self, folder: Path | str, behind: Postgres, people: dict[str, str] | None = None, *, pool: int = 4,
        durable: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(folder, durable=durable)
        self.behind, self.people, self.pool = behind, dict(people or {}), pool

    @property
    def url(self) -> str:
        return self.through(self.behind.url)

    def through(self, url: str) -> str:
        """The same database and account, by way of the proxy."""
        parts = urlsplit(url)
        who = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{who}@{LOOPBACK}:{self.port}"))

    def find(self) -> Path:
        return install.need(install.pgbouncer_program(), self.name)

    def account(self) -> str | None:
        return unprivileged()

    def prepare(self) -> None:
        people = {"postgres": self.behind.password} | self.people
        self._write("users.txt", "".join(f'"{name}" "{secret}"\n' for name, secret in people.items()))
        self._write(
            "pgbouncer.ini",
            f"""[databases]
* = host={LOOPBACK} port={self.behind.port}

[pgbouncer]
listen_addr = {LOOPBACK}
listen_port = {self.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {self.folder / "users.txt"}
pool_mode = transaction
default_pool_size = {self.pool}
max_client_conn = 400
server_reset_query =
ignore_startup_parameters = extra_float_digits,options
""",
        )

    def command(self) -> list[str]:
        return [str(self.folder / "pgbouncer.ini")]

    def is_ready(self) -> bool:
        return answers_on(self.port)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        if account := self.account():
            shutil.chown(path, account, account)
