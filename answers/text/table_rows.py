"""Table rows of a passage ("cell | cell | cell") as sentences that can be read aloud. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from answers.text.words import numbers

SEPARATOR = " | "
_AMOUNT = r"[£€$¥]?\s?(\d[\d.,]*)"
_RANGE = re.compile(rf"{_AMOUNT}\s*(?:to|bis|until|a|à|-|–)\s*{_AMOUNT}", re.IGNORECASE)
_UPPER_BOUND = re.compile(
    rf"\b(?:up to|under|below|at most|less than|bis|bis zu|unter|hasta|jusqu'à)\s+{_AMOUNT}", re.IGNORECASE
)
_MORE = re.compile(rf"\b(?:over|above|more than|from|über|ab|más de|plus de)\s+{_AMOUNT}", re.IGNORECASE)
MANY_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Table:
    start: int
    end: int
    header: tuple[str, ...]  # empty when the passage does not hold it
    rows: tuple[tuple[int, tuple[str, ...]], ...]  # where each begins, its cells

    def sentence(self, at: int, *, skip: Callable[[str], bool] = lambda cell: False) -> str:
        """The row that holds `at`: "Hotel limit, Osaka: ¥21,000." Empty for the header itself."""
        cells = next((cells for begin, cells in reversed(self.rows) if begin <= at), ())
        named = [
            (name, cell)
            for name, cell in zip(self._names(len(cells)), cells, strict=False)
            if cell.strip() and not skip(cell)
        ]
        if len(named) < 2:
            return ""
        (_, subject), rest = named[0], named[1:]
        if len(rest) == 1:
            name, value = rest[0]
            return _stopped(f"{name}, {subject}: {value}" if name else f"{subject}: {value}")
        columns = ", ".join(f"{name} {value}" if name else value for name, value in rest[:MANY_COLUMNS])
        return _stopped(f"{subject}: {columns}")

    def _names(self, count: int) -> tuple[str, ...]:
        return self.header if len(self.header) == count else ("",) * count


def covers(row: str, amount: float) -> bool:
    """Whether a row is the tier an amount falls into: "£5,000 to £25,000" covers 14,000."""
    if match := _RANGE.search(row):
        low, high = (_number(part) for part in match.groups())
        return low <= amount <= high
    if match := _UPPER_BOUND.search(row):
        return amount <= _number(match[1])
    return bool(match := _MORE.search(row)) and amount > _number(match[1])


def _number(text: str) -> float:
    return float(next(iter(numbers(text.rstrip(".,"))), "0"))


def tables(text: str, *, whole: bool) -> list[Table]:
    """The runs of lines that are rows. `whole`: the text begins where its document does, so no header was cut off."""
    found: list[Table] = []
    run: list[tuple[int, int, tuple[str, ...]]] = []
    position = 0
    for line in text.split("\n"):
        end = position + len(line)
        if SEPARATOR in line:
            run.append((position, end, tuple(cell.strip() for cell in line.split("|"))))
        elif run and line.strip():
            found.append(_table(run, whole))
            run = []
        position = end + 1
    if run:
        found.append(_table(run, whole))
    return found


def _table(run: list[tuple[int, int, tuple[str, ...]]], whole: bool) -> Table:
    first = run[0][2]
    cut = run[0][0] == 0 and not whole
    named = len(run) > 1 and _looks_like_header(first) and (not cut or _differs(first, run[1][2]))
    rows = tuple((start, cells) for start, _, cells in run[1 if named else 0 :])
    return Table(run[0][0], run[-1][1], first if named else (), rows)


def _looks_like_header(cells: tuple[str, ...]) -> bool:
    return all(cells) and all(len(cell) < 50 and not cell[:1].isdigit() for cell in cells)


def _differs(header: tuple[str, ...], row: tuple[str, ...]) -> bool:
    """A header holds no figures where the rows do."""
    return any(
        any(map(str.isdigit, cell)) and not any(map(str.isdigit, name)) for name, cell in zip(header, row, strict=False)
    )


def _stopped(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
