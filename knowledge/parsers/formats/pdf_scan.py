"""Where the lines of a scanned page stand on it. Runs in the child process that has the recogniser."""

from __future__ import annotations

from typing import Any

from knowledge.parsers.formats.pdf import for_recogniser
from knowledge.parsers.formats.pdf_picture import open_page
from knowledge.parsers.source import SourceFile

MAX_LINES_PER_PAGE = 2_000  # lines of one page


def scanned_lines(source: SourceFile, number: int, recogniser: Any) -> list[tuple[str, float, float, float, float]]:
    """Text, then left, top, right and bottom as fractions of the page, in reading order. None for a page that lies on
    its side: the recogniser turns it, and the picture that people see does not turn along."""
    document, page = open_page(source, number)
    try:
        picture = for_recogniser(page)
    finally:
        page.close()
        document.close()
    found, across, down = recogniser.read(picture)
    if (across > down) != (picture.shape[1] > picture.shape[0]):
        return []
    return [
        (line.text, line.left / across, line.top / down, line.right / across, line.bottom / down)
        for line in found[:MAX_LINES_PER_PAGE]
    ]
