"""Two states of a document's text against each other: block by block, then word by word where a block changed. Pure.

Both within a budget of steps, whatever the texts say: where it is spent, blocks are compared by those that stand only once
in each state, and a changed block is shown as removed and added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.text.leaves import Leaf, leaves
from knowledge.views.viewer.alignment import Budget, BudgetSpent, Opcode, closely, roughly

MIN_WORD_SIMILARITY = 0.5  # of the words: less, and it is another block, not a changed one
PAIRED = 40  # blocks against as many in search of the changed one; more are taken as removed and added
WORDS = 3_000  # of a block that are compared one by one
CONTEXT = 1  # unchanged blocks that are shown on either side of a change
BLOCK_STEPS = 600_000  # 0.05 s
WORD_STEPS = 1_500_000  # 0.1 s; fifty changed paragraphs of 150 words take 0.7 million
WORD_PAIRS = 400  # changed blocks that are compared word by word, 0.03 s; later ones are shown as wholes
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class ComparedBlock:
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
class ComparedRun:
    text: str
    change: str = ""  # added, removed


@dataclass(frozen=True, slots=True)
class ComparedRow:
    kind: str
    level: int
    change: str  # same, changed, added, removed
    cells: tuple[tuple[ComparedRun, ...], ...]

    @property
    def group(self) -> str:
        return {"table_row": "table", "table_header": "table", "list_item": "list"}.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class ChangedPlace:
    """Changes that stand together, with what stands before and after them."""

    number: int
    heading: str
    page: int
    label: str
    rows: tuple[ComparedRow, ...]
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
    places: tuple[ChangedPlace, ...]
    changed: int
    added: int
    removed: int
    skipped_after: int  # unchanged blocks after the last place
    coarse: bool = False  # some blocks are shown as wholes, because comparing their words would take too long

    @property
    def same(self) -> bool:
        return not self.places


Pair = tuple[
    int, int, int
]  # the block's number before and after, -1 where there is none, and its place in the new state
PlacedRow = tuple[ComparedRow, int, ComparedBlock]  # the same in words, its place, and the block it was or became


@dataclass(frozen=True, slots=True)
class Plan:
    """How two states fit together, in numbers alone: it may be stored outside the database without holding any text."""

    pairs: tuple[Pair, ...]
    words: dict[tuple[int, int], tuple[tuple[Opcode, ...] | None, ...]]  # of changed blocks, for each cell
    coarse: bool
    steps: int


def blocks_of(text: str, pages: Sequence, blocks: Sequence) -> list[ComparedBlock]:
    return blocks_of_leaves(text, leaves(text, pages, blocks))


def blocks_of_leaves(text, leaves: Iterable[Leaf]) -> list[ComparedBlock]:
    """`text` gives the words of a span by `[start:end]`."""
    blocks = []
    for leaf in leaves:
        for kind, start, end, level, *rest in leaf.blocks:
            spans = (rest[0] if rest else ()) or ((start, end),)
            cells = tuple(" ".join(text[a:b].split()) for a, b in spans)
            if any(cells):
                blocks.append(ComparedBlock(kind, cells, level, leaf.page, leaf.label))
    return blocks


def compare(
    old: Sequence[ComparedBlock], new: Sequence[ComparedBlock], plan: Plan | None = None, above: str = ""
) -> Comparison:
    """`plan` as `planned` made it for the same states. `above` is the heading under which they begin."""
    plan = plan or planned(old, new)
    rows: list[PlacedRow] = []  # with the block's place in the new state, and the block itself
    counts = {"changed": 0, "added": 0, "removed": 0}
    for i, j, at in plan.pairs:
        before, after = old[i] if i >= 0 else None, new[j] if j >= 0 else None
        row = _row(before, after, plan.words.get((i, j)))
        if row.change != "same":
            counts[row.change] += 1
        rows.append((row, at, after or before))
    places, skipped_after = _places(rows, _headings_above(new, above))
    return Comparison(places, skipped_after=skipped_after, coarse=plan.coarse, **counts)


def planned(old: Sequence[ComparedBlock], new: Sequence[ComparedBlock]) -> Plan:
    """The part of a comparison that may be expensive."""
    blocks, words = Budget(BLOCK_STEPS), Budget(WORD_STEPS)
    aligned, coarse = _aligned([block.key for block in old], [block.key for block in new], blocks)
    pairs = tuple(_pairs(old, new, aligned, blocks))
    found: dict[tuple[int, int], tuple[tuple[Opcode, ...] | None, ...]] = {}
    changed = [(i, j) for i, j, _ in pairs if i >= 0 and j >= 0 and old[i].cells != new[j].cells]
    for i, j in changed[:WORD_PAIRS]:
        found[i, j] = tuple(_opcodes(*cells, words) for cells in _cells(old[i], new[j]))
    coarse = coarse or any(None in cells for cells in found.values())
    return Plan(pairs, found, coarse, blocks.used + words.used)


def _aligned(a: list, b: list, budget: Budget) -> tuple[list[Opcode], bool]:
    """Opcodes for all blocks, and whether they were found the rough way."""
    first = last = 0
    while first < min(len(a), len(b)) and a[first] == b[first]:
        first += 1
    while last < min(len(a), len(b)) - first and a[-1 - last] == b[-1 - last]:
        last += 1
    middle, rough = _middle(a[first : len(a) - last], b[first : len(b) - last], budget)
    found: list[Opcode] = [("equal", 0, first, 0, first)]
    found += ((tag, i1 + first, i2 + first, j1 + first, j2 + first) for tag, i1, i2, j1, j2 in middle)
    return [*found, ("equal", len(a) - last, len(a), len(b) - last, len(b))], rough


def _middle(a: list, b: list, budget: Budget) -> tuple[list[Opcode], bool]:
    for popular in (True, False):
        try:
            return closely(a, b, budget, popular=popular), False
        except BudgetSpent:
            continue
    return roughly(a, b), True


def _pairs(
    old: Sequence[ComparedBlock], new: Sequence[ComparedBlock], opcodes: Iterable[Opcode], budget: Budget
) -> Iterator[Pair]:
    for tag, i1, i2, j1, j2 in opcodes:
        if tag == "equal":
            yield from ((i1 + n, j1 + n, j1 + n) for n in range(j2 - j1))
        else:
            yield from _removed_first(_matched(old, new, range(i1, i2), range(j1, j2), budget))


def _removed_first(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Where blocks took each other's place: what went before what came, between the ones that merely changed."""
    come: list[Pair] = []
    for pair in pairs:
        before, after, _ = pair
        if before < 0:
            come.append(pair)
            continue
        if after >= 0:
            yield from come
            come = []
        yield pair
    yield from come


