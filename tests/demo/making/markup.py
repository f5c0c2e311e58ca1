"""The small Markdown that the sources of the sample documents are written in."""

from __future__ import annotations

import re
from calendar import month_name
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    kind: str  # heading | paragraph | bullet | numbered | note | table
    text: str = ""
    level: int = 0
    number: int = 0
    rows: tuple[tuple[str, ...], ...] = field(default=())


def read(source: str) -> tuple[str, list[Part]]:
    """The title and the parts. A paragraph is one line; a table is a run of lines that begin with a bar."""
    title, parts, rows = "", [], []
    for line in [*source.splitlines(), ""]:
        if line.startswith("|"):
            cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
            if not all(re.fullmatch(r"-+", cell) for cell in cells):
                rows.append(cells)
            continue
        if rows:
            parts.append(Part("table", rows=tuple(rows)))
            rows = []
        if heading := re.match(r"(#+) (.+)", line):
            if len(heading[1]) == 1:
                title = heading[2]
            else:
                parts.append(Part("heading", heading[2], level=len(heading[1]) - 1))
        elif numbered := re.match(r"(\d+)\. (.+)", line):
            parts.append(Part("numbered", numbered[2], number=int(numbered[1])))
        elif line.startswith("- "):
            parts.append(Part("bullet", line[2:]))
        elif line.startswith("> "):
            parts.append(Part("note", line[2:]))
        elif line.strip():
            parts.append(Part("paragraph", line.strip()))
    return title, parts


def runs(text: str) -> list[tuple[str, str]]:
    """(style, words) pairs: style is "", "italic" or "bold"."""
    found = []
    for piece in re.split(r"(\*\*.+?\*\*|\*.+?\*)", text):
        if piece.startswith("**"):
            found.append(("bold", piece[2:-2]))
        elif piece.startswith("*"):
            found.append(("italic", piece[1:-1]))
        elif piece:
            found.append(("", piece))
    return found


def plain(text: str) -> str:
    return "".join(words for _, words in runs(text))


def day_in_words(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{int(day)} {month_name[int(month)]} {year}"
