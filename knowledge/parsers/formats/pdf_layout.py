"""Lines of pages to paragraphs, lists and headings. Pure: knows geometry and words, not PDF."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from knowledge.parsers.document_builder import DocumentElement, Page
from knowledge.parsers.formats.pdf_lines import PageLines, PdfLine
from knowledge.parsers.formats.pdf_tables import rows_joined, same_row, table_at, table_pieces

EDGE = 0.09  # running headers and footers stand in this share of the page's height
REPEATED = 0.5  # and on at least this share of the pages
FEWEST_REPEATS = 3
LARGER = 1.12  # than the running text is a heading
ROUGHLY_LARGER = 1.5
MAX_HEADING_CHARACTERS = 140
FULL_LINE_SHARE = 0.86  # a line that reaches so far to the right was wrapped, not ended
GAP = 0.75  # of a line's height between two lines parts paragraphs
MAX_HEADING_LEVELS = 3
MAX_HEADING_LETTER_SHARE = 0.2  # of the letters; a size with more is running text

Outline = dict[str, int]  # the words of a bookmark, folded, to its level from 1

_bullet = re.compile(
    r"^(?:[\u2022\u2023\u25aa\u25ab\u25cf\u25cb\u25e6\u25a0\u25a1\u2219\u00b7\uf0b7\uf0a7\uf0d8\u2013\u27a2\u2713-]|o(?=\s))\s*(?=\S)"
)
_lone_bullet = re.compile(r"^[\u2022\u2023\u25aa\u25ab\u25cf\u25cb\u25e6\u25a0\u2219\u00b7\uf0b7\uf0a7\uf0d8\u27a2]$")
_number = re.compile(r"^(?:\(?\d{1,3}[.)]|\(?[a-z][.)]|\([ivx]{1,5}\))\s+(?=\S)")
_sentence_end = re.compile(r"[.!?:;\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*$")
_digits = re.compile(r"\d+")
_word = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_leader = re.compile(r"(?:\.\s?){4,}|(?:_\s?){6,}")
_section_number = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+\S")


def pieces_of(pages: Sequence[PageLines], outline: Outline) -> list[DocumentElement | Page]:
    kept = _without_furniture(pages)
    least = ROUGHLY_LARGER if any(page.recognised for page in pages) else LARGER
    headings = _Headings(kept, outline, least)
    words = _Words(kept)
    pieces: list[DocumentElement | Page] = []
    for number, lines in enumerate(kept, 1):
        pieces.append(Page(number))
        pieces += _page(_with_their_bullets(rows_joined(lines)), headings, words)
    return pieces


def _without_furniture(pages: Sequence[PageLines]) -> list[list[PdfLine]]:
    """Running headers, footers and page numbers stay where they stand first."""
    counts = Counter(key for page in pages for key in {_furniture(line, page) for line in page.lines} if key)
    often = {key for key, count in counts.items() if count >= max(FEWEST_REPEATS, REPEATED * len(pages))}
    seen: set[str] = set()
    kept = []
    for page in pages:
        lines = []
        for line in page.lines:
            key = _furniture(line, page)
            if key in often and (key in seen or key == "#"):
                continue
            seen.add(key)
            lines.append(line)
        kept.append(lines)
    return kept


def _furniture(line: PdfLine, page: PageLines) -> str:
    if line.height <= 0 or (EDGE * page.height < line.bottom and line.top < (1 - EDGE) * page.height):
        return ""
    return _digits.sub("#", line.text.casefold()).strip(" -\u2013|")[:120]


def _with_their_bullets(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """A bullet that pdfium takes for a line of its own goes before the line at its height."""
    joined: list[PdfLine] = []
    for line in lines:
        if joined and _lone_bullet.match(joined[-1].text):
            bullet = joined.pop()
            joined.append(replace(line, text=f"\u2022 {line.text}", left=min(bullet.left, line.left)))
        else:
            joined.append(line)
    return joined


class _Headings:
    """Which lines are headings: those of the outline, those set larger, those set bold and alone."""

    def __init__(self, pages: Iterable[Sequence[PdfLine]], outline: Outline, least: float) -> None:
        self.outline = outline
        lines = [line for page in pages for line in page if line.height > 0]
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[_size(line)] += len(line.text)
        self.body = sizes.most_common(1)[0][0] if sizes else 0.0
        self.mostly_bold = sum(len(line.text) for line in lines if line.bold) > 0.5 * sum(
            len(line.text) for line in lines
        )
        total = sum(sizes.values())
        larger = [size for size in sizes if size > self.body * least and sizes[size] < MAX_HEADING_LETTER_SHARE * total]
        self.levels = {size: min(rank, MAX_HEADING_LEVELS) for rank, size in enumerate(_distinct(larger), 1)}
        for size in larger:
            self.levels.setdefault(
                size, next(level for known, level in self.levels.items() if abs(known - size) <= 0.6)
            )

    def level(self, line: PdfLine, before: PdfLine | None, after: PdfLine | None) -> int:
        text = line.text
        if (
            len(text) > MAX_HEADING_CHARACTERS
            or not any(character.isalpha() for character in text)
            or _bullet.match(text)
            or _leader.search(text)
        ):
            return 0
        if level := self.outline.get(_folded(text), 0):
            return level
        size = _size(line)
        if size in self.levels:
            return self.levels[size]
        if size < self.body * 0.95 or not line.bold or self.mostly_bold or line.hyphenated or len(text) > 90:
            return 0
        if text.endswith((".", ",", ";", ":")) or text[0].islower():
            return 0
        alone = (before is None or not same_row(before, line)) and (after is None or not same_row(line, after))
        goes_on = after is not None and after.bold and after.text[:1].islower()
        if not alone or goes_on:
            return 0
        numbered = _section_number.match(text)
        return min(max(self.levels.values(), default=0) + 1 + (numbered.group(1).count(".") if numbered else 0), 6)


def _distinct(sizes: Iterable[float]) -> list[float]:
    """From large to small; sizes within half a point are one."""
    found: list[float] = []
    for size in sorted(sizes, reverse=True):
        if not found or found[-1] - size > 0.6:
            found.append(size)
    return found


def _size(line: PdfLine) -> float:
    return round(line.height * 2) / 2


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


class _Words:
    """What the document itself says about hyphens: "cutting-" and "edge" are one word or two."""

    def __init__(self, pages: Iterable[Iterable[PdfLine]]) -> None:
        self.known: Counter[str] = Counter()
        for lines in pages:
            goes_on = False
            for line in lines:
                words = _word.findall(line.text.casefold())
                whole = words[1 if goes_on else 0 : -1 if line.hyphenated else None]  # halves say nothing
                self.known.update(whole)
                goes_on = line.hyphenated

    def join(self, before: str, after: str) -> str:
        head, tail = (
            re.search(r"[^\W\d_]*$", before).group().casefold(),
            re.match(r"[^\W\d_]*", after).group().casefold(),
        )  # type: ignore[union-attr]
        if not head or not tail or tail != after[: len(tail)]:  # a number, or a name in capitals, keeps its hyphen
            return f"{before}-{after}"
        whole, parted = self.known[head + tail], self.known[f"{head}-{tail}"]
        if parted > whole or (not whole and self.known[head] and self.known[tail]):
            return f"{before}-{after}"
        return before + after


def _page(lines: Sequence[PdfLine], headings: _Headings, words: _Words) -> list[DocumentElement]:
    right_edges = _right_edges(lines)
    pieces: list[DocumentElement] = []
    last: PdfLine | None = None
    table_end = 0
    for number, line in enumerate(lines):
        if number < table_end:
            continue
        if (table_end := table_at(lines, number)) > number:
            pieces += table_pieces(lines[number:table_end])
            last = lines[table_end - 1]
            continue
        following = lines[number + 1] if number + 1 < len(lines) else None
        level = headings.level(line, last, following)
        open_piece = pieces[-1] if pieces else None
        if level:
            goes_on = (
                open_piece
                and open_piece.kind == "heading"
                and open_piece.level == level
                and last
                and _next_to(last, line)
            )
            if (
                goes_on
                and open_piece
                and len(open_piece.text) + len(line.text) < MAX_HEADING_CHARACTERS
                and not _section_number.match(line.text)
            ):
                open_piece.text = _joined(open_piece.text, last, line, words)
            else:
                pieces.append(DocumentElement("heading", line.text, level))
        elif bullet := _bullet.match(line.text):
            pieces.append(DocumentElement("list_item", line.text[bullet.end() :]))
        elif _number.match(line.text) and not (
            open_piece and open_piece.kind == "paragraph" and last and last.hyphenated
        ):
            pieces.append(DocumentElement("list_item", line.text))
        elif open_piece and last and open_piece.kind in {"paragraph", "list_item"} and _belongs(last, line):
            if _wrapped(last, line, right_edges):
                open_piece.text = _joined(open_piece.text, last, line, words)
            else:
                open_piece.text += "\n" + line.text
        else:
            pieces.append(DocumentElement("paragraph", line.text))
        last = line
    return [piece for piece in pieces if piece.cells or piece.text.strip(" .")]


def _right_edges(lines: Sequence[PdfLine]) -> dict[int, float]:
    """How far lines that begin about here reach, by the place where they begin."""
    edges: dict[int, float] = {}
    for line in lines:
        for column in (int(line.left // 12) - 1, int(line.left // 12), int(line.left // 12) + 1):
            edges[column] = max(edges.get(column, 0.0), line.right)
    return edges


def _next_to(one: PdfLine, other: PdfLine) -> bool:
    return (
        one.height <= 0
        or other.height <= 0
        or -1.5 * one.height < one.bottom - other.top < GAP * max(one.height, other.height)
    )


def _belongs(last: PdfLine, line: PdfLine) -> bool:
    """The line is of the same paragraph or table, as far as its place tells."""
    if last.hyphenated:
        return True
    if last.height <= 0 or line.height <= 0:
        return True
    if not 0.8 < line.height / last.height < 1.25 and not line.text[:1].islower():
        return same_row(last, line)
    if line.bottom > last.top + last.height:  # further up: the next column
        return line.text[:1].islower() and not _sentence_end.search(last.text)
    return _next_to(last, line)


def _wrapped(last: PdfLine, line: PdfLine, right_edges: dict[int, float]) -> bool:
    """The line before ended because it was full, not because the author ended it."""
    if last.hyphenated or (line.text[:1].islower() and not _sentence_end.search(last.text)):
        return True
    if same_row(last, line):
        return True
    edge = right_edges.get(int(last.left // 12), last.right)
    reach = (last.right - last.left) / max(edge - last.left, 1)
    return reach >= FULL_LINE_SHARE and not (_sentence_end.search(last.text) and line.left > last.left + last.height)


def _joined(text: str, last: PdfLine | None, line: PdfLine, words: _Words) -> str:
    if last is not None and last.hyphenated:
        return words.join(text, line.text)
    return f"{text} {line.text}"
