"""The line of a passage that shows best why it was found. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_line_end = re.compile(r"\s*\n\s*")
MAX_CHARACTERS = 190  # characters: two lines on the page of results
ONE_LINE = 96


@dataclass(frozen=True, slots=True)
class HighlightedText:
    text: str
    on: bool = False


def snippet(text: str, spans: Sequence[tuple[int, int]], shown: int = MAX_CHARACTERS) -> list[HighlightedText]:
    """The stretch with the most found words in it, from a word's beginning to a word's end."""
    spans = _merged(spans, text)
    start, end = _window(text, spans, shown)
    while end > start and text[end - 1].isspace():
        end -= 1
    parts, at = [], start
    for begin, stop in spans:
        begin, stop = max(begin, start), min(stop, end)
        if begin >= stop:
            continue
        if begin > at:
            parts.append(HighlightedText(_flat(text[at:begin])))
        parts.append(HighlightedText(_flat(text[begin:stop]), True))
        at = stop
    if at < end:
        parts.append(HighlightedText(_flat(text[at:end])))
    begins_anew = start == 0 or text[start - 1] == "\n" or text[:start].rstrip()[-1:] in ".?!;"
    return parts if begins_anew or not parts else [HighlightedText("… "), *parts]


def _merged(spans: Sequence[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Words that follow each other on one line are one mark."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(piece for span in spans for piece in _by_line(text, *span)):
        if found and not text[found[-1][1] : start].strip(" ,;:.-'’"):
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif end > start:
            found.append((start, end))
    return found


def _by_line(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found, at = [], start
    for line in text[start:end].splitlines(keepends=True):
        words = line.strip()
        if words:
            begin = at + line.index(words[0])
            found.append((begin, begin + len(words)))
        at += len(line)
    return found


def _window(text: str, spans: list[tuple[int, int]], shown: int) -> tuple[int, int]:
    best, most = 0, -1
    for start, _ in spans:
        count = sum(end - begin for begin, end in spans if start <= begin and end <= start + shown * 0.7)
        if count > most:
            best, most = start, count
    start = _sentence_start(text, best, shown // 2)
    line_end = text.find("\n", max(best, start + shown // 2))
    end = min(len(text), start + shown, line_end if line_end > 0 else len(text))
    if end < len(text) and end != line_end:
        end = max(text.rfind(" ", start, end), start + shown // 2)
    return start, end


def _sentence_start(text: str, at: int, before: int) -> int:
    low = max(0, at - before)
    ends = [found + len(mark) for mark in (". ", "? ", "! ", "\n", "; ") if (found := text.rfind(mark, low, at)) >= 0]
    if ends:
        return max(ends)
    if low == 0:
        return 0
    space = text.find(" ", low, at)
    return space + 1 if space >= 0 else at


def _flat(text: str) -> str:
    return _line_end.sub(" · ", text.replace(" | ", ", "))
