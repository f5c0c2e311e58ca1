"""The child process that reads files, so that a hostile one can harm nothing else. Started as a program.

Requests come on standard input and replies go to standard output, one at a time; it leaves when its input closes or
after a time without work. Usage: `python -m knowledge.parsers.child LIMITS [--ocr] [--idle SECONDS]`, LIMITS as JSON.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import select
import sys
import time
from pathlib import Path
from typing import IO, Any

from knowledge.parsers.base import ParseFailed, ParseLimits, too_large_or_damaged
from knowledge.parsers.wire import Frame, document_to_wire, failure_to_wire, read_frame, write_frame

PROGRESS_SECONDS = 0.2


def main(arguments: list[str]) -> int:
    limits = ParseLimits(**json.loads(arguments[0]))
    ocr = "--ocr" in arguments
    idle = float(arguments[arguments.index("--idle") + 1]) if "--idle" in arguments else None
    _confine(limits, ocr)
    requests, replies = sys.stdin.buffer.raw, os.fdopen(os.dup(1), "wb")  # type: ignore[attr-defined]
    os.dup2(2, 1)  # a library that prints must not write into the replies
    recognise = _recogniser() if ocr else None
    while True:
        if idle is not None and not select.select([requests], [], [], idle)[0]:
            return 0
        frame = read_frame(_Whole(requests))
        if frame is None:
            return 0
        _allow_processor_time(limits.ocr_wall_seconds if ocr else limits.processor_seconds)
        try:
            write_frame(replies, _answer(frame, limits, replies, recognise))
        except BrokenPipeError:
            os._exit(0)  # who asked was killed, and nobody is there to be told so


class _Whole:
    """Reads exactly as much as asked for; a buffered reader would hide waiting bytes from `select`."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.raw.read(size - len(data))
            if not more:
                break
            data += more
        return data


def _confine(limits: ParseLimits, ocr: bool) -> None:
    space = limits.ocr_address_space if ocr else limits.address_space
    if sys.platform != "darwin":  # macOS knows no limit of the address space
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(limits.niceness)


def _allow_processor_time(seconds: int) -> None:
    """The limit counts from the start of the process, so it is moved forward before each file."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def _answer(frame: Frame, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    try:
        return ACTIONS[frame["do"]](frame, limits, replies, recognise)
    except ParseFailed as failure:
        return {"failed": failure_to_wire(failure)}
    except MemoryError:
        return {"failed": failure_to_wire(too_large_or_damaged())}
    except BrokenPipeError:
        raise
    except FileNotFoundError:
        return {
            "failed": failure_to_wire(ParseFailed("file_missing", "The stored file is not there.", "Upload it again."))
        }
    except (
        Exception
    ) as error:  # readers meet hostile files: whatever they did not foresee is damage, and is told to the log
        import traceback

        traceback.print_exc()
        failure = ParseFailed(
            "damaged", "The file is damaged and could not be read.", "Open it, save it again and upload the new copy."
        )
        return {"failed": failure_to_wire(failure) | {"cause": type(error).__name__}}


def _parse(frame: Frame, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    from knowledge.parsers.read import NeedsOcr, read

    told = 0.0

    def tell(page: int, total: int) -> None:
        nonlocal told
        if page == total or time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            write_frame(replies, {"progress": [page, total]})

    try:
        document = read(Path(frame["path"]), frame["filename"], limits, on_progress=tell, recognise=recognise)
    except NeedsOcr:
        return {"needs_ocr": True}
    return {"document": document_to_wire(document)}


def _render(frame: Frame, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    from knowledge.parsers.formats.pdf_picture import render

    return {"picture": base64.b64encode(render(Path(frame["path"]), frame["page"], frame["scale"])).decode("ascii")}


def _boxes(frame: Frame, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    from knowledge.parsers.formats.pdf_picture import boxes

    return {"boxes": boxes(Path(frame["path"]), frame["page"], frame["quote"])}


def _scan(frame: Frame, limits: ParseLimits, replies: IO[bytes], recognise: Any) -> Frame:
    from knowledge.parsers.formats.pdf_scan import scanned_lines

    return {"lines": scanned_lines(Path(frame["path"]), frame["page"], recognise)}


def _recogniser() -> Any:
    from knowledge.parsers.formats.ocr import Recogniser

    return Recogniser()


ACTIONS = {"parse": _parse, "render": _render, "boxes": _boxes, "scan": _scan}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
