"""A PDF page as a picture, and where a quote stands on it. Runs in the child process: pdfium reads strangers' files."""

from __future__ import annotations

import ctypes
import io
import re
import unicodedata

import pypdfium2.raw as pdfium_c

from knowledge.parsers.base import ParseFailed
from knowledge.parsers.formats.pdf import open_pdf
from knowledge.parsers.source import SourceFile

MAX_PIXELS = 16_000_000
MIN_SCALE, MAX_SCALE = 0.1, 5.0
QUALITY = 82
UNIT = 100_000  # device coordinates are whole numbers; fractions of a page need room
SHORTEST_PART = 10  # letters; a shorter part of a quote is found anywhere

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom as fractions of the page

_parts = re.compile(r"\n|(?<=[.!?\u3002])\s+")


def render(source: SourceFile, number: int, scale: float) -> bytes:
    """The page as WebP; scale 1 is 72 dots an inch."""
    document, page = open_page(source, number)
    try:
        width, height = page.get_size()
        scale = min(max(scale, MIN_SCALE), MAX_SCALE, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
        picture = page.render(scale=scale).to_pil().convert("RGB")
        written = io.BytesIO()
        picture.save(written, "WEBP", quality=QUALITY, method=2)
        return written.getvalue()
    finally:
        page.close()
        document.close()


def boxes(source: SourceFile, number: int, quote: str) -> list[Rectangle]:
    """The lines of the quote on the page; none if it does not stand there as text."""
    document, page = open_page(source, number)
    text_page = page.get_textpage()
    try:
        letters, places = _letters(text_page.raw)
        spans = _spans(letters, quote)
        found = [
            box for start, end in spans for box in _rectangles(page, text_page.raw, places[start], places[end - 1] + 1)
        ]
        return _merged(found)
    finally:
        text_page.close()
        page.close()
        document.close()


def open_page(source: SourceFile, number: int):
    document = open_pdf(source)
    if not 1 <= number <= len(document):
        document.close()
        raise ParseFailed("no_such_page", f"The document has no page {number}.", "Choose another page.")
    if document.get_formtype() != pdfium_c.FORMTYPE_NONE:
        document.init_forms()
    return document, document[number - 1]


def _letters(raw) -> tuple[str, list[int]]:
    """Letters and figures of the page without anything between them, and pdfium's number of each."""
    letters: list[str] = []
    places: list[int] = []
    high = 0
    for index in range(pdfium_c.FPDFText_CountChars(raw)):
        code = pdfium_c.FPDFText_GetUnicode(raw, index)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code, high = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00), 0
        for letter in _folded(chr(code)) if code <= 0x10FFFF else "":
            letters.append(letter)
            places.append(index)
    return "".join(letters), places


def _folded(text: str) -> str:
    """So that spacing, hyphens at line ends, ligatures and cell marks make no difference."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _spans(letters: str, quote: str) -> list[tuple[int, int]]:
    """The whole quote, or those of its lines and sentences that stand on this page."""
    whole = _folded(quote)
    if not whole:
        return []
    if (at := letters.find(whole)) >= 0:
        return [(at, at + len(whole))]
    spans, start = [], 0
    for part in map(_folded, _parts.split(quote)):
        if len(part) >= SHORTEST_PART and (at := letters.find(part, start)) >= 0:
            spans.append((at, at + len(part)))
            start = at + len(part)
    return spans


def _rectangles(page, raw, start: int, end: int) -> list[Rectangle]:
    found = []
    for number in range(pdfium_c.FPDFText_CountRects(raw, start, end - start)):
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        if pdfium_c.FPDFText_GetRect(raw, number, left, top, right, bottom):
            a, b = _on_device(page, left.value, top.value), _on_device(page, right.value, bottom.value)
            box = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
            found.append(tuple(round(min(max(value, 0.0), 1.0), 5) for value in box))
    return found  # type: ignore[return-value]


def _on_device(page, x: float, y: float) -> tuple[float, float]:
    """As fractions of the page as it is shown, turned and cropped."""
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDF_PageToDevice(page.raw, 0, 0, UNIT, UNIT, 0, x, y, across, down)
    return across.value / UNIT, down.value / UNIT


def _merged(rectangles: list[Rectangle]) -> list[Rectangle]:
    """One rectangle a line, where words of it touch."""
    merged: list[Rectangle] = []
    for box in rectangles:
        if box[2] - box[0] <= 0 or box[3] - box[1] <= 0:
            continue
        last = merged[-1] if merged else None
        if (
            last
            and min(last[3], box[3]) - max(last[1], box[1]) > 0.5 * min(last[3] - last[1], box[3] - box[1])
            and box[0] - last[2] < 0.03
            and box[2] > last[0]
        ):
            merged[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            merged.append(box)
    return merged
