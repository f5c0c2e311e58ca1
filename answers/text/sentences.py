"""Splits text into sentences and table rows, each with its place. Pure; made for many languages without any model."""

from __future__ import annotations

import re
from dataclasses import dataclass

from answers.text.words import is_stop_word

ENDERS = ".!?…。！？؟۔।"
CLOSERS = "\"')]”’»›」』）"
_WIDE_ENDERS = "。！？"  # need no space behind them
_SHORT = """mr mrs ms dr prof sr jr st rev hon gen col sgt capt lt gov sen rep inc ltd co corp bros dept est no nos
    vol vols pp p fig figs sec ch art ed eds al etc vs cf ca approx min max tel ext jan feb mar apr jun jul
    aug sep sept oct nov dec mon tue tues wed thu thur fri sat sun e.g i.e a.m p.m u.s u.k u.n d.c ph.d z.b
    bzw usw ggf evtl inkl exkl abs nr str d.h u.a s.o vgl bspw sog ca mio mrd ud uds dra sra srta ej pág núm
    aprox av"""
_ABBREVIATIONS = frozenset(_SHORT.split())
_ENDS_TOO = (
    "etc inc ltd co corp a.m p.m u.s u.k d.c usw jr sr al uds"  # often last in a sentence: the next word decides
)
_MAY_END = frozenset(_ENDS_TOO.split())
_END = re.compile(rf"[{re.escape(ENDERS)}]+[{re.escape(CLOSERS)}]*")
_LAST_WORD = re.compile(r"(?:\w+\.)*\w+$")
_FIRST_WORD = re.compile(r"\s*(\w+)")
_SPACES = re.compile(r"\s+")
SOFT_WRAP = 60  # a line this long that stops without an end mark was wrapped, when the next one goes on in lower case


@dataclass(frozen=True, slots=True)
class Sentence:
    """`whole` is false for what a passage's edge cut off."""

    text: str
    start: int
    end: int
    whole: bool = True


def split(text: str) -> list[Sentence]:
    """The sentences of `text` in order; a line break ends one unless the line was only wrapped."""
    result: list[Sentence] = []
    for start, end in _blocks(text):
        for begin, stop in _in_block(text, start, end):
            result.append(Sentence(text[begin:stop], begin, stop, _whole(text, begin, stop)))
    return result


def boundary(text: str) -> int:
    """Where the first sentence of a text that is still growing ends, or -1 while that is not certain."""
    newline = text.find("\n", len(text) - len(text.lstrip()))
    for match in _END.finditer(text):
        if 0 <= newline < match.start():
            break
        if match.end() == len(text):
            return -1
        if _ends(text, match, len(text)) and (text[match.end() :].strip() or match.group()[0] in _WIDE_ENDERS):
            return match.end()
    return newline


def plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _blocks(text: str) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    position = 0
    for line in text.split("\n"):
        start, end = position, position + len(line)
        position = end + 1
        if not line.strip():
            continue
        if blocks and _continues(text, blocks[-1], start, end):
            blocks[-1] = (blocks[-1][0], end)
        else:
            blocks.append((start, end))
    return blocks


def _continues(text: str, before: tuple[int, int], start: int, end: int) -> bool:
    if start != before[1] + 1:
        return False  # an empty line stands between
    previous, line = text[before[0] : before[1]].rstrip(), text[start:end].lstrip()
    last_line = previous.rsplit("\n", 1)[-1]
    if len(last_line) < SOFT_WRAP or previous[-1] in ENDERS + ":" or " | " in last_line:
        return False
    return line[0].islower() or (line[0].isdigit() and last_line[-1].isalpha() and not re.match(r"\d+[.)]\s", line))


def _in_block(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _END.finditer(text, start, end):
        if match.end() < end and not _ends(text, match, end):
            continue
        spans.append((begin, match.end()))
        begin = match.end()
    spans.append((begin, end))
    trimmed = [_trim(text, *span) for span in spans]
    return [span for span in trimmed if span[1] > span[0]]


def _ends(text: str, match: re.Match[str], limit: int) -> bool:
    mark, after = match.group(), match.end()
    if mark[0] in _WIDE_ENDERS:
        return True
    if after >= limit:
        return True
    if not text[after].isspace():
        return False
    following = text[after:limit].lstrip()[:1]
    if not following:
        return True
    if mark == ".":
        last = _LAST_WORD.search(text, max(0, match.start() - 30), match.start())
        word = last.group().casefold() if last else ""
        if word in _ABBREVIATIONS:
            opener = _FIRST_WORD.match(text[after:limit])
            return word in _MAY_END and following.isupper() and bool(opener) and is_stop_word(opener[1].casefold())
        if len(word) == 1 and word.isalpha():  # an initial: "J. Petit"
            return False
        if word.isdigit() and _starts_line(text, match.start() - len(word)):  # "3. Return the badge"
            return False
        if word.isdigit() and len(word) <= 2 and following.isalpha():  # "am 7. Januar", but also "until page 12. Then"
            return following.isupper() and not _month(text[after:limit].lstrip())
    return not following.islower()


def _month(text: str) -> bool:
    return text[:3].casefold() in {"jan", "feb", "mär", "mar", "apr", "mai", "may", "jun", "jul", "aug", "sep", "okt",
                                   "oct", "nov", "dez", "dec", "jah"}  # fmt: skip


def _starts_line(text: str, position: int) -> bool:
    before = text[:position].rstrip(" \t")
    return not before or before[-1] == "\n"


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _whole(text: str, start: int, end: int) -> bool:
    if text[start].islower() and (start == 0 or text[start - 1] == "\n"):  # the rest of something above
        return False
    cut_off = end == len(text.rstrip()) and text[end - 1] not in ENDERS + CLOSERS + ":|" and len(text) > 200
    return not (cut_off and text[start:end].count(" ") >= 8 and " | " not in text[start:end])
