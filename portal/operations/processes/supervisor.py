"""Starts the parts, watches them, stops them.

Django is set up once; then the parts are forked, before any thread exists, so that they share their memory. On macOS,
where forking a process that has used system frameworks is not safe, each part is an interpreter of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connections

from portal.operations.processes import entry_points, seamless_restart, workers
from portal.operations.processes.seamless_restart import Takeover
from portal.operations.processes.web_server import DRAIN_SECONDS

MAX_UNSENT_BYTES = 256 * 1024  # bytes
STOP_TIMEOUT_SECONDS = 12  # seconds after Ctrl-C, then what is left is ended
DRAIN_TIMEOUT_SECONDS = DRAIN_SECONDS + 10  # seconds after SIGTERM, or in a restart
PR_SET_PDEATHSIG = 1  # prctl(2)
MAX_RESTARTS = 5  # within RESTART_WINDOW seconds, then the whole stops and says so
RESTART_WINDOW_SECONDS = 60


@dataclass
class SupervisedProcess:
    name: str
    on_demand: bool = False
    number: int = 1  # of several that are alike; the web process with this number has the listening socket with it
    pid: int = 0
    starts: list[float] = field(default_factory=list)


class GaveUp(RuntimeError):
    """A part died again and again."""


def all_parts() -> list[SupervisedProcess]:
    """Web first: it is told to stop first, so that nobody new is let in while work that runs is finished."""
    return [
        *web_parts(),
        *(
            SupervisedProcess(name, on_demand=worker.on_demand)
            for name, worker in workers.of_this_installation().items()
        ),
        *(
            SupervisedProcess("bulk", number=number)
            for number in range(2, settings.BULK_WORKERS + 1)
            if not _on_files()
        ),
        SupervisedProcess("beat"),
    ]


def web_parts() -> list[SupervisedProcess]:
    return [SupervisedProcess("web", number=number) for number in range(1, settings.WEB_PROCESSES + 1)]


class Supervisor:
    """Starts the parts on the listening sockets and keeps them alive until SIGTERM, SIGINT (Ctrl-C) or SIGHUP.

    SIGTERM lets running answers finish, SIGINT and SIGHUP (the terminal was closed) stop within seconds, SIGUSR2 restarts
    without a gap (seamless_restart.py).
    `lock` is the file descriptor of the lock on the data folder: no part may keep it, or what is left of a supervisor
    that was killed would refuse the next start.
    """

    def __init__(
        self,
        listening: list[socket.socket],
        write_line: Callable[[str], None],
        parts: list[SupervisedProcess] | None = None,
        *,
        lock: int = -1,
        taken_over: Takeover | None = None,
    ) -> None:
        self.listening = listening
        self.write_line = write_line
        self.parts = all_parts() if parts is None else parts
        self.lock = lock
        self.former = [SupervisedProcess(name, pid=pid) for name, pid in taken_over.former] if taken_over else []
        self.former_end = float("inf")  # when what is left of the former version is ended
        self.stopping = self.in_haste = self.restarting = False
        self.news, self._tell = os.pipe()
        os.set_blocking(self.news, False)

    def run(self, when_ready: Callable[[], None]) -> None:
        """Until a signal stops it. Raises GaveUp when a part cannot be kept alive."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2):
            signal.signal(number, self._on_signal)
        close_connections()  # one that is open must not be shared with a child
        gc.collect()
        gc.freeze()  # a collection in a child would write into every page that it still shares
        for part in self.former:
            if part.name != "web":
                _send(part, signal.SIGTERM)
        waiting: Counter[str] = Counter()
        for part in self.parts:
            if not part.on_demand:
                waiting[part.name] += 1
                if part.name == "web":
                    self._start(part)
        waiting_for_warm = Counter({"warm": waiting["web"]}) if self.former else Counter()
        try:
            while not self.stopping:
                news = self._read_messages()
                if waiting:
                    waiting -= news
                    if not +waiting:
                        waiting.clear()
                        when_ready()
                if waiting_for_warm:
                    waiting_for_warm -= news
                    if not +waiting_for_warm:
                        self._drain_former()
                self._reap()
                for part in self.parts:
                    if self._should_start(part):
                        self._start(part)
                if self.restarting:
                    self._restart()
                time.sleep(0.02 if waiting else 0.25)
        finally:
            self._end()

    def _restart(self) -> None:
        """Becomes a new program, if that would start. What runs goes on running either way."""
        self.restarting = False
        if self.former:
            self.write_line("A restart is already in progress")
            return
        if why := seamless_restart.can_start():
            self.write_line(f"Not restarted, because the new version would not start: {why}")
            return
        self.write_line("Restarting without downtime")
        running = [(part.name, part.pid) for part in self.parts if part.pid]
        seamless_restart.become_new(Takeover([each.fileno() for each in self.listening], self.lock, running))

    def _drain_former(self) -> None:
        for part in self.former:
            if part.name == "web":
                _send(part, signal.SIGTERM)
        self.former_end = time.monotonic() + DRAIN_TIMEOUT_SECONDS

    def _start(self, part: SupervisedProcess) -> None:
        now = time.monotonic()
        part.starts = [*(s for s in part.starts if now - s < RESTART_WINDOW_SECONDS), now]
        part.pid = self._spawn(part) if sys.platform == "darwin" else self._fork(part)

    def _fork(self, part: SupervisedProcess) -> int:
        supervisor = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        end_with(supervisor)
        # Ctrl-C reaches the whole terminal group; the supervisor alone decides who stops when.
        os.setpgid(0, 0)
        if self.lock >= 0:
            os.close(self.lock)
        own = self._socket_of(part)
        for listening in self.listening:
            if listening is not own:
                listening.close()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2):
            signal.signal(number, signal.SIG_DFL)
        os.close(self.news)
        status = 1
        try:
            run_part(part.name, own, self._tell)
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

    def _spawn(self, part: SupervisedProcess) -> int:
        command = [sys.executable, sys.argv[0], "up", "--only", part.name]
        listening = self._socket_of(part)
        fds = (listening.fileno() if listening else self.listening[0].fileno(), self._tell)
        environment = os.environ | {"PORTAL_LISTENING_FD": str(fds[0]), "PORTAL_READY_FD": str(fds[1])}
        return subprocess.Popen(command, env=environment, pass_fds=fds, start_new_session=True).pid  # noqa: S603

    def _socket_of(self, part: SupervisedProcess) -> socket.socket | None:
        return self.listening[(part.number - 1) % len(self.listening)] if part.name == "web" else None

    def _read_messages(self) -> Counter[str]:
        try:
            return Counter(os.read(self.news, 4096).decode().split())
        except BlockingIOError:
            return Counter()

    def _reap(self) -> None:
        for part in list(self.former):
            if time.monotonic() > self.former_end:
                _send(part, signal.SIGKILL)
            if os.waitpid(part.pid, os.WNOHANG)[0]:
                self.former.remove(part)
        for part in self.parts:
            if not part.pid:
                continue
            pid, status = os.waitpid(part.pid, os.WNOHANG)
            if not pid:
                continue
            part.pid = 0
            if self.stopping or part.on_demand:
                continue
            if len(part.starts) >= MAX_RESTARTS:
                raise GaveUp(
                    f"The {part.name} stopped {MAX_RESTARTS} times within a minute (last exit status {status})."
                )
            self.write_line(f"The {part.name} stopped unexpectedly (exit status {status}); starting it again")
            self._start(part)

    def _should_start(self, part: SupervisedProcess) -> bool:
        """It is not there and should be: its former one has left, or, if it comes on demand, there is work for it."""
        if part.pid or any(former.name == part.name for former in self.former):
            return False
        if not part.on_demand:
            return not part.starts
        if len(part.starts) >= MAX_RESTARTS and time.monotonic() - part.starts[-1] < RESTART_WINDOW_SECONDS:
            return False  # something kills it at once: the rows wait, the sweep notifies again
        endings = tuple(f".{queue}.msg" for queue in workers.WORKERS[part.name].queues)
        return any(name.endswith(endings) for name in os.listdir(settings.QUEUE_DIR / "messages"))

    def _on_signal(self, number, frame) -> None:
        if number == signal.SIGUSR2:
            self.restarting = True
            return
        self.in_haste = number != signal.SIGTERM or self.stopping
        self.stopping = True

    def _end(self) -> None:
        """A signal to all, web first: it stops listening while work that runs is finished."""
        for listening in self.listening:
            listening.close()
        everything = [*self.parts, *self.former]
        was_in_haste = self.in_haste
        for part in everything:
            _send(part, signal.SIGINT if self.in_haste and part.name == "web" else signal.SIGTERM)
        began = time.monotonic()
        while any(part.pid for part in everything):
            if self.in_haste and not was_in_haste:  # Ctrl-C while running answers are being finished
                was_in_haste, began = True, time.monotonic()
                for part in everything:
                    if part.name == "web":
                        _send(part, signal.SIGINT)
            if time.monotonic() - began > (STOP_TIMEOUT_SECONDS if self.in_haste else DRAIN_TIMEOUT_SECONDS):
                break
            for part in everything:
                if part.pid and os.waitpid(part.pid, os.WNOHANG)[0]:
                    part.pid = 0
            time.sleep(0.02)
        for part in everything:
            if part.pid:
                _send(part, signal.SIGKILL)
                os.waitpid(part.pid, 0)
                part.pid = 0


