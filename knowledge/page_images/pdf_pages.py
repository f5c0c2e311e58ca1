"""PDF pages as pictures, and where a quote stands on them: what the viewer shows.

pdfium is not thread-safe and the files are strangers', so both happen in confined children
(knowledge/page_images/render_pool.py). They leave after a minute without work.
"""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import metadata
from pathlib import Path

from knowledge.page_images.render_pool import PageChildren
from knowledge.parsers.base import ParseLimits

MEDIA_TYPE = "image/webp"
# A page costs 3 s of processor time at most; on a busy machine that is more by the clock. Answering comes first.
LIMITS = ParseLimits(processor_seconds=3, wall_seconds=15, files_per_child=1000, niceness=10)
WAIT_SECONDS = 15.0  # for its turn
IDLE_SECONDS = 60
MAX_CONCURRENT_PAGES = 2  # pages of different tenants
MAX_IDLE_CHILDREN = 4  # children, 35 MiB each, for tenants that read at the same time: starting one takes 150 ms
READER_LIMITS = ParseLimits(ocr_wall_seconds=60, files_per_child=1000, niceness=10)
READER_IDLE_SECONDS = 15
REVISION = 1  # of how we draw; a new number makes pages that failed be tried again

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom as fractions of the page, 0 to 1

ScannedLine = tuple[str, Rectangle]

# For those who wait without blocking a loop: nearly all only wait for their turn, and one tenant has few of them.
threads = ThreadPoolExecutor(max_workers=128, thread_name_prefix="page")

_children = PageChildren(LIMITS, places=MAX_CONCURRENT_PAGES, max_idle=MAX_IDLE_CHILDREN, idle=IDLE_SECONDS)
# Its models take half a gigabyte, so it leaves soon; one page at a time, however many wait.
_readers = PageChildren(READER_LIMITS, places=1, max_idle=1, idle=READER_IDLE_SECONDS, ocr=True)


def render_page(
    path: Path, number: int, scale: float = 2.0, *, tenant: object = None, wait: float = WAIT_SECONDS
) -> bytes:
    """Page `number`, from 1, as WebP; scale 1 is 72 dots an inch. `wait` is for its turn, in seconds. Raises `ParseFailed`.
    Blocks: call it in a thread."""
    request = {"do": "render", "page": number, "scale": scale}
    reply = _children.ask(request, path, tenant, wait=wait, seconds=LIMITS.wall_seconds)
    return base64.b64decode(reply["picture"])


def page_boxes(
    path: Path, number: int, quote: str, *, tenant: object = None, wait: float = WAIT_SECONDS
) -> list[Rectangle]:
    """The lines of the page on which the quote stands; none on a scan. Raises `ParseFailed`. Blocks."""
    request = {"do": "boxes", "page": number, "quote": quote}
    reply = _children.ask(request, path, tenant, wait=wait, seconds=LIMITS.wall_seconds)
    return [(left, top, right, bottom) for left, top, right, bottom in reply["boxes"]]


def scanned_lines(path: Path, number: int, tenant: object = None) -> list[ScannedLine]:
    """The lines of a page that is a picture, read again for where they stand. Takes seconds. Raises `ParseFailed`."""
    request, seconds = {"do": "scan", "page": number}, READER_LIMITS.ocr_wall_seconds
    reply = _readers.ask(request, path, tenant, wait=seconds, seconds=seconds)
    return [(text, (left, top, right, bottom)) for text, left, top, right, bottom in reply["lines"]]


@cache
def renderer() -> str:
    """Which library and which of our revisions draws: what one could not draw, another may."""
    return f"{metadata.version('pypdfium2')}-{REVISION}"


def close() -> None:
    _children.close()
    _readers.close()
