"""Two states of a document's text against each other: block by block, then word by word where a block changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from knowledge.views import facsimile

ALIKE = 0.5  # of the words: less, and it is another block, not a changed one
PAIRED = 40  # blocks against as many in search of the changed one; more are taken as removed and added
WORDS = 3_000  # of a block that are compared one by one
CONTEXT = 1  # unchanged blocks that are shown on either side of a change
POPULAR = 2_000  # from so many blocks on, those that come again and again anchor nothing
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Block:
    """Of one state: what it says, where it stands."""

    kind: str  # heading, paragraph, list_item, table_row, table_header, code
    cells: tuple[str, ...]  # one, but for a row of a table
    level: int
    page: int
    label: str

    @property
    def words(self) -> str:
        return " ".join(self.cells)

    @property
    def key(self) -> tuple[str, ...]:
        return ("heading" if self.kind == "heading" else "", *self.cells)


@dataclass(frozen=True, slots=True)
class Run:
    text: str
    change: str = ""  # added, removed


@dataclass(frozen=True, slots=True)
class Row:
    kind: str
    level: int
    change: str  # same, changed, added, removed
    cells: tuple[tuple[Run, ...], ...]

    @property
    def group(self) -> str:
        return {"table_row": "table", "table_header": "table", "list_item": "list"}.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class Place:
    """Changes that stand together, with what stands before and after them."""

    number: int
    heading: str
    page: int
    label: str
    rows: tuple[Row, ...]
    skipped: int  # unchanged blocks between the place before and this one

    @property
    def headed(self) -> bool:
        """It begins with its own heading, so that nobody needs to read it twice."""
        return self.rows[0].kind == "heading"

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.change for row in self.rows if row.change != "same"))


@dataclass(frozen=True, slots=True)
class Comparison:
    places: tuple[Place, ...]
    changed: int
    added: int
    removed: int
    skipped_after: int  # unchanged blocks after the last place

    @property
    def same(self) -> bool:
        return not self.places


Pair = tuple[Block | None, Block | None, int]  # before, after, and its place in the new state
Told = tuple[Row, int, Block]  # the same in words, its place, and the block it was or became


def blocks_of(text: str, pages: Sequence, blocks: Sequence) -> list[Block]:
    found = []
    for leaf in facsimile.leaves(text, pages, blocks):
        for kind, start, end, level, *rest in leaf.blocks:
            spans = (rest[0] if rest else ()) or ((start, end),)
            cells = tuple(" ".join(text[a:b].split()) for a, b in spans)
            if any(cells):
                found.append(Block(kind, cells, level, leaf.page, leaf.label))
    return found


def compare(old: Sequence[Block], new: Sequence[Block]) -> Comparison:
    rows: list[Told] = []  # with the block's place in the new state, and the block itself
    counts = {"changed": 0, "added": 0, "removed": 0}
    for before, after, at in _pairs(old, new):
        row = _row(before, after)
        if row.change != "same":
            counts[row.change] += 1
        rows.append((row, at, after or before))
    places, skipped_after = _places(rows, new)
    return Comparison(places, skipped_after=skipped_after, **counts)


def _pairs(old: Sequence[Block], new: Sequence[Block]) -> Iterator[Pair]:
    a, b = [block.key for block in old], [block.key for block in new]
    first = last = 0
    while first < min(len(a), len(b)) and a[first] == b[first]:
        first += 1
    while last < min(len(a), len(b)) - first and a[-1 - last] == b[-1 - last]:
        last += 1
    yield from ((old[n], new[n], n) for n in range(first))
    a, b = a[first : len(a) - last], b[first : len(b) - last]
    popular = max(len(a), len(b)) > POPULAR
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=popular).get_opcodes():
        i1, i2, j1, j2 = i1 + first, i2 + first, j1 + first, j2 + first
        if tag == "equal":
            yield from ((old[i1 + n], new[j1 + n], j1 + n) for n in range(j2 - j1))
        else:
            yield from _removed_first(_matched(old[i1:i2], new[j1:j2], j1))
    yield from ((old[len(old) - n], new[len(new) - n], len(new) - n) for n in range(last, 0, -1))


def _removed_first(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Where blocks took each other's place: what went before what came, between the ones that merely changed."""
    come: list[Pair] = []
    for pair in pairs:
        before, after, _ = pair
        if before is None:
            come.append(pair)
            continue
        if after is not None:
            yield from come
            come = []
        yield pair
    yield from come