def _send(part: SupervisedProcess, number: signal.Signals) -> None:
    if part.pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(part.pid, number)


def end_with(parent: int) -> None:
    """This process gets SIGTERM when its parent dies, however that dies.

    Linux does that by itself (prctl, PR_SET_PDEATHSIG). Elsewhere a thread looks once a second.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    else:
        threading.Thread(target=_watch_parent, args=(parent,), name="watch-parent", daemon=True).start()
    if os.getppid() != parent:  # it died before this process could ask for the signal
        os._exit(1)


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def close_connections() -> None:
    """A pool too: its threads would be missing in the child, and its sockets in two processes."""
    connections.close_all()
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["OPTIONS"].get("pool"):
            connection.close_pool()


def run_part(name: str, listening: socket.socket | None, messages_fd: int) -> None:
    def send(word: str) -> None:
        with contextlib.suppress(OSError):  # the supervisor that asked has become another program
            os.write(messages_fd, f"{word} ".encode())

    def ready() -> None:
        send(name)

    def warm() -> None:
        send("warm")

    if name == "web":
        assert listening is not None
        entry_points.web(listening, ready, warm)
    elif name == "beat":
        entry_points.beat(ready)
    else:
        workers.serve(name, ready)


def _on_files() -> bool:
    return settings.CELERY_BROKER_URL.startswith("filesystem")


def bind(host: str, port: int, count: int = 1) -> list[socket.socket]:
    """Listening sockets for `count` web processes, taken before anything is started. Raises OSError if the port is taken.

    On Linux each process has a socket of its own, over which the kernel spreads new connections. Of one that all share,
    the first process that wakes takes every connection, and with clients that keep theirs one process did all the work.
    """
    first = _bound(host, port, shared=False)
    if count == 1 or sys.platform != "linux":
        return [_listen(first)]
    port = first.getsockname()[1]
    first.close()  # it only showed that nobody else has the port: with SO_REUSEPORT another portal could join silently
    return [_listen(_bound(host, port, shared=True)) for _ in range(count)]


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def _listen(listening: socket.socket) -> socket.socket:
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Connections inherit it. Of a response that is complete for us the kernel keeps no more for a slow reader; else it
        # would be up to 4 MiB, which are sent whatever becomes of the reader's rights.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)
    listening.listen(512)
    listening.set_inheritable(True)
    return listening


def pid_file() -> Path:
    return Path(settings.DATA_DIR) / "up.pid"
