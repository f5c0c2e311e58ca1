"""The client of the child process that reads files: keeps it warm, holds it to its limits, replaces it when it dies."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from knowledge.parsers.base import ParsedDocument, ParseFailed, ParseLimits, Progress, too_large_or_damaged
from knowledge.parsers.wire import (
    LENGTH,
    MOST_BYTES,
    Frame,
    document_from_wire,
    failure_from_wire,
    failure_to_wire,
    limits_to_wire,
)

ROOT = Path(__file__).resolve().parent.parent
IDLE_SECONDS = 120


class ChildGone(Exception):
    """The child ended without a reply: of itself, or because the file was too much for it."""

    def __init__(self, *, of_itself: bool) -> None:
        super().__init__()
        self.of_itself = of_itself


class TooSlow(Exception):
    """The child gave no reply in its time."""


class Child:
    """A child process and the pipes to it. Not for use by several threads at once."""

    def __init__(self, limits: ParseLimits, *, ocr: bool = False, idle: float = IDLE_SECONDS) -> None:
        arguments = [limits_to_wire(limits), "--idle", str(idle), *(["--ocr"] if ocr else [])]
        self._process = subprocess.Popen(  # noqa: S603 (our own program; the path of a file travels as data)
            [sys.executable, "-m", "knowledge.parsers.child", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=ROOT,
            env=_bare_environment(),
        )
        self._received = bytearray()
        self.files = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: Frame, *, seconds: float, on_progress: Progress | None = None) -> Frame:
        """The last reply to a request. Raises `ChildGone` or `TooSlow`; the child is of no use after either."""
        self.files += 1
        deadline = time.monotonic() + seconds
        data = json.dumps(request).encode()
        try:
            self._process.stdin.write(LENGTH.pack(len(data)) + data)  # type: ignore[union-attr]
        except OSError as error:
            raise self._gone() from error
        while True:
            reply = self._frame(deadline)
            if "progress" not in reply:
                return reply
            if on_progress:
                on_progress(*reply["progress"])

    def close(self, *, at_once: bool = False) -> None:
        if at_once:
            self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(timeout=0 if at_once else 1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _gone(self) -> ChildGone:
        try:
            return ChildGone(of_itself=self._process.wait(timeout=2) == 0)
        except subprocess.TimeoutExpired:  # it closed its output, yet lives: nothing sane does that
            return ChildGone(of_itself=False)

    def _frame(self, deadline: float) -> Frame:
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size, deadline))
        if size > MOST_BYTES:
            raise self._gone()
        return json.loads(self._exactly(size, deadline))

    def _exactly(self, size: int, deadline: float) -> bytes:
        stream = self._process.stdout.fileno()  # type: ignore[union-attr]
        poll = select.poll()  # unlike `select`, it knows descriptors beyond 1,024, which a web process has
        poll.register(stream, select.POLLIN)
        while len(self._received) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise TooSlow
            more = os.read(stream, 1 << 20)
            if not more:
                raise self._gone()
            self._received += more
        data = bytes(self._received[:size])
        del self._received[:size]
        return data


class WarmChild:
    """A child that is kept for the next request and replaced after a crash, a time-out or many requests."""

    def __init__(self, limits: ParseLimits, *, idle: float = IDLE_SECONDS, ocr: bool = False) -> None:
        self._limits = limits
        self._idle = idle
        self._ocr = ocr
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def ask(self, request: Frame, *, seconds: float, on_progress: Progress | None = None) -> Frame:
        """The reply; a child that dies or is too slow is a reply too, of the kind "failed"."""
        if self._child and (self._child.files >= self._limits.files_per_child or not self._child.alive):
            self.close()
        try:
            return self._answer(request, seconds, on_progress)
        except ChildGone as gone:
            if not gone.of_itself:
                return {"failed": failure_to_wire(too_large_or_damaged())}
        # It left for idleness between our look and our question. A fresh one waits for us.
        try:
            return self._answer(request, seconds, on_progress)
        except ChildGone:
            return {"failed": failure_to_wire(too_large_or_damaged())}

    def close(self) -> None:
        if self._child:
            self._child.close()
            self._child = None

    def _answer(self, request: Frame, seconds: float, on_progress: Progress | None) -> Frame:
        self._child = self._child or Child(self._limits, idle=self._idle, ocr=self._ocr)
        try:
            return self._child.ask(request, seconds=seconds, on_progress=on_progress)
        except TooSlow:
            self._drop()
            return {"failed": failure_to_wire(_timeout(seconds))}
        except BaseException:
            self._drop()  # also when the caller is interrupted: the reply on its way would be taken for the next one's
            raise

    def _drop(self) -> None:
        if self._child:
            self._child.close(at_once=True)
            self._child = None


class ParserChild:
    """Reads files in a warm child process. One per thread; `close()` ends the child.

    The child is replaced after a crash, a time-out or `limits.files_per_child` files. Text that stands only in pictures
    is read by a second child, which is loaded for that file and leaves afterwards.
    """

    def __init__(self, limits: ParseLimits | None = None) -> None:
        self.limits = limits or ParseLimits()
        self._warm = WarmChild(self.limits)

    @property
    def pid(self) -> int | None:
        return self._warm.pid

    def parse(self, path: Path, filename: str, *, on_progress: Progress | None = None) -> ParsedDocument:
        request = {"do": "parse", "path": str(Path(path).resolve()), "filename": filename}
        reply = self._warm.ask(request, seconds=self.limits.wall_seconds, on_progress=on_progress)
        if "needs_ocr" in reply:
            reply = self._recognised(request, on_progress)
        if "failed" in reply:
            raise failure_from_wire(reply["failed"])
        return document_from_wire(reply["document"])

    def close(self) -> None:
        self._warm.close()

    def __enter__(self) -> ParserChild:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _recognised(self, request: Frame, on_progress: Progress | None) -> Frame:
        child = Child(self.limits, ocr=True)
        try:
            return child.ask(request, seconds=self.limits.ocr_wall_seconds, on_progress=on_progress)
        except TooSlow:
            return {"failed": failure_to_wire(_timeout(self.limits.ocr_wall_seconds))}
        except ChildGone:
            return {"failed": failure_to_wire(too_large_or_damaged())}
        finally:
            child.close(at_once=True)


def _timeout(seconds: float) -> ParseFailed:
    return ParseFailed(
        "timeout",
        f"Reading the file took longer than {round(seconds)} seconds.",
        "Try again when less is going on, or split it into smaller files and upload those.",
        permanent=False,  # a busy machine; a file that only burns processor time meets that limit first
    )


def _bare_environment() -> dict[str, str]:
    """No key or password of ours reaches a process that reads strangers' files; few threads, to fit its limits."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
        if name in os.environ
    }
    threads = dict.fromkeys(("RAYON_NUM_THREADS", "TOKIO_WORKER_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return (
        kept | threads | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2", "HOME": "/nonexistent"}
    )


__all__ = ["Child", "ChildGone", "ParserChild", "TooSlow", "WarmChild"]
