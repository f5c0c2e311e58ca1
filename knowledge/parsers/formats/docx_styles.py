"""What Word's styles and numbering say about a paragraph: heading level, hidden, number."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from knowledge.parsers.archives import attribute, local_name
from knowledge.parsers.base import ParseFailed
from knowledge.parsers.formats.ooxml import is_on
from knowledge.parsers.safe_xml import parse_xml

LONGEST_CHAIN = 12

_root = re.compile(rb"<w:styles\b[^>]*>")
_heading = re.compile(r"heading (\d)$", re.IGNORECASE)


@dataclass(slots=True)
class Style:
    level: int = 0  # of a heading
    hidden: bool = False
    shaded: bool = False
    number_id: str = ""
    number_level: str = ""


class Styles:
    """The styles of a document, each parsed when a paragraph uses it: templates carry hundreds of kilobytes of them."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        root = _root.search(source)
        self._root = root.group() if root else b""
        self._known: dict[str, Style] = {}

    def of(self, name: str) -> Style:
        if name not in self._known:
            self._known[name] = self._resolved(name)
        return self._known[name]

    def _resolved(self, name: str) -> Style:
        """From the style up to those it is based on; what is nearer counts."""
        style, outline = Style(), ""
        if not self._source and (bare := re.match(r"Heading(\d)$", name)):
            style.level = int(bare.group(1))
        for _ in range(LONGEST_CHAIN):
            element = self._element(name)
            if element is None:
                break
            found = {local_name(part.tag): part for part in element.iter()}
            title = attribute(found["name"], "val") if "name" in found else ""
            if not style.level and (heading := _heading.match(title)):
                style.level = int(heading.group(1))
            if not style.level and title.lower() == "title":
                style.level = 1
            if "outlineLvl" in found and not outline:
                outline = attribute(found["outlineLvl"], "val")
            style.hidden = style.hidden or is_on(found.get("vanish"))
            style.shaded = style.shaded or "shd" in found
            style.number_id = style.number_id or (attribute(found["numId"], "val") if "numId" in found else "")
            style.number_level = style.number_level or (attribute(found["ilvl"], "val") if "ilvl" in found else "")
            name = attribute(found["basedOn"], "val") if "basedOn" in found else ""
        if not style.level and outline.isdigit() and int(outline) < 9:
            style.level = int(outline) + 1
        return style

    def _element(self, name: str) -> Element | None:
        at = self._source.find(b'w:styleId="%s"' % escape(name, {'"': "&quot;"}).encode()) if name else -1
        start, end = self._source.rfind(b"<w:style ", 0, max(at, 0)), self._source.find(b"</w:style>", at)
        if at < 0 or start < 0 or end < 0:
            return None
        try:
            return parse_xml(self._root + self._source[start:end] + b"</w:style></w:styles>")[0]
        except (ParseFailed, IndexError):
            return None


@dataclass(slots=True)
class _Level:
    form: str = "decimal"
    text: str = ""
    start: int = 1


class Numbering:
    """Counts numbered paragraphs as Word does, so that "3.2" in a heading is part of the text."""

    def __init__(self, tree: Element | None) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        for element in tree if tree is not None else ():
            if local_name(element.tag) == "abstractNum":
                self._levels[attribute(element, "abstractNumId")] = dict(
                    _level(child) for child in element if local_name(child.tag) == "lvl"
                )
            elif local_name(element.tag) == "num":
                target = next(
                    (attribute(child, "val") for child in element if local_name(child.tag) == "abstractNumId"), ""
                )
                self._abstract[attribute(element, "numId")] = target

    def knows(self, number_id: str) -> bool:
        return number_id not in {"", "0"} and (number_id in self._abstract or not self._abstract)

    def next(self, number_id: str, level: str) -> str:
        """The number that stands before this paragraph; empty for bullets and paragraphs without one."""
        abstract = self._abstract.get(number_id, "")
        levels = self._levels.get(abstract, {})
        depth = int(level) if level.isdigit() else 0
        here = levels.get(depth)
        if number_id in {"", "0"} or here is None:
            return ""
        counts = self._counts[abstract]
        counts[depth] = counts.get(depth, here.start - 1) + 1
        for deeper in [key for key in counts if key > depth]:
            del counts[deeper]
        if here.form in {"bullet", "none"}:
            return ""

        def shown(match: re.Match[str]) -> str:
            index = int(match.group(1)) - 1
            at = levels.get(index, here)
            return _written(counts.get(index, at.start), at.form)

        return re.sub(r"%(\d)", shown, here.text).strip()


def _level(element: Element) -> tuple[int, _Level]:
    values = {local_name(child.tag): attribute(child, "val") for child in element}
    start, number = values.get("start", "1"), attribute(element, "ilvl")
    return int(number) if number.isdigit() else 0, _Level(
        values.get("numFmt", "decimal"), values.get("lvlText", ""), int(start) if start.isdigit() else 1
    )


def _written(number: int, form: str) -> str:
    match form:
        case "lowerLetter" | "upperLetter":
            letters = chr(ord("a") + (number - 1) % 26) * min(1 + (number - 1) // 26, 5) if number > 0 else ""
            return letters.upper() if form == "upperLetter" else letters
        case "lowerRoman" | "upperRoman":
            roman = _roman(number)
            return roman if form == "upperRoman" else roman.lower()
        case "decimalZero":
            return f"{number:02}"
    return str(number)


def _roman(number: int) -> str:
    written = ""
    for value, letters in (
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ):
        count, number = divmod(max(0, min(number, 3999)), value)
        written += letters * count
    return written