def _matched(gone: Sequence[Block], come: Sequence[Block], at: int) -> Iterator[Pair]:
    """Of blocks that took each other's place, which became which: in order, the most alike first in sight."""
    if len(gone) > PAIRED or len(come) > PAIRED:
        yield from ((block, None, at) for block in gone)
        yield from ((None, block, at + n) for n, block in enumerate(come))
        return
    done = 0
    for n, block in enumerate(come):
        likeness = [(_alike(gone[i], block), -i) for i in range(done, len(gone))]
        best, place = max(likeness, default=(0.0, 0))
        if best < ALIKE:
            yield None, block, at + n
            continue
        yield from ((gone[i], None, at + n) for i in range(done, -place))
        yield gone[-place], block, at + n
        done = 1 - place
    yield from ((block, None, at + len(come)) for block in gone[done:])


def _alike(a: Block, b: Block) -> float:
    if (a.kind == "heading") != (b.kind == "heading") or ("table" in a.kind) != ("table" in b.kind):
        return 0.0
    if len(a.cells) > 1 and len(b.cells) > 1:  # rows of a table go by what they are about
        return float(a.cells[0] == b.cells[0])
    one, other = set(a.words.casefold().split()), set(b.words.casefold().split())
    return 2 * len(one & other) / ((len(one) + len(other)) or 1)


def _row(before: Block | None, after: Block | None) -> Row:
    block = after or before
    if before is None or after is None:
        change = "added" if before is None else "removed"
        return Row(block.kind, block.level, change, tuple((Run(cell, change),) for cell in block.cells))
    if before.cells == after.cells:
        return Row(block.kind, block.level, "same", tuple((Run(cell),) for cell in block.cells))
    if len(before.cells) == len(after.cells):
        cells = tuple(_runs(*pair) for pair in zip(before.cells, after.cells, strict=True))
    else:
        cells = (_runs(" · ".join(before.cells), " · ".join(after.cells)),)
    return Row(block.kind, block.level, "changed", cells)


def _runs(before: str, after: str) -> tuple[Run, ...]:
    a, b = _WORD.findall(before), _WORD.findall(after)
    if len(a) > WORDS or len(b) > WORDS:
        return Run(before, "removed"), Run(" "), Run(after, "added")
    runs: list[Run] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            same = "".join(b[j1:j2])
            between = len(runs) > 0 and not same.strip() and i2 < len(a) and j2 < len(b)
            if between and runs[-1].change:  # one space between two changed words is part of the change
                runs += [Run(same, "removed"), Run(same, "added")]
            else:
                runs.append(Run(same))
            continue
        if i2 > i1:
            runs.append(Run("".join(a[i1:i2]), "removed"))
        if j2 > j1:
            runs.append(Run("".join(b[j1:j2]), "added"))
    return _joined(runs)


def _joined(runs: Sequence[Run]) -> tuple[Run, ...]:
    """What was removed in one go, then what was added: easier to read than word against word."""
    found: list[Run] = []
    gone = come = ""
    for run in [*runs, Run("")]:
        if run.change == "removed":
            gone += run.text
        elif run.change == "added":
            come += run.text
        else:
            found += [Run(gone, "removed")] if gone.strip() else []
            found += [Run(come, "added")] if come.strip() else [Run(come)] if come else []
            gone = come = ""
            found += [run] if run.text else []
    return tuple(found)


def _places(rows: Sequence[Told], new: Sequence[Block]) -> tuple[tuple[Place, ...], int]:
    shown = [
        any(rows[near][0].change != "same" for near in range(max(0, n - CONTEXT), min(len(rows), n + CONTEXT + 1)))
        for n in range(len(rows))
    ]
    found: list[Place] = []
    skipped = 0
    for stretch in _stretches(rows, shown):
        first = next((each for each in stretch if each[0].change != "same"), None)
        if first is None:
            skipped += len(stretch)
            continue
        found.append(
            Place(
                len(found) + 1,
                _heading(new, first[1], first[2]),
                first[2].page,
                first[2].label,
                tuple(row for row, _, _ in stretch),
                skipped,
            )
        )
        skipped = 0
    return tuple(found), skipped


def _stretches(rows: Sequence[Told], shown: Sequence[bool]) -> Iterator[list[Told]]:
    """What is shown together, and what is not. A heading that stayed begins anew: what changed below it is its own."""
    held: list[Told] = []
    for n, each in enumerate(rows):
        begins = n == 0 or shown[n] != shown[n - 1] or (each[0].kind == "heading" and each[0].change == "same")
        if begins and held:
            yield held
            held = []
        held.append(each)
    if held:
        yield held


def _heading(new: Sequence[Block], at: int, block: Block) -> str:
    if block.kind == "heading":
        return block.words[:120]
    above = (new[n].words for n in range(min(at, len(new)) - 1, -1, -1) if new[n].kind == "heading")
    return next(above, "")[:120]