def _matched(
    old: Sequence[ComparedBlock], new: Sequence[ComparedBlock], removed: range, added: range, budget: Budget
) -> list[Pair]:
    """Of blocks that took each other's place, which became which: in order, the most alike first in sight."""
    apart = [*((i, -1, added.start) for i in removed), *((-1, j, j) for j in added)]
    if len(removed) > PAIRED or len(added) > PAIRED:
        return apart
    words = {i: frozenset(old[i].words.casefold().split()) for i in removed}
    found: list[Pair] = []
    done = removed.start
    for j in added:
        own = frozenset(new[j].words.casefold().split())
        try:
            budget.spend(sum(1 + min(len(own), len(words[i])) for i in range(done, removed.stop)))
        except BudgetSpent:
            return apart
        likeness = [(_alike(old[i], new[j], words[i], own), -i) for i in range(done, removed.stop)]
        best, place = max(likeness, default=(0.0, 0))
        if best < MIN_WORD_SIMILARITY:
            found.append((-1, j, j))
            continue
        found += ((i, -1, j) for i in range(done, -place))
        found.append((-place, j, j))
        done = 1 - place
    return found + [(i, -1, added.stop) for i in range(done, removed.stop)]


def _alike(a: ComparedBlock, b: ComparedBlock, one: frozenset[str], other: frozenset[str]) -> float:
    if (a.kind == "heading") != (b.kind == "heading") or ("table" in a.kind) != ("table" in b.kind):
        return 0.0
    if len(a.cells) > 1 and len(b.cells) > 1:  # rows of a table go by what they are about
        return float(a.cells[0] == b.cells[0])
    return 2 * len(one & other) / ((len(one) + len(other)) or 1)


def _row(
    before: ComparedBlock | None, after: ComparedBlock | None, words: Sequence[Sequence[Opcode] | None] | None
) -> ComparedRow:
    block = after or before
    if before is None or after is None:
        change = "added" if before is None else "removed"
        return ComparedRow(block.kind, block.level, change, tuple((ComparedRun(cell, change),) for cell in block.cells))
    if before.cells == after.cells:
        return ComparedRow(block.kind, block.level, "same", tuple((ComparedRun(cell),) for cell in block.cells))
    pairs = _cells(before, after)
    cells = tuple(_runs(*pair, own) for pair, own in zip(pairs, words or [None] * len(pairs), strict=True))
    return ComparedRow(block.kind, block.level, "changed", cells)


