"""Starts the parts, watches them, stops them.

Django is set up once; then the parts are forked, before any thread exists, so that they share their memory. On macOS,
where forking a process that has used system frameworks is not safe, each part is an interpreter of its own.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connections

from portal.up import parts, workers

UNSENT = 256 * 1024  # bytes
STOP_WITHIN = 12  # seconds, then what is left is ended
RESTARTS = 5  # within RESTART_WINDOW seconds, then the whole stops and says so
RESTART_WINDOW = 60


@dataclass
class Part:
    name: str
    on_demand: bool = False
    number: int = 1  # of several that are alike
    pid: int = 0
    starts: list[float] = field(default_factory=list)


class GaveUp(RuntimeError):
    """A part died again and again."""


def all_parts() -> list[Part]:
    """Web first: it is told to stop first, so that nobody new is let in while work that runs is finished."""
    return [
        *web_parts(),
        *(Part(name, on_demand=worker.on_demand) for name, worker in workers.of_this_installation().items()),
        *(Part("bulk", number=number) for number in range(2, settings.BULK_WORKERS + 1) if not _on_files()),
        Part("beat"),
    ]


def web_parts() -> list[Part]:
    return [Part("web", number=number) for number in range(1, settings.WEB_PROCESSES + 1)]


class Supervisor:
    def __init__(self, listening: socket.socket, say: Callable[[str], None], parts: list[Part] | None = None) -> None:
        self.listening = listening
        self.say = say
        self.parts = all_parts() if parts is None else parts
        self.stopping = False
        self.news, self._tell = os.pipe()
        os.set_blocking(self.news, False)
        os.set_inheritable(self._tell, True)

    def run(self, when_ready: Callable[[], None]) -> None:
        """Until a signal stops it. Raises GaveUp when a part cannot be kept alive."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        close_connections()  # one that is open must not be shared with a child
        gc.collect()
        gc.freeze()  # a collection in a child would write into every page that it still shares
        for part in self.parts:
            if not part.on_demand:
                self._start(part)
        waiting = Counter(part.name for part in self.parts if not part.on_demand)
        try:
            while not self.stopping:
                if waiting:
                    waiting -= self._heard()
                    if not +waiting:
                        waiting.clear()
                        when_ready()
                self._reap()
                for part in self.parts:
                    if self._is_wanted(part):
                        self._start(part)
                time.sleep(0.02 if waiting else 0.25)
        finally:
            self._end()

    def _start(self, part: Part) -> None:
        now = time.monotonic()
        part.starts = [*(s for s in part.starts if now - s < RESTART_WINDOW), now]
        part.pid = self._spawn(part) if sys.platform == "darwin" else self._fork(part)

    def _fork(self, part: Part) -> int:
        pid = os.fork()
        if pid:
            return pid
        # Ctrl-C reaches the whole terminal group; the supervisor alone decides who stops when.
        os.setpgid(0, 0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.close(self.news)
        status = 1
        try:
            run_part(part.name, self.listening, self._tell)
            status = 0
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _spawn(self, part: Part) -> int:
        command = [sys.executable, sys.argv[0], "up", "--only", part.name]
        fds = (self.listening.fileno(), self._tell)
        environment = os.environ | {"PORTAL_LISTENING_FD": str(fds[0]), "PORTAL_READY_FD": str(fds[1])}
        return subprocess.Popen(command, env=environment, pass_fds=fds, start_new_session=True).pid  # noqa: S603

    def _heard(self) -> Counter[str]:
        try:
            return Counter(os.read(self.news, 4096).decode().split())
        except BlockingIOError:
            return Counter()

    def _reap(self) -> None:
        for part in self.parts:
            if not part.pid:
                continue
            pid, status = os.waitpid(part.pid, os.WNOHANG)
            if not pid:
                continue
            part.pid = 0
            if self.stopping or part.on_demand:
                continue
            if len(part.starts) >= RESTARTS:
                raise GaveUp(f"The {part.name} stopped {RESTARTS} times within a minute (last exit status {status}).")
            self.say(f"The {part.name} stopped unexpectedly (exit status {status}); starting it again")
            self._start(part)

    def _is_wanted(self, part: Part) -> bool:
        """Somebody rang for it and it is not there."""
        if not part.on_demand or part.pid:
            return False
        if len(part.starts) >= RESTARTS and time.monotonic() - part.starts[-1] < RESTART_WINDOW:
            return False  # something kills it at once: the rows wait, the sweep rings again
        rung = tuple(f".{queue}.msg" for queue in workers.WORKERS[part.name].queues)
        return any(name.endswith(rung) for name in os.listdir(settings.QUEUE_DIR / "messages"))

    def _stop(self, number, frame) -> None:
        self.stopping = True

    def _end(self) -> None:
        """SIGTERM to all, in order: nobody new is let in while work that runs is finished."""
        for part in self.parts:
            if part.pid:
                os.kill(part.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        while any(part.pid for part in self.parts) and time.monotonic() < deadline:
            for part in self.parts:
                if part.pid and os.waitpid(part.pid, os.WNOHANG)[0]:
                    part.pid = 0
            time.sleep(0.02)
        for part in self.parts:
            if part.pid:
                os.kill(part.pid, signal.SIGKILL)
                os.waitpid(part.pid, 0)
                part.pid = 0


def close_connections() -> None:
    """A pool too: its threads would be missing in the child, and its sockets in two processes."""
    connections.close_all()
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["OPTIONS"].get("pool"):
            connection.close_pool()


def run_part(name: str, listening: socket.socket | None, tell: int) -> None:
    def ready() -> None:
        os.write(tell, f"{name} ".encode())

    if name == "web":
        assert listening is not None
        parts.web(listening, ready)
    elif name == "beat":
        parts.beat(ready)
    else:
        workers.serve(name, ready)


def _on_files() -> bool:
    return settings.CELERY_BROKER_URL.startswith("filesystem")


def bind(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything is started, so that a taken port is one clear sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Connections inherit it. Of a response that is complete for us the kernel keeps no more for a slow reader; else it
        # would be up to 4 MiB, which are sent whatever becomes of the reader's rights.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
    listening.listen(512)
    listening.set_inheritable(True)
    return listening


def pid_file() -> Path:
    return Path(settings.DATA_DIR) / "up.pid"
