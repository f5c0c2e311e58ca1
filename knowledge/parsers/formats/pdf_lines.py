"""The lines of a PDF page as pdfium finds them, with where they stand and how large they are."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2.raw as pdfium_c

from knowledge.parsers.formats.pdf_hidden import hidden_characters

HYPHEN = "\ufffe"  # what pdfium puts for a hyphen that ends a line
MIN_LETTER_POINTS = 1.5  # points; nobody can read smaller letters
BOLD = 600
CELL_GAP = 0.9  # of the height of a line: wider than any space between words
LONGEST_CELL = 60  # letters; what is longer is a column of running text


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class PdfLine:
    """Coordinates are points from the lower left corner of the page."""

    text: str
    left: float = 0
    bottom: float = 0
    right: float = 0
    top: float = 0
    bold: bool = False
    hyphenated: bool = False  # the last word goes on in the next line
    cells: tuple[Cell, ...] = ()  # what wide gaps part, where there are such

    @property
    def height(self) -> float:
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class PageLines:
    lines: tuple[PdfLine, ...]
    width: float
    height: float
    picture: float  # the share of the page that pictures cover
    hid_text: bool = False
    recognised: bool = False  # by the recogniser, whose boxes tell sizes only roughly


def page_lines(page) -> PageLines:
    """Of a pypdfium2 page. What a reader of the page cannot see is left out."""
    width, height = page.get_size()
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_range()
        hidden, picture = hidden_characters(page, text_page, width, height)
        kept = [(line, seen) for line, seen in _lines(text_page.raw, text, hidden, page)]
    finally:
        text_page.close()
    lines = tuple(line for line, seen in kept if seen and line.text.strip())
    return PageLines(
        lines, width, height, picture, bool(hidden) or len(lines) < sum(bool(line.text.strip()) for line, _ in kept)
    )


def _lines(raw, text: str, hidden: frozenset[int], page) -> Iterator[tuple[PdfLine, bool]]:
    box = page.get_bbox()
    wide = not text.isascii() and any(ord(character) > 0xFFFF for character in text)
    start = 0
    while start < len(text):
        end, after, hyphenated = _line_end(text, start)
        content = text[start:end]
        if content.strip():
            first = start + len(content) - len(content.lstrip())
            last = end - 1 - (len(content) - len(content.rstrip()))
            a, b = (_character(raw, text, at, wide) for at in (first, last))
            cells = _cells(raw, text, first, last + 1, a, b, wide) if not hidden else ()
            if hidden:
                content = "".join(
                    c for at, c in enumerate(content, start) if _character(raw, text, at, wide) not in hidden
                )
            yield _line(raw, content, a, b, hyphenated, box, cells)
        start = after


def _cells(raw, text: str, start: int, end: int, a: int, b: int, wide: bool) -> tuple[Cell, ...]:
    """Looks at each letter only where the parts that pdfium drew at once stand far apart."""
    parts = pdfium_c.FPDFText_CountRects(raw, a, b - a + 1)
    if parts < 2 or not _has_wide_gap(raw, parts):
        return ()
    cells: list[Cell] = []
    begin, left, right = start, 0.0, 0.0
    for at in range(start, end):
        if text[at].isspace():
            continue
        box = _box(raw, _character(raw, text, at, wide))
        if at > start and box[0] - right > CELL_GAP * max(box[3] - box[1], 1):
            cells.append(Cell(text[begin:at].strip(), left, right))
            begin = at
        left = box[0] if begin == at else left
        right = box[2]
    cells.append(Cell(text[begin:end].strip(), left, right))
    return tuple(cells) if len(cells) > 1 and all(len(cell.text) <= LONGEST_CELL for cell in cells) else ()


def _has_wide_gap(raw, parts: int) -> bool:
    before = None
    for number in range(parts):
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        pdfium_c.FPDFText_GetRect(raw, number, left, top, right, bottom)
        if before is not None and left.value - before > 0.5 * abs(top.value - bottom.value):
            return True
        before = right.value
    return False


def _line_end(text: str, start: int) -> tuple[int, int, bool]:
    """Where the line ends, where the next begins, and whether a word goes on."""
    newline, hyphen = text.find("\r\n", start), text.find(HYPHEN, start)
    newline = len(text) if newline < 0 else newline
    if 0 <= hyphen < newline:
        return hyphen, hyphen + 1, True
    return newline, newline + 2, False


def _character(raw, text: str, at: int, wide: bool) -> int:
    """pdfium's number of a character; its text leaves some characters out and counts in UTF-16."""
    if wide:
        at = len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
    return pdfium_c.FPDFText_GetCharIndexFromTextIndex(raw, at)


def _line(
    raw,
    content: str,
    a: int,
    b: int,
    hyphenated: bool,
    page_box: tuple[float, float, float, float],
    cells: tuple[Cell, ...],
) -> tuple[PdfLine, bool]:
    first, last = _box(raw, a), _box(raw, b)
    left, right = min(first[0], last[0]), max(first[2], last[2])
    bottom, top = min(first[1], last[1]), max(first[3], last[3])
    if top - bottom > 2.2 * max(first[3] - first[1], 1):  # a raised or lowered last letter says nothing about the line
        bottom, top = first[1], first[3]
    bold = pdfium_c.FPDFText_GetFontWeight(raw, a) >= BOLD and pdfium_c.FPDFText_GetFontWeight(raw, b) >= BOLD
    bold = bold or (len(content) < 120 and "bold" in _font(raw, a) and "bold" in _font(raw, b))
    x0, y0, x1, y1 = page_box
    seen = (
        max(top - bottom, right - left) >= MIN_LETTER_POINTS and right > x0 and left < x1 and top > y0 and bottom < y1
    )
    return PdfLine(content.strip(), left, bottom, right, top, bold, hyphenated, cells), seen


def _box(raw, index: int) -> tuple[float, float, float, float]:
    box = pdfium_c.FS_RECTF()
    if index < 0 or not pdfium_c.FPDFText_GetLooseCharBox(raw, index, box):
        return 0.0, 0.0, 0.0, 0.0
    return box.left, box.bottom, box.right, box.top


def _font(raw, index: int) -> str:
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(raw, index, name, 128, flags)
    return name.value.decode("utf-8", errors="ignore").lower()
