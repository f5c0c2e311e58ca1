"""The child process that reads files, so that a hostile one can harm nothing else. Started as a program.

Before anything is read it confines itself (knowledge/parsers/confinement.py). Requests come on standard input, which is
a Unix socket: each is a frame, and with it comes the file, as an open descriptor. Replies go to standard output, one at
a time. It leaves when its input closes or after a time without work.
Usage: `python -m knowledge.parsers.child LIMITS [--ocr] [--idle SECONDS]`, LIMITS as JSON.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from typing import IO, Any

from knowledge.parsers import confinement
from knowledge.parsers.base import ParseFailed, ParseLimits, too_large_or_damaged
from knowledge.parsers.child_protocol import Frame, document_to_wire, failure_to_wire, receive_frame, write_frame
from knowledge.parsers.source import SourceFile

PROGRESS_SECONDS = 0.2

not_taken: dict[str, str] = {}  # measures that this platform refused, and why


def main(arguments: list[str]) -> int:
    limits = ParseLimits(**json.loads(arguments[0]))
    ocr = "--ocr" in arguments
    idle = float(arguments[arguments.index("--idle") + 1]) if "--idle" in arguments else None
    os.nice(limits.niceness)
    not_taken.update(confinement.apply(address_space=limits.ocr_address_space if ocr else limits.address_space))
    requests, replies = socket.socket(fileno=0), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the replies
    recognise = _recogniser() if ocr else None
    while True:
        if idle is not None and not select.select([requests], [], [], idle)[0]:
            return 0
        frame, descriptor = receive_frame(requests)
        if frame is None:
            return 0
        _allow_processor_time(limits.ocr_wall_seconds if ocr else limits.processor_seconds)
        try:
            with contextlib.nullcontext() if descriptor is None else SourceFile(descriptor) as source:
                write_frame(replies, _answer(frame, source, limits, replies, recognise))
        except BrokenPipeError:
            os._exit(0)  # who asked was killed, and nobody is there to be told so
        signal.setitimer(signal.ITIMER_PROF, 0)


def _allow_processor_time(seconds: int) -> None:
    """The timer counts from now, to the millisecond. The limit, in whole seconds, stands behind it; it counts from the
    start of the process, so it is moved forward before each file."""
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 0))
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def _answer(frame: Frame, source: SourceFile | None, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    try:
        return ACTIONS[frame["do"]](frame, source, limits, replies, recognise)
    except ParseFailed as failure:
        return {"failed": failure_to_wire(failure)}
    except MemoryError:
        return {"failed": failure_to_wire(too_large_or_damaged())}
    except BrokenPipeError:
        raise
    except (
        Exception
    ) as error:  # readers meet hostile files: whatever they did not foresee is damage, and is told to the log
        import traceback

        traceback.print_exc()
        failure = ParseFailed(
            "damaged", "The file is damaged and could not be read.", "Open it, save it again and upload the new copy."
        )
        return {"failed": failure_to_wire(failure) | {"cause": type(error).__name__}}


def _parse(frame: Frame, source: SourceFile, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    from knowledge.parsers.read import NeedsOcr, read

    reported_at = 0.0

    def report_progress(page: int, total: int) -> None:
        nonlocal reported_at
        if page == total or time.monotonic() - reported_at > PROGRESS_SECONDS:
            reported_at = time.monotonic()
            write_frame(replies, {"progress": [page, total]})

    try:
        document = read(source, frame["filename"], limits, on_progress=report_progress, recognise=recognise)
    except NeedsOcr:
        return {"needs_ocr": True}
    return {"document": document_to_wire(document)}


def _render(frame: Frame, source: SourceFile, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    from knowledge.parsers.formats.pdf_picture import render

    return {"picture": base64.b64encode(render(source, frame["page"], frame["scale"])).decode("ascii")}


def _boxes(frame: Frame, source: SourceFile, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    from knowledge.parsers.formats.pdf_picture import boxes

    return {"boxes": boxes(source, frame["page"], frame["quote"])}


def _scan(frame: Frame, source: SourceFile, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    from knowledge.parsers.formats.pdf_scan import scanned_lines

    return {"lines": scanned_lines(source, frame["page"], recognise)}


def _recogniser() -> Any:
    from knowledge.parsers.formats.ocr import Recogniser

    return Recogniser()


def _confinement(frame: Frame, source: None, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    return {"not_taken": not_taken}


ACTIONS = {"parse": _parse, "render": _render, "boxes": _boxes, "scan": _scan, "confinement": _confinement}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
