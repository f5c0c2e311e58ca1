"""A document rebuilt for reading, from its canonical text and blocks, with cited stretches marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

DEEPEST = 3  # levels of headings that look different
LEAF = 9_000  # characters of one leaf: what is sent and shown at once; a page may have several


@dataclass(frozen=True, slots=True)
class Mark:
    """A cited stretch. `number` is 0 where it has none (a passage that was found by searching)."""

    start: int
    end: int
    number: int = 0
    focus: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """Text that is or is not marked. `first` and `last` say whether the quote begins or ends here."""

    text: str
    mark: Mark | None = None
    first: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Runs with the numbers of the marks that begin in them, which stand in the margin."""

    runs: tuple[Run, ...]
    numbers: tuple[Mark, ...] = ()
    level: int = 0
    head: bool = False
    cells: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    kind: str  # heading, paragraph, list, table, code
    start: int
    lines: tuple[Line, ...]
    level: int = 0

    @property
    def line(self) -> Line:
        return self.lines[0]

    @property
    def numbers(self) -> tuple[Mark, ...]:
        return tuple(mark for line in self.lines for mark in line.numbers)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A stretch of one page, whole blocks."""

    page: int
    label: str
    start: int
    end: int
    first: bool  # of its page
    blocks: tuple[tuple, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents."""

    title: str
    page: int
    level: int
    start: int


def leaves(text: str, pages: Sequence, blocks: Sequence) -> list[Leaf]:
    """`pages` and `blocks` as knowledge.models.Content keeps them."""
    pages = pages or [[1, 0, len(text), ""]]
    found, at = [], 0
    blocks = _without_gaps(sorted(blocks, key=lambda block: block[1]))
    for number, start, end, *rest in pages:
        label = rest[0] if rest else ""
        own = []
        while at < len(blocks) and blocks[at][1] < end:
            if blocks[at][1] >= start:
                own.append(tuple(blocks[at]))
            at += 1
        own = _complete(text, start, end, own)
        found += _cut(number, label, start, end, own)
    return found


def pieces(text: str, leaf: Leaf, marks: Iterable[Mark]) -> list[Piece]:
    marks = sorted((mark for mark in marks if mark.start < leaf.end and mark.end > leaf.start), key=lambda m: m.start)
    found, begun = [], {mark for mark in marks if mark.start < leaf.start}
    for kind, group in groupby(leaf.blocks, key=_kept_together):
        together = list(group)
        if kind in ("list", "table"):
            found.append(Piece(kind, together[0][1], tuple(_line(text, block, marks, begun) for block in together)))
        else:
            found += [Piece(block[0], block[1], (_line(text, block, marks, begun),), block[3]) for block in together]
    return found


def contents(
    text: str, pages: Sequence, blocks: Sequence, *, title: str = "", deepest: int = 3, longest: int = 400
) -> list[Entry]:
    """From the headings, without the title's own; a workbook or a deck without any has its sheets or slides."""
    spans = pages or [[1, 0, len(text), ""]]
    heads = [block for block in blocks if block[0] == "heading" and block[3] <= deepest][:longest]
    found, at = [], 0
    for _, start, end, level, *_ in sorted(heads, key=lambda block: block[1]):
        while at + 1 < len(spans) and spans[at + 1][1] <= start:
            at += 1
        words = " ".join(text[start:end].split())
        if words and (found or words.casefold() != title.casefold()):
            found.append(Entry(words[:160], spans[at][0], level, start))
    if not found and len(spans) > 1:
        found = [Entry(span[3] or f"Page {span[0]}", span[0], 1, span[1]) for span in spans[:longest]]
    return _from_level_one(found)


def page_at(pages: Sequence, offset: int) -> int:
    for number, _, end, *_ in pages:
        if offset < end:
            return number
    return pages[-1][0] if pages else 1


def heading_at(entries: Sequence[Entry], offset: int) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.start <= offset), None)


def _without_gaps(blocks: Sequence) -> list[tuple]:
    """Headings from level 1 on, none more than one deeper than the one before: what a screen reader can walk."""
    order = {level: rank for rank, level in enumerate(sorted({b[3] for b in blocks if b[0] == "heading"}), 1)}
    found, last = [], 0
    for kind, start, end, level, *rest in blocks:
        if kind == "heading":
            level = last = min(order[level], last + 1, DEEPEST)
        found.append((kind, start, end, level, *rest))
    return found


def _from_level_one(entries: list[Entry]) -> list[Entry]:
    """A title that stands alone on the first level is no structure: what is below it moves up."""
    levels = sorted({entry.level for entry in entries})
    if len(levels) > 1 and sum(entry.level == levels[0] for entry in entries) == 1 and entries[0].level == levels[0]:
        entries = entries[1:]
        levels = levels[1:]
    order = {level: place for place, level in enumerate(levels, 1)}
    return [Entry(entry.title, entry.page, order[entry.level], entry.start) for entry in entries]


def _kept_together(block: tuple) -> str:
    return {"list_item": "list", "table_row": "table", "table_header": "table"}.get(block[0], block[0])


def _complete(text: str, start: int, end: int, blocks: list[tuple]) -> list[tuple]:
    """The blocks of a page, and a paragraph for each line that no block holds."""
    found, at = [], start
    for block in blocks:
        found += _paragraphs(text, at, min(block[1], end))
        found.append(block)
        at = max(at, block[2])
    return found + _paragraphs(text, at, end)


def _paragraphs(text: str, start: int, end: int) -> list[tuple]:
    found, at = [], start
    for line in text[start:end].splitlines(keepends=True):
        words = line.strip()
        if words:
            begin = at + line.index(words[0])
            found.append(("paragraph", begin, begin + len(words), 0, ()))
        at += len(line)
    return found


def _cut(number: int, label: str, start: int, end: int, blocks: list[tuple]) -> Iterator[Leaf]:
    if not blocks:
        yield Leaf(number, label, start, end, True)
        return
    begin, held, first = start, [], True
    for block in blocks:
        if held and block[2] - begin > LEAF:
            yield Leaf(number, label, begin, block[1], first, tuple(held))
            begin, held, first = block[1], [], False
        held.append(block)
    yield Leaf(number, label, begin, end, first, tuple(held))


def _line(text: str, block: tuple, marks: list[Mark], begun: set[Mark]) -> Line:
    kind, start, end, level, *rest = block
    cells = rest[0] if rest else ()
    if cells:
        inner = tuple(_runs(text, a, b, marks, begun) for a, b in cells)
        numbers = tuple(mark for line in inner for mark in line.numbers)
        return Line((), numbers, level, kind == "table_header", inner)
    line = _runs(text, start, end, marks, begun)
    return Line(line.runs, line.numbers, level, kind == "table_header")


def _runs(text: str, start: int, end: int, marks: list[Mark], begun: set[Mark]) -> Line:
    """`begun` holds the marks whose first words were shown already; a mark may run over several blocks."""
    runs, numbers, at = [], [], start
    for mark in marks:
        begin, stop = max(mark.start, at), min(mark.end, end)
        if begin >= stop:
            continue
        if begin > at:
            runs.append(Run(text[at:begin]))
        first = mark not in begun
        runs.append(Run(text[begin:stop], mark, first, mark.end <= end))
        if first:
            begun.add(mark)
            numbers.append(mark)
        at = stop
    if at < end:
        runs.append(Run(text[at:end]))
    return Line(tuple(runs), tuple(numbers))
