"""Web, worker and beat in one terminal, with nothing else to install."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import env
from portal.demo.people import how_to_sign_in
from portal.up import parts, supervisor, workers
from portal.up.notices import notices_for_operators
from portal.up.prepare import prepare, refuse_newer_database


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []  # they run in the tests and in `manage.py check`; a start should be quick

    def add_arguments(self, parser):
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=env.number("PORT", 8000))
        parser.add_argument("--only", choices=["web", "beat", *workers.WORKERS], help="one part, in this process")

    def handle(self, host: str, port: int, only: str | None, **options) -> None:
        began = time.monotonic()
        parts.spare_memory()
        if only:
            return self.one_part(only, host, port)
        lock = self.one_at_a_time()
        prepare(self.say)
        notices = notices_for_operators()  # before anything is forked: it opens a connection
        listening = self.listen(host, port)
        self.load_everything()
        address = f"http://{'[' + host + ']' if ':' in host else host}:{listening.getsockname()[1]}"

        def when_ready() -> None:
            self.say(f"Ready after {time.monotonic() - began:.1f} s: {address}")
            for line in [*how_to_sign_in(), *notices]:
                self.say(line)
            self.say("Ctrl-C stops it.")

        try:
            self.watch(supervisor.Supervisor(listening, self.say), when_ready)
        finally:
            lock.close()
        self.say("Stopped. Nothing is lost.")

    def watch(self, watching: supervisor.Supervisor, when_ready: Callable[[], None]) -> None:
        try:
            watching.run(when_ready)
        except supervisor.GaveUp as error:
            raise CommandError(f"{error} Its messages stand above.") from error

    def listen(self, host: str, port: int) -> socket.socket:
        try:
            return supervisor.bind(host, port)
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror.lower()}). Choose another: PORT={port + 1} make run"
            ) from error

    def one_part(self, name: str, host: str, port: int) -> None:
        """For macOS, and for running the parts under another supervisor, each by itself."""
        fd = int(os.environ.get("PORTAL_LISTENING_FD", -1))
        tell = int(os.environ.get("PORTAL_READY_FD", -1))
        listening = None
        if tell < 0:  # else the supervisor that started this process has looked already
            refuse_newer_database()
            supervisor.close_connections()
        if name == "web":
            listening = socket.socket(fileno=fd) if fd >= 0 else self.listen(host, port)
            for line in notices_for_operators() if fd < 0 else ():
                self.say(line)
            if fd < 0 and settings.WEB_PROCESSES > 1:
                self.load_everything()
                return self.watch(supervisor.Supervisor(listening, self.say, supervisor.web_parts()), lambda: None)
        supervisor.run_part(name, listening, tell if tell >= 0 else os.open(os.devnull, os.O_WRONLY))

    def one_at_a_time(self):
        """Two portals on one data folder would both be writers of one store."""
        from portal.keys import private_folder

        private_folder(settings.DATA_DIR)
        lock = open(supervisor.pid_file(), "a+")  # noqa: SIM115 - held as long as the portal runs
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise CommandError(
                f"A portal (process {lock.read().strip() or 'unknown'}) already runs on {settings.DATA_DIR}. "
                "Stop it, or choose another PORTAL_DATA_DIR."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def load_everything(self) -> None:
        """What every part needs, once, so that the forked parts share it. Nothing here starts a thread."""
        import uvicorn.config  # noqa: F401
        from django.urls import get_resolver

        from portal.celery import app

        get_resolver().url_patterns  # noqa: B018 - imports every view
        app.loader.import_default_modules()

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
