"""What a parser gives back. Offsets are Python code points into `ParsedDocument.text`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PageSpan:
    """One page, slide or sheet, counted from 1. `label` is what people call it ("Sheet Rates")."""

    number: int
    start: int
    end: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the text with a role: heading, paragraph, list_item, table_header, table_row or code.

    `level` is the depth of a heading (1 to 6) or of a list item (from 0).
    `cells` are the spans of a table row's cells.
    """

    kind: str
    start: int
    end: int
    level: int = 0
    cells: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ParseWarning:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """Plain text without marks of any mark-up, and where its pages, headings and tables are.

    Blocks are separated by newlines; the cells of a table row by " | ".
    """

    text: str
    media_type: str
    pages: tuple[PageSpan, ...] = ()
    blocks: tuple[Block, ...] = ()
    title: str = ""
    author: str = ""
    created: str = ""  # ISO 8601 date, or empty
    language: str = ""  # ISO 639-1, or empty
    warnings: tuple[ParseWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What one file may cost. `address_space` bounds the child process as a whole."""

    file_bytes: int = 200 * MIB
    output_characters: int = 5_000_000
    address_space: int = 1024 * MIB
    ocr_address_space: int = 3072 * MIB
    processor_seconds: int = 120
    wall_seconds: int = 180
    ocr_wall_seconds: int = 1800
    ocr_pages: int = 500
    unpacked_bytes: int = 512 * MIB
    unpacked_ratio: int = 200
    archive_entries: int = 20_000
    files_per_child: int = 100
    niceness: int = 10


class ParseFailed(Exception):
    """The file gave no text. `hint` says what a person can do; `permanent` that trying again is no use."""

    def __init__(self, code: str, message: str, hint: str = "", *, permanent: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.permanent = permanent


def damaged(what: str = "The file") -> ParseFailed:
    return ParseFailed(
        "damaged",
        f"{what} is damaged and could not be read.",
        "Open it in the program it was made with, save it again and upload the new copy.",
    )


def too_large_or_damaged() -> ParseFailed:
    return ParseFailed(
        "too_large_or_damaged",
        "The file is too large or too damaged to be read within the limits.",
        "Split it into smaller files, or open it, save it again and upload the new copy.",
    )


Progress = Callable[[int, int], None]  # page, total


class Parser(Protocol):
    """Turns a file into a `ParsedDocument` or raises `ParseFailed`; never anything else because of the file."""

    def parse(
        self, path: Path, filename: str, *, tenant: object = None, on_progress: Progress | None = None
    ) -> ParsedDocument: ...

    def close(self) -> None: ...
