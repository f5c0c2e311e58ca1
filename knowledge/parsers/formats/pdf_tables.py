"""Rows of tables among the lines of a page: lines next to each other with wide gaps inside. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from knowledge.parsers.document_builder import DocumentElement, table
from knowledge.parsers.formats.pdf_lines import CELL_GAP, LONGEST_CELL, Cell, PdfLine

WHITE_SPACE = "  "  # between cells, as on the page: a quote of a row reads as it stands there
NO_GAP = 0.12  # of a line's height: parts of one word
FEWEST_ROWS = 2
ROW_GAP = 1.6  # of a line's height between rows of one table

_label = re.compile(r"^(?:[^\w\s]|o|[\uf000-\uf0ff]|\(?\d{1,3}[.)]|\(?[a-z]{1,2}[.)])$")


def rows_joined(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Neighbours at the same height as one line, parts of words joined, cells kept apart."""
    joined: list[PdfLine] = []
    for line in lines:
        last = joined[-1] if joined else None
        gap = line.left - last.right if last else 0.0
        if last is None or not same_row(last, line) or gap < -0.3 * line.height or last.hyphenated:
            joined.append(line)
        elif gap < CELL_GAP * line.height:
            space = "" if gap < NO_GAP * line.height else " "
            joined[-1] = _merged(
                last,
                line,
                space,
                [*_cells(last)[:-1], _one(_cells(last)[-1], _cells(line)[0], space), *_cells(line)[1:]],
            )
        elif all(len(cell.text) <= LONGEST_CELL for cell in (*_cells(last), *_cells(line))):
            joined[-1] = _merged(last, line, " ", [*_cells(last), *_cells(line)])
        else:
            joined.append(line)
    return [_without_label(line) for line in joined]


def _without_label(line: PdfLine) -> PdfLine:
    """The mark of a list item stands apart from its text, but that makes no table."""
    if not line.cells or not _label.match(line.cells[0].text):
        return line
    cells = (_one(line.cells[0], line.cells[1], " "), *line.cells[2:])
    return replace(line, cells=cells if len(cells) > 1 else ())


def table_at(lines: Sequence[PdfLine], start: int) -> int:
    """Where the table that begins with this line ends; `start` if none does."""
    if len(lines[start].cells) < 2:
        return start
    end, rows = start + 1, 1
    while end < len(lines) and _near(lines[end - 1], lines[end]):
        if len(lines[end].cells) >= 2:
            rows += 1
        elif not (
            end + 1 < len(lines)
            and len(lines[end + 1].cells) >= 2
            and _near(lines[end], lines[end + 1])
            and _fits(lines[end], lines[start:end])
        ):
            break
        end += 1
    return end if rows >= FEWEST_ROWS else start


def table_pieces(lines: Sequence[PdfLine]) -> Iterator[DocumentElement]:
    columns = max((_cells(line) for line in lines), key=len)
    rows = []
    for line in lines:
        row = [""] * len(columns)
        for cell in _cells(line):
            best = min(range(len(columns)), key=lambda i: _distance(cell, columns[i]))
            row[best] = f"{row[best]} {cell.text}".strip()
        rows.append(row)
    has_header = (
        len(rows) > 2
        and not any(letter.isdigit() for cell in rows[0] for letter in cell)
        and sum(map(bool, rows[0])) >= 2
    )
    return table(rows, has_header=has_header, separator=WHITE_SPACE)


def same_row(one: PdfLine, other: PdfLine) -> bool:
    return one.height > 0 and min(one.top, other.top) - max(one.bottom, other.bottom) > 0.5 * min(
        one.height, other.height
    )


def _cells(line: PdfLine) -> tuple[Cell, ...]:
    return line.cells or (Cell(line.text, line.left, line.right),)


def _one(last: Cell, first: Cell, space: str) -> Cell:
    return Cell(last.text + space + first.text, last.left, first.right)


def _merged(last: PdfLine, line: PdfLine, space: str, cells: Sequence[Cell]) -> PdfLine:
    return replace(
        last,
        text=last.text + space + line.text,
        right=max(last.right, line.right),
        bottom=min(last.bottom, line.bottom),
        top=max(last.top, line.top),
        bold=last.bold and line.bold,
        hyphenated=line.hyphenated,
        cells=tuple(cells) if len(cells) > 1 else (),
    )


def _near(above: PdfLine, below: PdfLine) -> bool:
    return above.height > 0 and -0.5 * above.height < above.bottom - below.top < ROW_GAP * max(
        above.height, below.height
    )


def _fits(line: PdfLine, rows: Sequence[PdfLine]) -> bool:
    """A lone cell, as of a text that goes on in the next line of its column; not a paragraph below the table."""
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    return line.left >= left - 2 and line.right - line.left < 0.5 * (right - left)


def _distance(cell: Cell, column: Cell) -> float:
    overlap = min(cell.right, column.right) - max(cell.left, column.left)
    return -overlap if overlap > 0 else min(abs(cell.left - column.left), abs(cell.right - column.right))
