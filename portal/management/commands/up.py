"""Web, worker and beat in one terminal, with nothing else to install."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import time
from collections.abc import Callable

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import env
from portal.demo.people import how_to_sign_in
from portal.operations.processes import entry_points, seamless_restart, supervisor, workers
from portal.operations.processes.prepare import prepare, refuse_newer_database, require_restartable
from portal.operations.processes.startup_notices import notices_for_operators

PORT_SECONDS = 3.0  # that a port which is still taken is waited for
RESTART_SECONDS = 60.0


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []  # they run in the tests and in `manage.py check`; a start should be quick

    def add_arguments(self, parser):
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=env.number("PORT", 8000))
        parser.add_argument("--only", choices=["web", "beat", *workers.WORKERS], help="run one part, in this process")
        parser.add_argument(
            "--restart", action="store_true", help="restart the portal that runs on this data folder, without downtime"
        )
        parser.add_argument("--preflight", action="store_true", help="check whether it would start, and change nothing")

    def handle(self, host: str, port: int, only: str | None, restart: bool, preflight: bool, **options) -> None:
        began = time.monotonic()
        if preflight:
            return require_restartable()
        if restart:
            return self.restart_running()
        entry_points.spare_memory()
        taken_over = seamless_restart.inherited()
        if only:
            return self.one_part(only, host, port, taken_over)
        lock = self.one_at_a_time(taken_over)
        prepare(self.write_line)
        notices = [] if taken_over else notices_for_operators()  # before anything is forked: it opens a connection
        listening = self.listen(host, port, taken_over)
        self.load_everything()
        address = f"http://{'[' + host + ']' if ':' in host else host}:{listening[0].getsockname()[1]}"

        def when_ready() -> None:
            self.note_ready(lock)
            self.write_line(f"Ready after {time.monotonic() - began:.1f} s: {address}")
            if taken_over:
                return
            for line in [*how_to_sign_in(), *notices]:
                self.write_line(line)
            self.write_line("Ctrl-C stops it.")

        watching = supervisor.Supervisor(listening, self.write_line, lock=lock.fileno(), taken_over=taken_over)
        try:
            self.watch(watching, when_ready)
        finally:
            lock.close()
        self.write_line("Stopped. No data is lost.")

    def restart_running(self) -> None:
        """Asks the portal on this data folder to restart, and returns when the new processes serve."""
        try:
            pid, *before = supervisor.pid_file().read_text().split()
            os.kill(int(pid), signal.SIGUSR2)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            raise CommandError(f"No portal runs on {settings.DATA_DIR}. Start it with: make run") from None
        deadline = time.monotonic() + RESTART_SECONDS
        while time.monotonic() < deadline:
            time.sleep(0.1)
            _, *after = supervisor.pid_file().read_text().split() or [""]
            if after and after != before:
                return self.write_line("Restarted. The old processes stop when their answers are complete.")
        raise CommandError(
            "It did not restart. The old processes still run; see the messages of the portal for the reason."
        )

    def watch(self, watching: supervisor.Supervisor, when_ready: Callable[[], None]) -> None:
        try:
            watching.run(when_ready)
        except supervisor.GaveUp as error:
            raise CommandError(f"{error} See its messages above.") from error

    def listen(self, host: str, port: int, taken_over: seamless_restart.Takeover | None = None) -> list[socket.socket]:
        if taken_over:
            return [socket.socket(fileno=descriptor) for descriptor in taken_over.sockets]
        deadline = time.monotonic() + PORT_SECONDS
        while True:
            try:
                return supervisor.bind(host, port, settings.WEB_PROCESSES)
            except OSError as error:
                # What is left of a supervisor that was killed closes its socket within a moment.
                if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                raise CommandError(
                    f"Port {port} on {host} cannot be used ({error.strerror.lower()}). "
                    f"Choose another: PORT={port + 1} make run"
                ) from error

    def one_part(self, name: str, host: str, port: int, taken_over: seamless_restart.Takeover | None) -> None:
        """For macOS, and for running the parts under another supervisor, each by itself."""
        fd = int(os.environ.get("PORTAL_LISTENING_FD", -1))
        tell = int(os.environ.get("PORTAL_READY_FD", -1))
        listening = None
        if tell < 0:  # else the supervisor that started this process has looked already
            refuse_newer_database()
            supervisor.close_connections()
        else:
            supervisor.end_with(os.getppid())
        if name == "web":
            sockets = [socket.socket(fileno=fd)] if fd >= 0 else self.listen(host, port, taken_over)
            listening = sockets[0]
            for line in notices_for_operators() if fd < 0 and not taken_over else ():
                self.write_line(line)
            if fd < 0 and settings.WEB_PROCESSES > 1:
                self.load_everything()
                watching = supervisor.Supervisor(
                    sockets, self.write_line, supervisor.web_parts(), taken_over=taken_over
                )
                return self.watch(watching, lambda: None)
        supervisor.run_part(name, listening, tell if tell >= 0 else os.open(os.devnull, os.O_WRONLY))

    def one_at_a_time(self, taken_over: seamless_restart.Takeover | None = None):
        """The lock on the data folder: two portals on one would both be writers of one store."""
        from portal.security.keys import private_folder

        if taken_over and taken_over.lock >= 0:
            return os.fdopen(taken_over.lock, "r+")
        private_folder(settings.DATA_DIR)
        lock = open(supervisor.pid_file(), "a+")  # noqa: SIM115 - held as long as the portal runs
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid = (lock.read().split() or ["unknown"])[0]
            raise CommandError(
                f"A portal (process {pid}) already runs on {settings.DATA_DIR}. Restart it with `manage.py up --restart`, "
                "stop it, or choose another PORTAL_DATA_DIR."
            ) from None
        self.write_lock(lock, str(os.getpid()))
        return lock

    def note_ready(self, lock) -> None:
        """For `--restart`, which waits for another time in the file."""
        self.write_lock(lock, f"{os.getpid()} {time.time()}")

    def write_lock(self, lock, text: str) -> None:
        lock.seek(0)
        lock.truncate(0)
        lock.write(text)
        lock.flush()

    def load_everything(self) -> None:
        """What every part needs, once, so that the forked parts share it. Nothing here starts a thread."""
        import uvicorn.config  # noqa: F401
        from django.urls import get_resolver

        from portal.celery import app

        get_resolver().url_patterns  # noqa: B018 - imports every view
        app.loader.import_default_modules()

    def write_line(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
