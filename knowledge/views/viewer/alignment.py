"""Two sequences against each other within a budget of steps. Pure.

`difflib` compares every element with each equal one of the other side, again for each stretch that it finds: two texts of
1.6 kB that repeat one word cost it a minute. Here the steps are counted before they are made.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

Opcode = tuple[str, int, int, int, int]  # equal, replace, delete or insert; a[i1:i2]; b[j1:j2]: as in difflib


class BudgetSpent(Exception):
    """The comparison would take more steps than are left."""


class Budget:
    """Steps that a comparison may take. One step takes about 0.07 µs."""

    def __init__(self, steps: int) -> None:
        self.steps = self.left = steps

    @property
    def used(self) -> int:
        return self.steps - self.left

    def spend(self, steps: int) -> None:
        """Raises BudgetSpent, and takes nothing, where that is more than is left."""
        if steps > self.left:
            raise BudgetSpent
        self.left -= steps


def closely(
    a: Sequence[Hashable],
    b: Sequence[Hashable],
    budget: Budget,
    *,
    junk: Callable[[Hashable], bool] | None = None,
    popular: bool = True,
) -> list[Opcode]:
    """As difflib compares them. What is `junk`, or without `popular` more than a hundredth of a long `b`, is equal only
    beside something else that is. Raises BudgetSpent."""
    budget.spend(len(a) + len(b))
    return _Metered(a, b, budget, junk, not popular).get_opcodes()


def roughly(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Opcode]:
    """By what both have exactly once (the idea of patience diff), and what is equal next to it. Linear, but for sorting."""
    once_a, once_b = _once(a), _once(b)
    shared = sorted((once_a[key], once_b[key]) for key in once_a.keys() & once_b.keys())
    opcodes: list[Opcode] = []
    i = j = 0
    for x, y in [*_rising(shared), (len(a), len(b))]:
        if x < i or y < j:  # it was part of the stretch before
            continue
        low_x, low_y = x, y
        while low_x > i and low_y > j and a[low_x - 1] == b[low_y - 1]:
            low_x, low_y = low_x - 1, low_y - 1
        while i < low_x and j < low_y and a[i] == b[j]:
            _add(opcodes, "equal", i, i + 1, j, j + 1)
            i, j = i + 1, j + 1
        if i < low_x or j < low_y:
            tag = "replace" if i < low_x and j < low_y else "delete" if i < low_x else "insert"
            _add(opcodes, tag, i, low_x, j, low_y)
        i, j = low_x, low_y
        while i < len(a) and j < len(b) and a[i] == b[j]:
            _add(opcodes, "equal", i, i + 1, j, j + 1)
            i, j = i + 1, j + 1
    return opcodes


class _Metered(SequenceMatcher):
    """Pays for each search of the longest common stretch before it: for every pair of equal elements that it looks at."""

    def __init__(self, a: Sequence[Hashable], b: Sequence[Hashable], budget: Budget, junk, autojunk: bool) -> None:
        super().__init__(junk, a, b, autojunk=autojunk)
        times = {element: len(places) for element, places in self.b2j.items()}
        self._cost = [0, *accumulate(2 + times.get(element, 0) for element in a)]
        self._budget = budget

    def find_longest_match(self, alo=0, ahi=None, blo=0, bhi=None):
        ahi = len(self.a) if ahi is None else ahi
        self._budget.spend(self._cost[ahi] - self._cost[alo])
        return super().find_longest_match(alo, ahi, blo, bhi)


def _once(elements: Sequence[Hashable]) -> dict[Hashable, int]:
    times = Counter(elements)
    return {element: at for at, element in enumerate(elements) if times[element] == 1}


def _rising(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The longest run of pairs, sorted by their first number, whose second numbers rise as well."""
    tops: list[int] = []  # the smallest last number of a run of each length
    ends: list[int] = []  # and the pair it is in
    before: list[int] = []
    for n, (_, y) in enumerate(pairs):
        at = bisect_left(tops, y)
        before.append(ends[at - 1] if at else -1)
        tops[at : at + 1], ends[at : at + 1] = [y], [n]
    run, n = [], ends[-1] if ends else -1
    while n >= 0:
        run.append(pairs[n])
        n = before[n]
    return reversed(run)


def _add(opcodes: list[Opcode], tag: str, i1: int, i2: int, j1: int, j2: int) -> None:
    if opcodes and opcodes[-1][0] == tag == "equal" and opcodes[-1][2] == i1 and opcodes[-1][4] == j1:
        opcodes[-1] = (tag, opcodes[-1][1], i2, opcodes[-1][3], j2)
    else:
        opcodes.append((tag, i1, i2, j1, j2))
