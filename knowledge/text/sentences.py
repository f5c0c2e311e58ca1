"""Where sentences end and how long a text is, for scripts with and without spaces. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Ideographs, kana and hangul-free CJK punctuation; and the scripts of South-East Asia that write no spaces.
CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3031-\u3035\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
UNSPACED = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df"
CHARACTERS_PER_CJK_WORD = 2
CHARACTERS_PER_UNSPACED_WORD = 5
LONG_TOKEN = 16  # beyond this a token (a link, a serial number) costs an embedder as much as several words

_dense = re.compile(f"[{CJK}{UNSPACED}]")
_cjk = re.compile(f"[{CJK}]")
_unspaced = re.compile(f"[{UNSPACED}]")
_token = re.compile(r"\S+")
_end = re.compile(
    r"""[.!?\u2026]+["'\u201d\u2019\u00bb)\]]*(?=\s)   # Western
      | [\u3002\uff01\uff1f\uff61]+["\u201d\u2019\u300d\u300f\uff09]*  # CJK: no space follows
      | [\u061f\u06d4\u0964\u0965\u104b\u17d4]+  # Arabic, Devanagari, Burmese, Khmer
      | \n""",
    re.VERBOSE,
)
_abbreviation = re.compile(
    r"(?:\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|No|Nr|Art|Abs|Fig|Sec|Vol|pp|vs|etc|e\.g|i\.e|cf|ca|approx|Inc|Ltd|Co|Corp"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|z\.B|d\.h|u\.a|bzw|usw|ggf|inkl|zzgl|Tel|Str|Sra|Dra)|^\W*\d{1,3})\.$"
)


def weight(text: str) -> float:
    """The length of a text in words; scripts without spaces are measured in characters."""
    if text.isascii():
        total = 0.0
        for token in text.split():
            total += 1 if len(token) <= LONG_TOKEN else len(token) / LONG_TOKEN * 2
        return total
    total = 0.0
    for token in text.split():
        if _dense.search(token):
            cjk, unspaced = len(_cjk.findall(token)), len(_unspaced.findall(token))
            rest = len(token) - cjk - unspaced
            total += cjk / CHARACTERS_PER_CJK_WORD + unspaced / CHARACTERS_PER_UNSPACED_WORD + rest / LONG_TOKEN
        else:
            total += 1 if len(token) <= LONG_TOKEN else len(token) / LONG_TOKEN * 2
    return total


def sentence_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of the sentences of text[start:end], without white space around them. A line ends its sentence."""
    begin = start
    for match in _end.finditer(text, start, end):
        stop = match.end()
        if match.group()[0] == "." and _continues(text, begin, stop, end):
            continue
        if trimmed := trim(text, begin, stop):
            yield trimmed
        begin = stop
    if trimmed := trim(text, begin, end):
        yield trimmed


def _continues(text: str, begin: int, stop: int, end: int) -> bool:
    """A full stop that ends no sentence: an abbreviation, or small letters after it."""
    following = text[stop : min(end, stop + 20)].lstrip()
    if "\n" in text[stop : stop + 1] or not following:
        return False
    if following[0].islower():
        return True
    return bool(_abbreviation.search(text[max(begin, stop - 12) : stop]))


def pieces(text: str, start: int, end: int, limit: float) -> Iterator[tuple[int, int]]:
    """text[start:end] cut at white space, or between characters where a script has none, each at most `limit`."""
    begin, last, total = start, start, 0.0
    for a, b in _cuts(text, start, end, limit):
        cost = weight(text[a:b])
        if total and total + cost > limit:
            yield from _trimmed(text, begin, last)
            begin, total = a, 0.0
        total += cost
        last = b
    yield from _trimmed(text, begin, last)


def _cuts(text: str, start: int, end: int, limit: float) -> Iterator[tuple[int, int]]:
    """Tokens; and short runs of a token that has no spaces inside or is longer than a whole passage."""
    for match in _token.finditer(text, start, end):
        a, b = match.span()
        if _dense.search(match.group()):
            yield from _runs(text, a, b)
        elif weight(match.group()) > limit:
            step = max(1, int(limit * LONG_TOKEN / 2) - 1)
            yield from ((i, min(i + step, b)) for i in range(a, b, step))
        else:
            yield a, b


def _runs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """One character each, with the marks, punctuation and Latin words that follow it."""
    begin = start
    for i in range(start + 1, end):
        if i - begin >= LONG_TOKEN or (_dense.match(text[i]) and not _is_mark(text[i])):
            yield begin, i
            begin = i
    yield begin, end


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Mc"}


def trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece) - len(piece.rstrip())
    return (start + left, end - right) if left < len(piece) else None


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if span := trim(text, start, end):
        yield span
