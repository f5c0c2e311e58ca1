"""PDF pages as pictures, and where a quote stands on them: what the viewer shows.

pdfium is not thread-safe and the files are strangers', so both happen in a child process of their own, one request at a
time behind a lock. It leaves after a minute without work.
"""

from __future__ import annotations

import base64
import threading
from pathlib import Path

from knowledge.parsers.base import ParseLimits
from knowledge.parsers.wire import Frame, failure_from_wire
from knowledge.parsing import WarmChild

MEDIA_TYPE = "image/webp"
LIMITS = ParseLimits(wall_seconds=20, processor_seconds=15, files_per_child=1000, niceness=0)
IDLE_SECONDS = 60

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom as fractions of the page, 0 to 1

_child = WarmChild(LIMITS, idle=IDLE_SECONDS)
_lock = threading.Lock()


def render_page(path: Path, number: int, scale: float = 2.0) -> bytes:
    """Page `number`, from 1, as WebP; scale 1 is 72 dots an inch. Raises `ParseFailed`. Blocks: call it in a thread."""
    reply = _ask({"do": "render", "path": str(Path(path).resolve()), "page": number, "scale": scale})
    return base64.b64decode(reply["picture"])


def page_boxes(path: Path, number: int, quote: str) -> list[Rectangle]:
    """The lines of the page on which the quote stands; none on a scan. Raises `ParseFailed`. Blocks."""
    reply = _ask({"do": "boxes", "path": str(Path(path).resolve()), "page": number, "quote": quote})
    return [(left, top, right, bottom) for left, top, right, bottom in reply["boxes"]]


def close() -> None:
    with _lock:
        _child.close()


def _ask(request: Frame) -> Frame:
    with _lock:
        reply = _child.ask(request, seconds=LIMITS.wall_seconds)
    if "failed" in reply:
        raise failure_from_wire(reply["failed"])
    return reply
