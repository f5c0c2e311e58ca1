"""What a format's reader collects, and how it becomes canonical plain text with spans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.parsers.base import Block, PageSpan, ParsedDocument, ParseFailed, ParseWarning

CELL_SEPARATOR = " | "
LONG_CELL = 600
CLOSE = {
    "list_item",
    "table_header",
    "table_row",
}  # these stand line by line, everything else has an empty line around it

MAX_TITLE_CHARACTERS = 200
NO_AUTHORS = {"anonymous", "(anonymous)", "unknown", "author", "user", "python-docx", "openpyxl", "administrator"}

_no_title = re.compile(
    r"(?:untitled(?: document| spreadsheet| presentation)?|\(?anonymous\)?|document|unbenannt|dokument|title|slide"
    r"|presentation|powerpoint[ -]pr[a-z\u00e4]+sentation|microsoft (?:word|powerpoint|excel)\b.*"
    r"|book|mappe|workbook|sheet)[ \d-]*$|.*\.(?:docx?|pptx?|xlsx?|pdf|indd|rtf|txt|odt|tmp|html?)$|[\W\d_]*$",
    re.IGNORECASE,
)
_spaces = re.compile(r"[^\S\n]+")
_around_newline = re.compile(r" ?\n ?")
_newlines = re.compile(r"\n{3,}")
# NUL, which PostgreSQL refuses, and the other characters that mean nothing in a text; bidirectional overrides can
# make a quote look different from what it says; soft hyphens and zero-width characters keep words from being found.
_unwanted = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
_line_ends = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(slots=True)
class DocumentElement:
    """A heading, paragraph, list item, code or table row that a reader found. Rows have `cells` in place of `text`."""

    kind: str
    text: str = ""
    level: int = 0
    cells: Sequence[str] = ()
    separator: str = CELL_SEPARATOR


@dataclass(slots=True)
class Page:
    """The pieces that follow stand on this page, slide or sheet."""

    number: int
    label: str = ""


@dataclass(slots=True)
class DocumentDraft:
    pieces: list[DocumentElement | Page] = field(default_factory=list)
    title: str = ""
    author: str = ""
    created: str = ""
    cover: str = ""  # what a title page says
    headings_name_it: bool = True  # the first heading is a title where the file has none
    warnings: list[ParseWarning] = field(default_factory=list)

    def warn(self, code: str, message: str) -> None:
        if all(warning.code != code for warning in self.warnings):
            self.warnings.append(ParseWarning(code, message))

    def warn_hidden(self) -> None:
        self.warn("hidden_text", "Hidden text was skipped.")


def clean(text: str) -> str:
    """Text without characters that cannot be shown; line ends are newlines."""
    return _unwanted.sub("", _line_ends.sub("\n", text))


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def table(
    rows: Iterable[Sequence[str]], *, has_header: bool = True, separator: str = CELL_SEPARATOR
) -> Iterator[DocumentElement]:
    """Rows without empty ones and without columns that are empty throughout; the first is the header."""
    filled_rows = [[one_line(cell) for cell in row] for row in rows]
    filled_rows = [row for row in filled_rows if any(row)]
    width = max((len(row) for row in filled_rows), default=0)
    used = [i for i in range(width) if any(i < len(row) and row[i] for row in filled_rows)]
    for number, row in enumerate(filled_rows):
        cells = [row[i] if i < len(row) else "" for i in used]
        if len(used) == 1:
            yield DocumentElement("paragraph", cells[0])
        else:
            yield DocumentElement(
                "table_header" if has_header and number == 0 and len(filled_rows) > 1 else "table_row",
                cells=cells,
                separator=separator,
            )


def table_of_pieces(rows: list[list[list[DocumentElement]]], *, has_header: bool = True) -> Iterator[DocumentElement]:
    """A table whose cells hold pieces. One that only arranges a page is read as the text of that page."""
    rows = [row for row in rows if row]
    cells = [cell for row in rows for cell in row]
    arranges = max((len(row) for row in rows), default=0) < 2 or any(
        len(cell_text(cell)) > LONG_CELL or any(piece.kind == "heading" and piece.level <= 2 for piece in cell)
        for cell in cells
    )
    if arranges:
        return (piece for cell in cells for piece in cell)
    return table([[cell_text(cell) for cell in row] for row in rows], has_header=has_header)


def cell_text(cell: Iterable[DocumentElement]) -> str:
    return " ".join(piece.text or " ".join(piece.cells) for piece in cell)


def assemble(draft: DocumentDraft, media_type: str, *, max_characters: int) -> ParsedDocument:
    text = _TextBuilder(max_characters)
    pages: list[PageSpan] = []
    blocks: list[Block] = []
    for piece in draft.pieces:
        if isinstance(piece, Page):
            text.close_page(pages)
            pages.append(PageSpan(piece.number, text.size, text.size, one_line(piece.label)))
        elif block := text.add(piece):
            blocks.append(block)
    text.close_page(pages)
    return ParsedDocument(
        text="".join(text.parts),
        media_type=media_type,
        pages=tuple(_without_gaps(pages)),
        blocks=tuple(blocks),
        title=_title(draft)[:MAX_TITLE_CHARACTERS],
        author="" if one_line(draft.author).lower() in NO_AUTHORS else one_line(draft.author)[:300],
        created=draft.created,
        warnings=tuple(draft.warnings),
    )


def _title(draft: DocumentDraft) -> str:
    """What the file calls itself, else what its first page says in large letters."""
    headings = (piece.text for piece in draft.pieces if isinstance(piece, DocumentElement) and piece.kind == "heading")
    file_title = one_line(draft.title)
    if _is_meaningful(file_title):
        return file_title
    return one_line(draft.cover or next(headings, "")) if draft.headings_name_it else ""


def _is_meaningful(title: str) -> bool:
    """Programs put file names and placeholders where a title should be."""
    return bool(title) and not _no_title.match(title)


class _TextBuilder:
    def __init__(self, max_characters: int) -> None:
        self.parts: list[str] = []
        self.size = 0
        self.last = ""
        self.most = max_characters

    def add(self, piece: DocumentElement) -> Block | None:
        spans: list[tuple[int, int]] = []
        if piece.kind in {"table_header", "table_row"}:
            content, spans = _row(piece)
        elif piece.kind == "code":
            content = clean(piece.text).strip("\n").rstrip()
        else:
            content = _newlines.sub("\n\n", _around_newline.sub("\n", _spaces.sub(" ", clean(piece.text)))).strip()
        if piece.kind == "heading":
            content = " ".join(content.split())
        if not content.strip():
            return None
        self._write(self._separator(piece.kind))
        start = self.size
        self._write(content)
        self.last = piece.kind
        cells = tuple((start + min(a, len(content)), start + min(b, len(content))) for a, b in spans)
        return Block(piece.kind, start, self.size, piece.level, cells)

    def _separator(self, kind: str) -> str:
        if not self.size:
            return ""
        return (
            "\n"
            if kind in CLOSE and self.last in CLOSE and (kind == "list_item") == (self.last == "list_item")
            else "\n\n"
        )

    def _write(self, content: str) -> None:
        self.size += len(content)
        if self.size > self.most:
            raise ParseFailed(
                "too_large",
                f"The file holds more than {self.most:,} characters of text.",
                "Split it into several files and upload those.",
            )
        self.parts.append(content)

    def close_page(self, pages: list[PageSpan]) -> None:
        if pages:
            page = pages[-1]
            pages[-1] = PageSpan(page.number, page.start, self.size, page.label)


def _row(piece: DocumentElement) -> tuple[str, list[tuple[int, int]]]:
    """The cells of a row in one line, and their spans. Where white space parts them, empty ones leave no trace."""
    cells = [one_line(cell) for cell in piece.cells]
    while cells and not cells[-1]:
        cells.pop()
    content, spans = "", []
    for cell in cells:
        if spans and ((cell and content) or not piece.separator.isspace()):
            content += piece.separator
        content = content.lstrip()  # an empty first cell leaves its bar, but no space before it
        spans.append((len(content), len(content) + len(cell)))
        content += cell
    return content, spans


def _without_gaps(pages: list[PageSpan]) -> Iterator[PageSpan]:
    """Separators belong to the page before them, so that pages touch and cover the whole text."""
    for number, page in enumerate(pages):
        following = pages[number + 1].start if number + 1 < len(pages) else page.end
        yield PageSpan(page.number, page.start, following, page.label)
