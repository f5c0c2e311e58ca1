"""PDF pages as pictures, and where a quote stands on them: what the viewer shows.

pdfium is not thread-safe and the files are strangers', so both happen in a child process of their own, one request at a
time behind a lock. It leaves after a minute without work.
"""

from __future__ import annotations

import base64
import threading
from pathlib import Path

from knowledge.parsers.base import ParseFailed, ParseLimits
from knowledge.parsers.wire import Frame, failure_from_wire
from knowledge.parsing import WarmChild

MEDIA_TYPE = "image/webp"
LIMITS = ParseLimits(wall_seconds=20, processor_seconds=15, files_per_child=1000, niceness=0)
IDLE_SECONDS = 60
READER_IDLE_SECONDS = 15
READER_SECONDS = 60  # for a page, the loading of the models included

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom as fractions of the page, 0 to 1

ScannedLine = tuple[str, Rectangle]

_child = WarmChild(LIMITS, idle=IDLE_SECONDS)
_lock = threading.Lock()
# Its models take half a gigabyte, so it leaves soon; one page at a time, however many wait.
_reader = WarmChild(LIMITS, idle=READER_IDLE_SECONDS, ocr=True)
_reader_lock = threading.Lock()


def render_page(path: Path, number: int, scale: float = 2.0) -> bytes:
    """Page `number`, from 1, as WebP; scale 1 is 72 dots an inch. Raises `ParseFailed`. Blocks: call it in a thread."""
    reply = _ask({"do": "render", "page": number, "scale": scale}, path)
    return base64.b64decode(reply["picture"])


def page_boxes(path: Path, number: int, quote: str) -> list[Rectangle]:
    """The lines of the page on which the quote stands; none on a scan. Raises `ParseFailed`. Blocks."""
    reply = _ask({"do": "boxes", "page": number, "quote": quote}, path)
    return [(left, top, right, bottom) for left, top, right, bottom in reply["boxes"]]


def scanned_lines(path: Path, number: int) -> list[ScannedLine]:
    """The lines of a page that is a picture, read again for where they stand. Takes seconds. Raises `ParseFailed`."""
    reply = _ask({"do": "scan", "page": number}, path, _reader, _reader_lock, READER_SECONDS)
    return [(text, (left, top, right, bottom)) for text, left, top, right, bottom in reply["lines"]]


def close() -> None:
    for child, lock in ((_child, _lock), (_reader, _reader_lock)):
        with lock:
            child.close()


def _ask(
    request: Frame,
    path: Path,
    child: WarmChild = _child,
    lock: threading.Lock = _lock,
    seconds: float = LIMITS.wall_seconds,
) -> Frame:
    if not lock.acquire(timeout=seconds):
        raise ParseFailed("busy", "Other pages are being read.", "Try again in a moment.", permanent=False)
    try:
        reply = child.ask(request, path=path, seconds=seconds)
    finally:
        lock.release()
    if "failed" in reply:
        raise failure_from_wire(reply["failed"])
    return reply
