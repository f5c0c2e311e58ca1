"""Which characters of a PDF page a reader cannot see: drawn without ink, with transparent ink, or white on white."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pypdfium2.raw as pdfium_c

INVISIBLE = (pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP)
NEARLY_WHITE = 248
SCAN = 0.5  # of the page is a picture: then text without ink is what the scanner recognised in it
DRAWN_LETTERS = 60  # shapes on a page without text: letters that a program drew as outlines
MAX_DEPTH = 4
MAX_OBJECTS = 200_000

Box = tuple[float, float, float, float]


def hidden_characters(page, text_page, width: float, height: float) -> tuple[frozenset[int], float]:
    """pdfium's numbers of the hidden characters, and the share of the page that pictures cover."""
    inkless: set[int] = set()
    white: list[tuple[int, Box]] = []
    painted: list[Box] = []
    picture, texts, paths = 0.0, 0, 0
    for item, depth in _objects(page.raw):
        kind = pdfium_c.FPDFPageObj_GetType(item)
        texts += kind == pdfium_c.FPDF_PAGEOBJ_TEXT
        paths += kind == pdfium_c.FPDF_PAGEOBJ_PATH
        if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
            if pdfium_c.FPDFTextObj_GetTextRenderMode(item) in INVISIBLE:
                inkless.add(_address(item))
            else:
                red, green, blue, alpha = _fill(item)
                if alpha == 0:
                    white.append((_address(item), (0, 0, -1, -1)))
                elif depth == 0 and min(red, green, blue) >= NEARLY_WHITE:
                    white.append((_address(item), _bounds(item)))
        elif kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            box = _bounds(item)
            picture = max(picture, _area(box) / max(width * height, 1))
            painted.append(box)
        elif kind == pdfium_c.FPDF_PAGEOBJ_SHADING or (kind == pdfium_c.FPDF_PAGEOBJ_PATH and _is_painted(item)):
            painted.append(_bounds(item))
    if not texts and paths >= DRAWN_LETTERS:
        picture = 1.0
    hidden = {address for address, box in white if not _on_something(box, painted)}
    if picture < SCAN:
        hidden |= inkless
    if not hidden:
        return frozenset(), picture
    count = pdfium_c.FPDFText_CountChars(text_page.raw)
    return frozenset(
        i for i in range(count) if _address(pdfium_c.FPDFText_GetTextObject(text_page.raw, i)) in hidden
    ), picture


def _objects(page) -> Iterator[tuple[object, int]]:
    waiting = [
        (pdfium_c.FPDFPage_GetObject(page, i), 0) for i in range(min(pdfium_c.FPDFPage_CountObjects(page), MAX_OBJECTS))
    ]
    seen = len(waiting)
    while waiting:
        item, depth = waiting.pop()
        yield item, depth
        if depth < MAX_DEPTH and pdfium_c.FPDFPageObj_GetType(item) == pdfium_c.FPDF_PAGEOBJ_FORM:
            inside = min(pdfium_c.FPDFFormObj_CountObjects(item), MAX_OBJECTS - seen)
            seen += max(inside, 0)
            waiting += [(pdfium_c.FPDFFormObj_GetObject(item, i), depth + 1) for i in range(inside)]


def _address(item) -> int:
    return ctypes.cast(item, ctypes.c_void_p).value or 0


def _fill(item) -> tuple[int, int, int, int]:
    parts = [ctypes.c_uint() for _ in range(4)]
    if not pdfium_c.FPDFPageObj_GetFillColor(item, *parts):
        return 0, 0, 0, 255
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _is_painted(path) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium_c.FPDFPath_GetDrawMode(path, mode, stroke) or mode.value == 0:
        return False
    red, green, blue, alpha = _fill(path)
    return alpha > 0 and min(red, green, blue) < NEARLY_WHITE


def _bounds(item) -> Box:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium_c.FPDFPageObj_GetBounds(item, left, bottom, right, top):
        return 0.0, 0.0, 0.0, 0.0
    return left.value, bottom.value, right.value, top.value


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _on_something(box: Box, painted: list[Box]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return box[2] >= box[0] and any(a <= x <= c and b <= y <= d for a, b, c, d in painted)
