"""Emphasis in Markdown, without its marks, in time that grows with the length of the text.

One regular expression with lazy repetition looks for the end of each opening mark up to the end of the paragraph: 95 kB of
marks that are never closed took it more than 120 seconds. Whether a mark may close depends on the characters beside it
alone. So if none closes after one opening mark, none closes after the next, and it is not searched for again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STRONG = ("***", "**", "~~", "==")
_LINES = ("___", "__", "_")  # longest first, as in _STRONG: the first that closes counts
_strong_opens = re.compile(r"\*\*(?=\S)|~~(?=\S)|==(?=\S)")
_line_opens = re.compile(r"(?<![\w\\])_(?=\S)")
_star = re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]+)(?<=[^\s*\\])\*(?![\w*])")
_closes = {mark: re.compile(rf"(?<=\S){re.escape(mark)}") for mark in _STRONG}
_closes |= {mark: re.compile(rf"(?<=\S){mark}(?!\w)") for mark in _LINES}
MAX_DEPTH = 3  # marks inside of marks


def without_emphasis(words: str) -> str:
    for _ in range(MAX_DEPTH):
        before = words
        words = _unmarked(words, _strong_opens, _STRONG)
        words = _unmarked(_star.sub(r"\1", words), _line_opens, _LINES)
        if words == before:
            break
    return words


def _unmarked(words: str, opens: re.Pattern[str], marks: tuple[str, ...]) -> str:
    parts: list[str] = []
    never_closed: set[str] = set()
    copied = at = 0
    while opening := opens.search(words, at):
        start = opening.start()
        for mark in _marks_at(words, start, marks):
            if mark in never_closed:
                continue
            inside = start + len(mark)
            end = _closes[mark].search(words, inside + 1)
            if end is None:
                never_closed.add(mark)
                continue
            parts += words[copied:start], words[inside : end.start()]
            copied = at = end.end()
            break
        else:
            at = start + 1
    return "".join([*parts, words[copied:]])


def _marks_at(words: str, start: int, marks: tuple[str, ...]) -> Iterator[str]:
    """The marks that may open here: followed by something that is no space."""
    for mark in marks:
        after = words[start + len(mark) : start + len(mark) + 1]
        if words.startswith(mark, start) and after and not after.isspace():
            yield mark
