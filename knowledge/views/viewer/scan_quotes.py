"""Quotes on scanned pages: the recogniser says where its lines stand, and a quote is found again among them.

Reading a page takes seconds, so the lines are kept beside its picture, and the viewer asks for them after it is open.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from knowledge.library import storage
from knowledge.models import Version
from knowledge.page_images import failed_pages, pdf_pages
from knowledge.page_images.pdf_pages import Rectangle, ScannedLine
from knowledge.parsers.base import ParseFailed

SHORTEST = 6  # letters; less of a quote is found anywhere


def cached_lines(path: Path) -> list[ScannedLine] | None:
    """None: this page was not read for it yet."""
    try:
        return [(text, tuple(box)) for text, box in json.loads(path.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError):
        return None


def read_lines(version: Version, page: int) -> list[ScannedLine]:
    """Blocks for seconds. None that can be read is an answer too, so that nobody waits for it twice."""
    try:
        with (
            failed_pages.remembered(version, page, failed_pages.SCANNING),
            storage.local_path(version.blob) as original,
        ):
            return pdf_pages.scanned_lines(original, page, version.tenant_id)
    except ParseFailed as failure:
        if not failure.permanent:
            raise
        return []


def find(lines: Sequence[ScannedLine], quote: str) -> list[Rectangle]:
    """The stretches of lines that the quote covers; the whole quote, or nothing."""
    letters = [
        (letter, number, place)
        for number, (text, _) in enumerate(lines)
        for place, sign in enumerate(text)
        for letter in _folded(sign)
    ]
    wanted = _folded(quote)
    at = "".join(letter for letter, _, _ in letters).find(wanted) if len(wanted) >= SHORTEST else -1
    if at < 0:
        return []
    covered: dict[int, tuple[int, int]] = {}
    for _, number, place in letters[at : at + len(wanted)]:
        covered[number] = (covered.get(number, (place, place))[0], place)
    return [_stretch(*lines[number], *span) for number, span in covered.items()]


def _stretch(text: str, box: Rectangle, first: int, last: int) -> Rectangle:
    """With the full stop behind it. Signs are taken as equally wide, which is near enough for a marker."""
    while last + 1 < len(text) and not text[last + 1].isspace() and not text[last + 1].isalnum():
        last += 1
    left, top, right, bottom = box
    width = (right - left) / len(text)
    return left + first * width, top, left + (last + 1) * width, bottom


def _folded(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())
