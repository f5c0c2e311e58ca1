"""Cuts a parsed document into passages. Pure: no models, no settings, no clock.

A passage is a span of the document's text, so that a citation can be shown where it stands. Passages end where the
author ended something: a section, a page, a paragraph, a table row, a sentence; never inside a word.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from knowledge.parsers.base import Block, PageSpan, ParsedDocument
from knowledge.text.sentences import pieces, sentence_spans, trim, weight

SECTION_LEVEL = 2  # headings down to this level begin a new passage
TINY = 4  # a section below a quarter of a passage is joined with its neighbours
HEADER_WORDS = 60  # a longer header row is cut before it is repeated in the embedding text
SECTION, PAGE = "section", "page"
SENTENCE_ENDS = set(".!?:;\u2026\u3002\uff01\uff1f\u061f")


@dataclass(frozen=True, slots=True)
class ChunkRules:
    """`words` bounds a passage. `overlap` words of it are repeated at most in the next one of the same section."""

    words: int = 180
    overlap: int = 40

    @property
    def name(self) -> str:
        return f"words-{self.words}-{self.overlap}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """`text` is parsed.text[start:end]; `page` (from 1) and `heading_path` say where it begins.

    `context` is the header row of the table that the passage continues; it is embedded and analysed, but not shown.
    """

    ordinal: int
    text: str
    start: int
    end: int
    page: int
    heading_path: tuple[str, ...] = ()
    context: str = ""


def chunk(parsed: ParsedDocument, rules: ChunkRules = ChunkRules()) -> list[Chunk]:
    text = parsed.text
    sections = _sections(_whole_sentences(list(_units(parsed, rules)), text, rules))
    spans = [span for section in _joined(sections, rules) for span in _packed(section, rules)]
    return [
        Chunk(ordinal, text[units[0].start : units[-1].end], units[0].start, units[-1].end, *_place(units, parsed))
        for ordinal, units in enumerate(spans)
    ]


def embedding_text(title: str, chunk: Chunk) -> str:
    """What is embedded and analysed: title, heading path and text, none of them twice."""
    opening = chunk.text[:400].casefold()
    said: list[str] = []
    for heading in (title, *chunk.heading_path):
        key = heading.strip().casefold()
        if key and not opening.startswith(key) and key not in (earlier.casefold() for earlier in said):
            said.append(heading.strip())
    above = [" > ".join(said)] if said else []
    return "\n".join([*above, *([chunk.context] if chunk.context else []), chunk.text])


@dataclass(frozen=True, slots=True)
class _Unit:
    """The smallest piece that is never cut: a heading, a sentence, a table row, or a part of one that is too long."""

    start: int
    end: int
    weight: float
    kind: str
    page: int
    path: tuple[str, ...]
    header: tuple[int, int] | None = None
    breaks: str = ""  # SECTION or PAGE: why this unit begins something new


def _units(parsed: ParsedDocument, rules: ChunkRules) -> Iterator[_Unit]:
    text, pages = parsed.text, _Pages(parsed.pages)
    path: list[tuple[int, str]] = []
    header: tuple[int, int] | None = None
    page = 0
    for block in _covering(parsed):
        breaks = ""
        if block.kind == "heading":
            path = [step for step in path if step[0] < block.level]
            path.append((block.level, " ".join(text[block.start : block.end].split())))
            breaks = SECTION if block.level <= SECTION_LEVEL else ""
        if block.kind == "table_header":
            header = (block.start, block.end)
        elif block.kind != "table_row":
            header = None
        names = tuple(name for _, name in path)
        for start, end in _smallest(text, block, rules):
            here = pages.at(start)
            if page and here != page and not breaks:
                breaks = PAGE
            page = here
            repeated = header if block.kind == "table_row" else None
            yield _Unit(start, end, weight(text[start:end]), block.kind, here, names, repeated, breaks)
            breaks = ""


def _covering(parsed: ParsedDocument) -> Iterator[Block]:
    """The blocks in order, and paragraphs for whatever text stands between them; cut at page boundaries."""
    at = 0
    edges = sorted({page.start for page in parsed.pages})
    for block in sorted(parsed.blocks, key=lambda block: (block.start, block.end)):
        if block.end <= at:
            continue
        yield from _cut_at_pages(parsed.text, Block("paragraph", at, max(at, block.start)), edges)
        yield from _cut_at_pages(parsed.text, replace(block, start=max(at, block.start)), edges)
        at = block.end
    yield from _cut_at_pages(parsed.text, Block("paragraph", at, len(parsed.text)), edges)


def _cut_at_pages(text: str, block: Block, edges: Sequence[int]) -> Iterator[Block]:
    inside = [edge for edge in edges if block.start < edge < block.end]
    for start, end in zip([block.start, *inside], [*inside, block.end], strict=True):
        if span := trim(text, start, end):
            yield replace(block, start=span[0], end=span[1])


def _smallest(text: str, block: Block, rules: ChunkRules) -> Iterator[tuple[int, int]]:
    whole = block.kind in {"heading", "table_row", "table_header"}
    for start, end in [(block.start, block.end)] if whole else sentence_spans(text, block.start, block.end):
        if end - start > rules.words and weight(text[start:end]) > rules.words:
            yield from pieces(text, start, end, rules.words)
        else:
            yield start, end


def _whole_sentences(units: Sequence[_Unit], text: str, rules: ChunkRules) -> list[_Unit]:
    """A sentence that runs over the end of a page belongs to the page on which it begins."""
    whole: list[_Unit] = []
    for unit in units:
        last = whole[-1] if whole else None
        if last and unit.breaks == PAGE and _continues(last, unit, text) and last.weight + unit.weight <= rules.words:
            whole[-1] = replace(last, end=unit.end, weight=last.weight + unit.weight)
        elif last and not unit.breaks and unit.page != last.page:
            whole.append(replace(unit, breaks=PAGE))
        else:
            whole.append(unit)
    return whole


def _continues(last: _Unit, unit: _Unit, text: str) -> bool:
    prose = last.kind in {"paragraph", "list_item"} and unit.kind == "paragraph"
    return prose and text[unit.start].islower() and text[last.end - 1] not in SENTENCE_ENDS


def _sections(units: Sequence[_Unit]) -> list[list[_Unit]]:
    sections: list[list[_Unit]] = []
    for unit in units:
        if unit.breaks or not sections:
            sections.append([])
        sections[-1].append(unit)
    return sections


def _joined(sections: Iterable[list[_Unit]], rules: ChunkRules) -> Iterator[list[_Unit]]:
    """Tiny sections joined with their neighbours of the same page; no heading is left alone at the end of one."""
    tiny = rules.words / TINY
    held: list[_Unit] = []
    for section in sections:
        if held:
            one, other = _weigh(held), _weigh(section)
            same_page = held[0].page == section[0].page
            only_headings = all(unit.kind == "heading" for unit in held)
            if (one + other <= rules.words and same_page and min(one, other) < tiny) or (only_headings and one < tiny):
                held = held + section
                continue
            yield held
        held = section
    if held:
        yield held


def _packed(units: Sequence[_Unit], rules: ChunkRules) -> Iterator[list[_Unit]]:
    """Passages of one section, about equally long, each at most `words`, each but the first with an overlap."""
    begin, left = 0, _weigh(units)
    fresh = max(1, rules.words - rules.overlap)
    while begin < len(units):
        if left <= rules.words:
            yield list(units[begin:])
            return
        passages = max(2, math.ceil((left - rules.overlap) / fresh))
        target = (left + (passages - 1) * rules.overlap) / passages
        end, size = begin, 0.0
        while end < len(units) and (end == begin or size + units[end].weight <= rules.words):
            if size + units[end].weight / 2 >= target and _may_end(units, end):
                break
            size += units[end].weight
            end += 1
        end = _last_good_end(units, begin, end)
        yield list(units[begin:end])
        start = _overlapping(units, begin, end, rules) if end < len(units) else end
        left -= _weigh(units[begin:start])
        begin = start


def _may_end(units: Sequence[_Unit], end: int) -> bool:
    return units[end - 1].kind != "heading"


def _last_good_end(units: Sequence[_Unit], begin: int, end: int) -> int:
    """Not after a heading, whose text would stand in the next passage."""
    if end >= len(units):
        return end
    good = end
    while good > begin + 1 and units[good - 1].kind in {"heading", "table_header"}:
        good -= 1
    return good if units[good - 1].kind not in {"heading", "table_header"} else end


def _overlapping(units: Sequence[_Unit], begin: int, end: int, rules: ChunkRules) -> int:
    """Where the next passage begins: some whole sentences back, never in a table, never before a heading.

    The overlap must leave room for something new: repeated sentences plus the next unit stay within `words`.
    """
    size, start = 0.0, end
    room = min(rules.overlap, rules.words - units[end].weight)
    while start - 1 > begin and units[start - 1].kind in {"paragraph", "list_item"}:
        size += units[start - 1].weight
        if size > room:
            break
        start -= 1
    return start if units[end].kind in {"paragraph", "list_item"} else end


def _place(units: Sequence[_Unit], parsed: ParsedDocument) -> tuple[int, tuple[str, ...], str]:
    """Page and heading path of the beginning; of joined sections only the headings they share."""
    inside = [unit for unit in units if unit.kind != "heading"] or list(units)
    path = inside[0].path
    if any(unit.breaks == SECTION for unit in units[1:] if unit.kind == "heading" and unit.start > inside[0].start):
        path = _shared([unit.path for unit in inside])
    first_row = next((unit for unit in units if unit.header), None)
    context = ""
    if first_row and first_row.header and not units[0].start <= first_row.header[0] < units[-1].end:
        context = _shortened(parsed.text[first_row.header[0] : first_row.header[1]])
    return units[0].page, path, context


def _shared(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    steps = zip(*paths, strict=False)
    return tuple(step[0] for step in takewhile(lambda step: len(set(step)) == 1, steps))


def _shortened(header: str) -> str:
    words = re.split(r"(?<=\s)(?=\S)", header)
    return "".join(words[:HEADER_WORDS]).strip()


def _weigh(units: Iterable[_Unit]) -> float:
    return sum(unit.weight for unit in units)


class _Pages:
    """Which page a place of the text is on; 1 where a document has no pages."""

    def __init__(self, pages: Iterable[PageSpan]) -> None:
        self.pages = sorted(pages, key=lambda page: page.start)
        self.starts = [page.start for page in self.pages]

    def at(self, offset: int) -> int:
        if not self.pages:
            return 1
        return self.pages[max(0, bisect_right(self.starts, offset) - 1)].number
