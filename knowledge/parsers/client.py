"""The client of the child process that reads files: keeps it warm, holds it to its limits, replaces it when it dies."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import py_compile
import select
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from knowledge.parsers.base import ParsedDocument, ParseFailed, ParseLimits, Progress, too_large_or_damaged
from knowledge.parsers.child_protocol import (
    LENGTH,
    MAX_MESSAGE_BYTES,
    Frame,
    document_from_wire,
    failure_from_wire,
    failure_to_wire,
    limits_to_wire,
    send_frame,
)

ROOT = Path(__file__).resolve().parents[2]
IDLE_SECONDS = 120
MAX_IDLE_CHILDREN = 3  # 45 MiB each; starting one takes 0.1 s of processor time, and tenants that import take turns
MAX_LOGGED_BYTES = 8 * 1024  # bytes of a child's messages that are logged for one request

log = logging.getLogger("knowledge.parsers.client")


class ChildEnded(Exception):
    """The child ended without a reply: of itself, or because the file was too much for it."""

    def __init__(self, *, of_itself: bool) -> None:
        super().__init__()
        self.of_itself = of_itself


class TooSlow(Exception):
    """The child gave no reply in its time."""


class Child:
    """A confined process, and the pipes to it. It gets open files, never paths, and no environment of ours. Not for use
    by several threads at once."""

    PROGRAM = ("-m", "knowledge.parsers.child")

    def __init__(self, limits: ParseLimits, *, ocr: bool = False, idle: float = IDLE_SECONDS) -> None:
        arguments = [limits_to_wire(limits), "--idle", str(idle), *(["--ocr"] if ocr else [])]
        _compile_readers()
        self._requests, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                [sys.executable, "-P", *self.PROGRAM, *arguments],
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd="/",
                env=_bare_environment(),
            )
        os.set_blocking(self._process.stderr.fileno(), False)  # type: ignore[union-attr]
        self._received = bytearray()
        self._messages = bytearray()
        self.files = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(
        self, request: Frame, *, seconds: float, file: int | None = None, on_progress: Progress | None = None
    ) -> Frame:
        """The last reply to a request about `file`, an open descriptor that stays the caller's. Raises `ChildEnded` or
        `TooSlow`; the child is of no use after either."""
        self.files += 1
        deadline = time.monotonic() + seconds
        try:
            send_frame(self._requests, request, file)
        except OSError as error:
            raise self._ended() from error
        try:
            while True:
                reply = self._frame(deadline)
                if "progress" not in reply:
                    return reply
                if on_progress:
                    on_progress(*reply["progress"])
        finally:
            self._log_messages()

    def close(self, *, immediately: bool = False) -> None:
        if immediately:
            self._process.kill()
        for stream in (self._requests, self._process.stdout, self._process.stderr):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(timeout=0 if immediately else 1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ended(self) -> ChildEnded:
        try:
            return ChildEnded(of_itself=self._process.wait(timeout=2) == 0)
        except subprocess.TimeoutExpired:  # it closed its output, yet lives: nothing sane does that
            return ChildEnded(of_itself=False)

    def _frame(self, deadline: float) -> Frame:
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size, deadline))
        if size > MAX_MESSAGE_BYTES:
            raise self._ended()
        return json.loads(self._exactly(size, deadline))

    def _exactly(self, size: int, deadline: float) -> bytes:
        stream, messages = self._process.stdout.fileno(), self._process.stderr.fileno()  # type: ignore[union-attr]
        poll = select.poll()  # unlike `select`, it knows descriptors beyond 1,024, which a web process has
        poll.register(stream, select.POLLIN)
        poll.register(messages, select.POLLIN)
        while len(self._received) < size:
            left = deadline - time.monotonic()
            ready = dict(poll.poll(left * 1000)) if left > 0 else {}
            if not ready:
                raise TooSlow
            if messages in ready and not self._listen():
                poll.unregister(messages)
            if stream not in ready:
                continue
            more = os.read(stream, 1 << 20)
            if not more:
                raise self._ended()
            self._received += more
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def _listen(self) -> bool:
        """Takes what the child printed, so that it never waits for room. False: it will print no more."""
        try:
            chunk = os.read(self._process.stderr.fileno(), 1 << 16)  # type: ignore[union-attr]
        except BlockingIOError:
            return True
        self._messages += chunk[: max(0, MAX_LOGGED_BYTES - len(self._messages))]
        return bool(chunk)

    def _log_messages(self) -> None:
        """Marked as the child's, line by line: a document must not be able to write into our log in our name."""
        with contextlib.suppress(OSError, ValueError):
            self._listen()
        lines = self._messages.decode("utf-8", "replace").splitlines()
        self._messages.clear()
        if lines:
            printable = ("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
            log.warning("A parser process said:\n%s", "\n".join(f"  | {line}" for line in printable))


class WarmChild:
    """A child that is kept for the next request of the same tenant, and replaced for another tenant and after a crash, a
    time-out or many requests: what a hostile file may have done to it meets no other company's files."""

    def __init__(self, limits: ParseLimits, *, idle: float = IDLE_SECONDS, ocr: bool = False) -> None:
        self._limits = limits
        self._idle = idle
        self._ocr = ocr
        self._child: Child | None = None
        self._tenant: object = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def ask(
        self,
        request: Frame,
        *,
        path: Path,
        seconds: float,
        tenant: object = None,
        on_progress: Progress | None = None,
    ) -> Frame:
        """The reply; a child that dies or is too slow is a reply too, of the kind "failed". `tenant` is whose file it
        is, as anything that can be compared."""
        if self._child and (
            self._child.files >= self._limits.files_per_child or not self._child.alive or tenant != self._tenant
        ):
            self.close()
        self._tenant = tenant
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return {"failed": failure_to_wire(_missing())}
        try:
            return self._answer(request, file, seconds, on_progress)
        except ChildEnded as gone:
            if not gone.of_itself:
                return {"failed": failure_to_wire(too_large_or_damaged())}
            # It left for idleness between our look and our question. A fresh one waits for us.
            self._drop()
            try:
                return self._answer(request, file, seconds, on_progress)
            except ChildEnded:
                return {"failed": failure_to_wire(too_large_or_damaged())}
        finally:
            os.close(file)

    def close(self) -> None:
        if self._child:
            self._child.close()
            self._child = None

    def _answer(self, request: Frame, file: int, seconds: float, on_progress: Progress | None) -> Frame:
        self._child = self._child or Child(self._limits, idle=self._idle, ocr=self._ocr)
        try:
            return self._child.ask(request, seconds=seconds, file=file, on_progress=on_progress)
        except TooSlow:
            self._drop()
            return {"failed": failure_to_wire(_timeout(seconds))}
        except BaseException:
            self._drop()  # also when the caller is interrupted: the reply on its way would be taken for the next one's
            raise

    def _drop(self) -> None:
        if self._child:
            self._child.close(immediately=True)
            self._child = None


class ParserChild:
    """Reads files in warm child processes, one for each of the last few tenants. One per thread; `close()` ends them.

    A child is replaced after a crash, a time-out or `limits.files_per_child` files. Text that stands only in pictures is
    read by another child, which is loaded for that file and leaves afterwards.
    """

    def __init__(self, limits: ParseLimits | None = None) -> None:
        self.limits = limits or ParseLimits()
        self._warm: dict[object, WarmChild] = {}  # by tenant, the one that was used last at the end

    @property
    def pid(self) -> int | None:
        """Of the child that was used last."""
        return next(reversed(self._warm.values())).pid if self._warm else None

    def parse(
        self, path: Path, filename: str, *, tenant: object = None, on_progress: Progress | None = None
    ) -> ParsedDocument:
        request = {"do": "parse", "filename": filename}
        reply = self._child_of(tenant).ask(
            request, path=path, tenant=tenant, seconds=self.limits.wall_seconds, on_progress=on_progress
        )
        if "needs_ocr" in reply:
            reply = self._recognised(request, path, on_progress)
        if "failed" in reply:
            raise failure_from_wire(reply["failed"])
        return document_from_wire(reply["document"])

    def close(self) -> None:
        while self._warm:
            self._warm.popitem()[1].close()

    def _child_of(self, tenant: object) -> WarmChild:
        child = self._warm.pop(tenant, None) or WarmChild(self.limits)
        self._warm[tenant] = child
        while len(self._warm) > MAX_IDLE_CHILDREN:
            self._warm.pop(next(iter(self._warm))).close()
        return child

    def __enter__(self) -> ParserChild:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _recognised(self, request: Frame, path: Path, on_progress: Progress | None) -> Frame:
        child = Child(self.limits, ocr=True)
        try:
            with path.open("rb") as file:
                return child.ask(
                    request, seconds=self.limits.ocr_wall_seconds, file=file.fileno(), on_progress=on_progress
                )
        except FileNotFoundError:
            return {"failed": failure_to_wire(_missing())}
        except TooSlow:
            return {"failed": failure_to_wire(_timeout(self.limits.ocr_wall_seconds))}
        except ChildEnded:
            return {"failed": failure_to_wire(too_large_or_damaged())}
        finally:
            child.close(immediately=True)


def _timeout(seconds: float) -> ParseFailed:
    return ParseFailed(
        "timeout",
        f"Reading the file took longer than {round(seconds)} seconds.",
        "Try again when the portal is less busy, or split it into smaller files and upload those.",
        permanent=False,  # a busy machine; a file that only burns processor time meets that limit first
    )


def _missing() -> ParseFailed:
    return ParseFailed("file_missing", "The stored file is missing.", "Upload it again.")


def confinement_of_a_child() -> dict[str, str]:
    """Starts a child and asks it: measure to why it could not be taken. Empty where all of them hold. Raises `ChildEnded`
    or `TooSlow`."""
    child = Child(ParseLimits())
    try:
        return child.ask({"do": "confinement"}, seconds=10)["not_taken"]
    finally:
        child.close(immediately=True)


@cache
def _compile_readers() -> None:
    """The child may not write beside its modules, and without their compiled form each start takes 200 ms longer."""
    package = ROOT / "knowledge"
    for path in (*package.glob("*.py"), *(package / "text").glob("*.py"), *(package / "parsers").rglob("*.py")):
        compiled = Path(importlib.util.cache_from_source(str(path)))
        with contextlib.suppress(OSError):
            if not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime:
                py_compile.compile(str(path), quiet=2)


def _bare_environment() -> dict[str, str]:
    """No key or password of ours reaches a process that reads strangers' files; few threads, to fit its limits. ONNX
    Runtime sends what it is used for to its maker unless it is told not to (since 1.29, on Linux)."""
    environment = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
        if name in os.environ
    }
    threads = dict.fromkeys(("RAYON_NUM_THREADS", "TOKIO_WORKER_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    silent = {"ORT_DISABLE_TELEMETRY": "1"}
    return (
        environment
        | threads
        | silent
        | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2", "HOME": "/nonexistent"}
    )


__all__ = ["Child", "ChildEnded", "ParserChild", "TooSlow", "WarmChild", "confinement_of_a_child"]
