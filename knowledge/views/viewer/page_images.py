"""Pages of a PDF as pictures, kept on disk once drawn, and the places on them that are marked."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import Http404

from knowledge.library import storage
from knowledge.models import Version
from knowledge.page_images import failed_pages, pdf_pages
from knowledge.page_images.pdf_pages import ScannedLine
from knowledge.parsers.base import ParseFailed
from knowledge.views.viewer import scan_quotes
from knowledge.views.viewer.text_layout import TextMark

PDF = "application/pdf"
ENDING = pdf_pages.MEDIA_TYPE.partition("/")[2]
A4 = (1190, 1684)
UNITS = 1000  # of the drawing over a page, in both directions
BRIEFLY = 1.0  # seconds that the page of a document waits for its turn
AIR = 5  # units between the words and the ring that shows the focus


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Marked:
    """A cited stretch on one page. On a scan its words are shown as they were read, with or without their place."""

    number: int
    focus: bool
    text: str
    boxes: tuple[Box, ...]
    scanned: bool = False

    @property
    def top(self) -> str:
        return f"{self.boxes[0].y / UNITS:.2%}" if self.boxes else "0%"

    @property
    def around(self) -> dict[str, str]:
        """The smallest frame around all its lines, in per cent of the page."""
        left, top = min(box.x for box in self.boxes), min(box.y for box in self.boxes)
        right, bottom = max(box.x + box.width for box in self.boxes), max(box.y + box.height for box in self.boxes)
        sides = {"x": left - AIR, "y": top - AIR, "width": right - left + 2 * AIR, "height": bottom - top + 2 * AIR}
        return {name: f"{100 * side / UNITS:.2f}%" for name, side in sides.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    page: int
    width: int
    height: int
    marks: tuple[Marked, ...] = ()
    unread: bool = False  # a scan whose lines nobody has asked for yet
    failed: bool = False  # it could not be drawn, and that is remembered


def has_pictures(version: Version) -> bool:
    return version.media_type == PDF and version.page_count > 0 and version.is_searchable


def picture(version: Version, page: int, wait: float = pdf_pages.WAIT_SECONDS) -> bytes:
    """From the disk, or drawn now, after `wait` seconds for its turn at most. Raises `Http404` for a page that does not
    exist and `ParseFailed` for one that cannot be drawn, at once while the last failure is remembered."""
    if not 1 <= page <= version.page_count:
        raise Http404
    path = _folder(version.tenant_id, version.document_id) / f"{version.number}-{page}.{ENDING}"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    with failed_pages.remembered(version, page, failed_pages.DRAWING), storage.local_path(version.blob) as original:
        data = pdf_pages.render_page(original, page, tenant=version.tenant_id, wait=wait)
    _write_cached(path, data)
    return data


def window(version: Version, text: str, pages: Sequence, page: int, marks: Sequence[TextMark], at_once: int) -> dict:
    """The sheets of a PDF around one page, with boxes where something is marked."""
    try:
        width, height = _size(picture(version, page, BRIEFLY)) or A4
    except ParseFailed:
        width, height = A4
    numbers = [span[0] for span in pages]
    first = max(0, numbers.index(page) - at_once // 2) if len(numbers) > at_once else 0
    shown = pages[first : first + at_once]
    failed = failed_pages.among(version, [span[0] for span in shown])
    return {
        "sheets": [_sheet(version, text, span, marks, width, height, failed) for span in shown],
        "earlier_page": numbers[max(0, first - at_once // 2)] if first else None,
        "later_page": numbers[first + at_once] if first + at_once < len(numbers) else None,
    }


def sheet_of(version: Version, text: str, pages: Sequence, page: int, marks: Sequence[TextMark]) -> Sheet | None:
    """One page that has marks, for the drawing over it."""
    span = next((span for span in pages if span[0] == page), None)
    sheet = _sheet(version, text, span, marks) if span else None
    return sheet if sheet and sheet.marks else None


def read_scan(version: Version, page: int) -> None:
    """Where the lines of a scan stand, kept for whoever looks at it next. Blocks for seconds; may raise ParseFailed."""
    lines = scan_quotes.read_lines(version, page)
    _write_cached(_lines_path(version, page), json.dumps(lines).encode())


def forget(tenant_id: UUID, document_ids: Sequence[UUID]) -> int:
    """Called while documents are erased: pictures of them go with their files."""
    gone = 0
    for document_id in document_ids:
        folder = _folder(tenant_id, document_id)
        if folder.exists():
            gone += sum(1 for _ in folder.iterdir())
            shutil.rmtree(folder)
    return gone


def _sheet(
    version: Version,
    text: str,
    span: Sequence,
    marks: Sequence[TextMark],
    width: int = 0,
    height: int = 0,
    failed: Collection[int] = (),
) -> Sheet:
    page, start, end, *_ = span
    here = [mark for mark in marks if mark.start < end and mark.end > start]
    lines = scan_quotes.cached_lines(_lines_path(version, page)) if here else None
    marked = tuple(_marked(version, page, text[max(m.start, start) : min(m.end, end)], m, lines or ()) for m in here)
    return Sheet(page, width, height, marked, lines is None and any(not mark.boxes for mark in marked), page in failed)


def _marked(version: Version, page: int, quote: str, mark: TextMark, lines: Sequence[ScannedLine]) -> Marked:
    try:
        with failed_pages.remembered(version, page, failed_pages.MARKING), storage.local_path(version.blob) as original:
            quote_boxes = pdf_pages.page_boxes(original, page, quote, tenant=version.tenant_id, wait=BRIEFLY)
    except ParseFailed:
        quote_boxes = []
    scanned = not quote_boxes
    if scanned:
        quote_boxes = scan_quotes.find(lines, quote)
    boxes = tuple(
        Box(*(round(UNITS * part, 1) for part in (left, top, right - left, bottom - top)))
        for left, top, right, bottom in quote_boxes
    )
    return Marked(mark.number, mark.focus, " ".join(quote.split()), boxes, scanned)


def _size(data: bytes) -> tuple[int, int] | None:
    """Of a WebP, from its first bytes: https://developers.google.com/speed/webp/docs/riff_container"""
    kind = data[12:16]
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _folder(tenant_id: UUID, document_id: UUID) -> Path:
    return Path(settings.DATA_DIR) / "pictures" / str(tenant_id) / str(document_id)


def _lines_path(version: Version, page: int) -> Path:
    return _folder(version.tenant_id, version.document_id) / f"{version.number}-{page}.lines.json"


def _write_cached(path: Path, data: bytes) -> None:
    """Whole or not at all; a full disk costs only that it is drawn again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        return