def _cells(before: ComparedBlock, after: ComparedBlock) -> list[tuple[str, str]]:
    if len(before.cells) == len(after.cells):
        return list(zip(before.cells, after.cells, strict=True))
    return [(" · ".join(before.cells), " · ".join(after.cells))]


def _opcodes(before: str, after: str, budget: Budget) -> tuple[Opcode, ...] | None:
    """None where the two are not compared word by word."""
    a, b = _WORD.findall(before), _WORD.findall(after)
    if before == after:
        return (("equal", 0, len(a), 0, len(b)),)
    if len(a) > WORDS or len(b) > WORDS:
        return None
    try:
        return tuple(closely(a, b, budget, junk=str.isspace))
    except BudgetSpent:
        return None


def _runs(before: str, after: str, opcodes: Sequence[Opcode] | None) -> tuple[ComparedRun, ...]:
    if opcodes is None:
        return ComparedRun(before, "removed"), ComparedRun(" "), ComparedRun(after, "added")
    a, b = _WORD.findall(before), _WORD.findall(after)
    runs: list[ComparedRun] = []
    for tag, i1, i2, j1, j2 in opcodes:
        if tag == "equal":
            same = "".join(b[j1:j2])
            between = len(runs) > 0 and not same.strip() and i2 < len(a) and j2 < len(b)
            if between and runs[-1].change:  # one space between two changed words is part of the change
                runs += [ComparedRun(same, "removed"), ComparedRun(same, "added")]
            else:
                runs.append(ComparedRun(same))
            continue
        if i2 > i1:
            runs.append(ComparedRun("".join(a[i1:i2]), "removed"))
        if j2 > j1:
            runs.append(ComparedRun("".join(b[j1:j2]), "added"))
    return _joined(runs)


def _joined(runs: Sequence[ComparedRun]) -> tuple[ComparedRun, ...]:
    """What was removed in one go, then what was added: easier to read than word against word."""
    found: list[ComparedRun] = []
    removed: list[str] = []
    added: list[str] = []
    for run in [*runs, ComparedRun("")]:
        if run.change:
            (removed if run.change == "removed" else added).append(run.text)
            continue
        gone, come = "".join(removed), "".join(added)
        found += [ComparedRun(gone, "removed")] if gone.strip() else []
        found += [ComparedRun(come, "added")] if come.strip() else [ComparedRun(come)] if come else []
        found += [run] if run.text else []
        removed, added = [], []
    return tuple(found)


def _places(rows: Sequence[PlacedRow], above: Sequence[str]) -> tuple[tuple[ChangedPlace, ...], int]:
    shown = [
        any(rows[near][0].change != "same" for near in range(max(0, n - CONTEXT), min(len(rows), n + CONTEXT + 1)))
        for n in range(len(rows))
    ]
    found: list[ChangedPlace] = []
    skipped = 0
    for stretch in _stretches(rows, shown):
        first = next((each for each in stretch if each[0].change != "same"), None)
        if first is None:
            skipped += len(stretch)
            continue
        found.append(
            ChangedPlace(
                len(found) + 1,
                first[2].words[:120] if first[2].kind == "heading" else above[min(first[1], len(above) - 1)],
                first[2].page,
                first[2].label,
                tuple(row for row, _, _ in stretch),
                skipped,
            )
        )
        skipped = 0
    return tuple(found), skipped


def _stretches(rows: Sequence[PlacedRow], shown: Sequence[bool]) -> Iterator[list[PlacedRow]]:
    """What is shown together, and what is not. A heading that stayed begins anew: what changed below it is its own."""
    held: list[PlacedRow] = []
    for n, each in enumerate(rows):
        begins = n == 0 or shown[n] != shown[n - 1] or (each[0].kind == "heading" and each[0].change == "same")
        if begins and held:
            yield held
            held = []
        held.append(each)
    if held:
        yield held


def _headings_above(new: Sequence[ComparedBlock], first: str) -> list[str]:
    """For each place in the new state, and the end of it, the last heading before."""
    found = [first]
    for block in new:
        found.append(block.words[:120] if block.kind == "heading" else found[-1])
    return found
