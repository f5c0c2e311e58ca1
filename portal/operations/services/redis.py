"""Redis 7, or Valkey."""

from __future__ import annotations

import socket
from pathlib import Path

from portal.operations.services import install
from portal.operations.services.base import Server
from portal.operations.services.ports import LOOPBACK

DATABASES = 64  # one for each test process


class Redis(Server):
    name = "Redis"

    @property
    def url(self) -> str:
        return self.url_for(0)

    def url_for(self, database: int) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def find(self) -> Path:
        return install.need(install.redis_program(), self.name)

    def prepare(self) -> None:
        """The password stands in a file, not in a command line that everybody on the machine can read."""
        lines = [
            f"bind {LOOPBACK}", "protected-mode yes", f"port {self.port}", f"requirepass {self.password}",
            f"dir {self.folder}", f"databases {DATABASES}", "daemonize no", 'save ""',
            f"appendonly {'yes' if self.durable else 'no'}", "appendfsync everysec",
            "maxmemory-policy noeviction",  # a queue's messages must not be dropped to make room for a cache
        ]  # fmt: skip
        path = self.folder / "redis.conf"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def command(self) -> list[str]:
        return [str(self.folder / "redis.conf")]

    def is_ready(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), 1) as asked:
                asked.settimeout(1)
                asked.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                reply = b""
                while reply.count(b"\r\n") < 2:
                    more = asked.recv(256)
                    if not more:
                        return False
                    reply += more
                return reply.startswith(b"+OK\r\n+PONG")
        except OSError:
            return False
