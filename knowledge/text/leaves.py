"""A document's text cut into leaves: whole blocks of one page, few enough to be sent and shown at once. Pure.

The leaves of a long text are stored when it was read (knowledge/library/version_text.py), so that showing one page of
it costs no more than showing one page of a short one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LEAF_CHARACTERS = 9_000
LEAF_WEIGHT = 400  # blocks and cells; each is an element of the page
MAX_ROW_CELLS = 256  # of a row that is shown as a row; a longer one is shown as a line of text
MAX_CONTENTS_ENTRIES = 400  # lines of the contents
MAX_CONTENTS_LEVEL = 3
MAX_HEADING_LEVEL = 3  # levels of headings that look different


@dataclass(frozen=True, slots=True)
class Leaf:
    """A stretch of one page, whole blocks."""

    page: int
    label: str
    start: int
    end: int
    first: bool  # of its page
    blocks: tuple[tuple, ...] = field(default=(), compare=False)

    @property
    def weight(self) -> int:
        return sum(weight_of(block) for block in self.blocks)


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
    result: list[Leaf] = []
    at = 0
    blocks = _without_gaps(sorted(blocks, key=lambda block: block[1]))
    for number, start, end, *rest in pages:
        label = rest[0] if rest else ""
        own = []
        while at < len(blocks) and blocks[at][1] < end:
            if blocks[at][1] >= start:
                own.append(tuple(blocks[at]))
            at += 1
        result += _cut(number, label, start, end, _divided(text, _complete(text, start, end, own)))
    return result


def headings(text: str, pages: Sequence, blocks: Sequence) -> list[Entry]:
    """One entry for each of the first headings of the upper levels, in the order of the text."""
    spans = pages or [[1, 0, len(text), ""]]
    heads = [block for block in blocks if block[0] == "heading" and block[3] <= MAX_CONTENTS_LEVEL][
        :MAX_CONTENTS_ENTRIES
    ]
    result, at = [], 0
    for _, start, end, level, *_ in sorted(heads, key=lambda block: block[1]):
        while at + 1 < len(spans) and spans[at + 1][1] <= start:
            at += 1
        if words := " ".join(text[start : min(end, start + LEAF_CHARACTERS)].split()):
            result.append(Entry(words[:160], spans[at][0], level, start))
    return result


def contents(entries: Sequence[Entry], pages: Sequence, *, title: str = "") -> list[Entry]:
    """The headings without the title's own; a workbook or a deck without any has its sheets or slides."""
    first = next((n for n, entry in enumerate(entries) if entry.title.casefold() != title[:160].casefold()), None)
    result = list(entries[first:]) if first is not None else []
    if not result and len(pages) > 1:
        result = [Entry(span[3] or f"Page {span[0]}", span[0], 1, span[1]) for span in pages[:MAX_CONTENTS_ENTRIES]]
    return _from_level_one(result)


def weight_of(block: Sequence) -> int:
    """How many elements of a page show it."""
    return 1 + (len(block[4]) if len(block) > 4 else 0)


def _without_gaps(blocks: Sequence) -> list[tuple]:
    """Headings from level 1 on, none more than one deeper than the one before: what a screen reader can walk."""
    order = {level: rank for rank, level in enumerate(sorted({b[3] for b in blocks if b[0] == "heading"}), 1)}
    result, last = [], 0
    for kind, start, end, level, *rest in blocks:
        if kind == "heading":
            level = last = min(order[level], last + 1, MAX_HEADING_LEVEL)
        result.append((kind, start, end, level, *rest))
    return result


def _from_level_one(entries: list[Entry]) -> list[Entry]:
    """A title that stands alone on the first level is no structure: what is below it moves up."""
    levels = sorted({entry.level for entry in entries})
    if len(levels) > 1 and sum(entry.level == levels[0] for entry in entries) == 1 and entries[0].level == levels[0]:
        entries = entries[1:]
        levels = levels[1:]
    order = {level: place for place, level in enumerate(levels, 1)}
    return [Entry(entry.title, entry.page, order[entry.level], entry.start) for entry in entries]


def _complete(text: str, start: int, end: int, blocks: list[tuple]) -> list[tuple]:
    """The blocks of a page, and a paragraph for each line that no block holds."""
    result, at = [], start
    for block in blocks:
        result += _paragraphs(text, at, min(block[1], end))
        result.append(block)
        at = max(at, block[2])
    return result + _paragraphs(text, at, end)


def _paragraphs(text: str, start: int, end: int) -> list[tuple]:
    if end - start < 3 and not text[start:end].strip():  # what parts two blocks
        return []
    result, at = [], start
    for line in text[start:end].splitlines(keepends=True):
        words = line.strip()
        if words:
            begin = at + line.index(words[0])
            result.append(("paragraph", begin, begin + len(words), 0, ()))
        at += len(line)
    return result


def _divided(text: str, blocks: Sequence[tuple]) -> Iterator[tuple]:
    """Blocks that are longer than a leaf in several parts, after a space where there is one."""
    for block in blocks:
        kind, start, end, level, *rest = block
        cells = rest[0] if rest else ()
        if end - start <= LEAF_CHARACTERS and len(cells) <= MAX_ROW_CELLS:
            yield block
            continue
        kind = kind if kind in ("code", "list_item") else "paragraph"
        while start < end:
            stop = min(end, start + LEAF_CHARACTERS)
            if stop < end:
                stop = max(text.rfind(" ", start, stop), text.rfind("\n", start, stop)) + 1 or stop
            yield (kind, start, stop, level if kind == "list_item" else 0, ())
            start = stop


def _cut(number: int, label: str, start: int, end: int, blocks: Iterator[tuple]) -> Iterator[Leaf]:
    begin, held, weight, first = start, [], 0, True
    for block in blocks:
        own = weight_of(block)
        if held and (block[2] - begin > LEAF_CHARACTERS or weight + own > LEAF_WEIGHT):
            yield Leaf(number, label, begin, block[1], first, tuple(held))
            begin, held, weight, first = block[1], [], 0, False
        held.append(block)
        weight += own
    yield Leaf(number, label, begin, end, first, tuple(held))
