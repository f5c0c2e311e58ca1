"""A document rebuilt for reading, from its canonical text and blocks, with cited stretches marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from knowledge.text.leaves import Entry, Leaf


@dataclass(frozen=True, slots=True)
class TextMark:
    """A cited stretch. `number` is 0 where it has none (a passage that was found by searching)."""

    start: int
    end: int
    number: int = 0
    focus: bool = True


@dataclass(frozen=True, slots=True)
class MarkedRun:
    """Text that is or is not marked. `first` and `last` say whether the quote begins or ends here."""

    text: str
    mark: TextMark | None = None
    first: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class TextLine:
    """Runs with the numbers of the marks that begin in them, which stand in the margin."""

    runs: tuple[MarkedRun, ...]
    numbers: tuple[TextMark, ...] = ()
    level: int = 0
    head: bool = False
    cells: tuple[TextLine, ...] = ()


@dataclass(frozen=True, slots=True)
class LayoutBlock:
    kind: str  # heading, paragraph, list, table, code
    start: int
    lines: tuple[TextLine, ...]
    level: int = 0

    @property
    def line(self) -> TextLine:
        return self.lines[0]

    @property
    def numbers(self) -> tuple[TextMark, ...]:
        return tuple(mark for line in self.lines for mark in line.numbers)


def pieces(text: str, leaf: Leaf, marks: Iterable[TextMark]) -> list[LayoutBlock]:
    marks = sorted((mark for mark in marks if mark.start < leaf.end and mark.end > leaf.start), key=lambda m: m.start)
    found, begun = [], {mark for mark in marks if mark.start < leaf.start}
    for kind, group in groupby(leaf.blocks, key=_group_kind):
        together = list(group)
        if kind in ("list", "table"):
            found.append(
                LayoutBlock(kind, together[0][1], tuple(_line(text, block, marks, begun) for block in together))
            )
        else:
            found += [
                LayoutBlock(block[0], block[1], (_line(text, block, marks, begun),), block[3]) for block in together
            ]
    return found


def page_at(pages: Sequence, offset: int) -> int:
    for number, _, end, *_ in pages:
        if offset < end:
            return number
    return pages[-1][0] if pages else 1


def heading_at(entries: Sequence[Entry], offset: int) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.start <= offset), None)


def _group_kind(block: tuple) -> str:
    return {"list_item": "list", "table_row": "table", "table_header": "table"}.get(block[0], block[0])


def _line(text: str, block: tuple, marks: list[TextMark], begun: set[TextMark]) -> TextLine:
    kind, start, end, level, *rest = block
    cells = rest[0] if rest else ()
    if cells:
        inner = tuple(_runs(text, a, b, marks, begun) for a, b in cells)
        numbers = tuple(mark for line in inner for mark in line.numbers)
        return TextLine((), numbers, level, kind == "table_header", inner)
    line = _runs(text, start, end, marks, begun)
    return TextLine(line.runs, line.numbers, level, kind == "table_header")


def _runs(text: str, start: int, end: int, marks: list[TextMark], begun: set[TextMark]) -> TextLine:
    """`begun` holds the marks whose first words were shown already; a mark may run over several blocks."""
    runs, numbers, at = [], [], start
    for mark in marks:
        begin, stop = max(mark.start, at), min(mark.end, end)
        if begin >= stop:
            continue
        if begin > at:
            runs.append(MarkedRun(text[at:begin]))
        first = mark not in begun
        runs.append(MarkedRun(text[begin:stop], mark, first, mark.end <= end))
        if first:
            begun.add(mark)
            numbers.append(mark)
        at = stop
    if at < end:
        runs.append(MarkedRun(text[at:end]))
    return TextLine(tuple(runs), tuple(numbers))
