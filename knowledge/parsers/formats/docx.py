"""Word documents to pieces: the body as it prints, without deleted or hidden text, with numbers of numbered lists."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from knowledge.parsers.archives import Archive, attribute, damaged, local_name
from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, cell_text, table_of_pieces
from knowledge.parsers.formats.docx_styles import Numbering, Styles
from knowledge.parsers.formats.ooxml import is_on, main_part, note_properties
from knowledge.parsers.read import ParseContext

MAX_DEPTH = 60
INLINE = {
    "hyperlink",
    "ins",
    "moveTo",
    "smartTag",
    "sdt",
    "sdtContent",
    "fldSimple",
    "dir",
    "bdo",
    "customXml",
    "ruby",
    "rubyBase",
}
WRAPPERS = {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"}
TINY_TYPE = 3  # half points
WHITE = {"FFFFFF", "FEFEFE"}


def read_docx(reading: ParseContext) -> DocumentDraft:
    archive = Archive(reading.source, reading.limits)
    try:
        return _Word(archive).draft
    finally:
        archive.close()


class _Word:
    def __init__(self, archive: Archive) -> None:
        self.draft = DocumentDraft()
        part = main_part(archive, "word/document.xml")
        folder = part.rsplit("/", 1)[0]
        body = next((child for child in archive.xml(part) if local_name(child.tag) == "body"), None)
        if body is None:
            raise damaged()
        self.styles = Styles(archive.read(f"{folder}/styles.xml") if f"{folder}/styles.xml" in archive else b"")
        self.numbering = Numbering(archive.optional_xml(f"{folder}/numbering.xml"))
        self.notes: list[tuple[str, str]] = []
        self.in_table = 0
        note_properties(archive, self.draft)
        self.draft.pieces += self._blocks(body)
        for kind in ("footnote", "endnote"):
            self._notes(kind, archive.optional_xml(f"{folder}/{kind}s.xml"))

    def _blocks(self, container: Element, depth: int = 0) -> Iterator[DocumentElement]:
        if depth > MAX_DEPTH:
            raise damaged()
        for child in container:
            name = local_name(child.tag)
            if name == "p":
                yield from self._paragraph(child, depth)
            elif name == "tbl":
                self.in_table += 1
                rows = [[list(self._blocks(cell, depth + 1)) for cell in row] for row in _rows(child)]
                self.in_table -= 1
                yield from table_of_pieces(rows)
            elif name in WRAPPERS:
                yield from self._blocks(child, depth + 1)
            elif name == "AlternateContent":
                yield from self._blocks(_chosen(child), depth + 1)

    def _paragraph(self, paragraph: Element, depth: int) -> Iterator[DocumentElement]:
        properties = _child(paragraph, "pPr")
        style = self.styles.of(_value(properties, "pStyle"))
        boxes: list[Element] = []
        shaded = self.in_table > 0 or style.shaded or _child(properties, "shd") is not None
        text = "".join(self._inline(paragraph, boxes, hidden=style.hidden, shaded=shaded))
        level = style.level
        if (outline := _value(properties, "outlineLvl")).isdigit():
            level = int(outline) + 1 if int(outline) < 9 else 0
        numbers = _child(properties, "numPr")
        number_id = _value(numbers, "numId") or style.number_id
        number_level = _value(numbers, "ilvl") or style.number_level or "0"
        if text.strip():
            label = self.numbering.next(number_id, number_level)
            if level:
                yield DocumentElement("heading", f"{label} {text}" if label else text, min(level, 6))
            elif self.numbering.knows(number_id):
                yield DocumentElement("list_item", f"{label} {text}" if label else text, min(int(number_level), 8))
            else:
                yield DocumentElement("paragraph", text)
        for box in boxes:
            yield from self._blocks(box, depth + 1)

    def _inline(self, paragraph: Element, boxes: list[Element], *, hidden: bool, shaded: bool) -> Iterator[str]:
        waiting = [iter(paragraph)]
        while waiting:
            child = next(waiting[-1], None)
            if child is None:
                waiting.pop()
                continue
            name = local_name(child.tag)
            if name == "r":
                words = "".join(self._run(child, boxes))
                if hidden or self._is_hidden(child, shaded):
                    if words.strip():
                        self.draft.warn_hidden()
                else:
                    yield words
            elif name in INLINE and len(waiting) < MAX_DEPTH:
                waiting.append(iter(child))
            elif name in {"oMath", "oMathPara"}:
                yield "".join(text.text or "" for text in child.iter() if local_name(text.tag) == "t")

    def _run(self, run: Element, boxes: list[Element]) -> Iterator[str]:
        for child in run:
            match local_name(child.tag):
                case "t":
                    yield child.text or ""
                case "tab":
                    yield " "
                case "br" | "cr":
                    yield "" if attribute(child, "type") in {"page", "column"} else "\n"
                case "noBreakHyphen":
                    yield "-"
                case "ruby":
                    yield "".join(
                        text.text or ""
                        for base in child
                        if local_name(base.tag) == "rubyBase"
                        for text in base.iter()
                        if local_name(text.tag) == "t"
                    )
                case "footnoteReference" | "endnoteReference":
                    self.notes.append((local_name(child.tag).removesuffix("Reference"), attribute(child, "id")))
                case "AlternateContent":
                    boxes += _text_boxes(_chosen(child))
                case "drawing" | "pict" | "object":
                    boxes += _text_boxes(child)

    def _is_hidden(self, run: Element, shaded: bool) -> bool:
        properties = _child(run, "rPr")
        if properties is None:
            return False
        vanish = _child(properties, "vanish")
        if is_on(vanish) if vanish is not None else self.styles.of(_value(properties, "rStyle")).hidden:
            return True
        size = _value(properties, "sz")
        if size.isdigit() and int(size) <= TINY_TYPE:
            return True
        on_white = not shaded and _child(properties, "shd") is None and _child(properties, "highlight") is None
        return on_white and _value(properties, "color").upper() in WHITE

    def _notes(self, kind: str, tree: Element | None) -> None:
        """Foot- and endnotes, in the order of their references, after the text."""
        bodies = {attribute(note, "id"): note for note in tree} if tree is not None else {}
        for referred, number in self.notes:
            if referred == kind and number in bodies:
                text = cell_text(self._blocks(bodies.pop(number), 1))
                self.draft.pieces.append(DocumentElement("paragraph", text))


def _rows(table: Element) -> Iterator[list[Element]]:
    """Cells of each row; a merged cell keeps its columns, so that rows stay under their header."""
    for row in _flat(table, "tr"):
        properties = _child(row, "trPr")
        if _child(properties, "del") is None and not is_on(_child(properties, "hidden")):
            cells: list[Element] = []
            for cell in _flat(row, "tc"):
                cells.append(cell)
                span = _value(_child(cell, "tcPr"), "gridSpan")
                cells += [Element("empty")] * (min(int(span), 60) - 1 if span.isdigit() else 0)
            yield cells


def _flat(container: Element, name: str) -> Iterator[Element]:
    for child in container:
        if local_name(child.tag) == name:
            yield child
        elif local_name(child.tag) in WRAPPERS:
            yield from _flat(child, name)


def _text_boxes(drawing: Element) -> list[Element]:
    found: list[Element] = []
    waiting = [drawing]
    while waiting:
        element = waiting.pop()
        if local_name(element.tag) == "txbxContent":
            found.append(element)
        elif local_name(element.tag) == "AlternateContent":
            waiting.append(_chosen(element))
        else:
            waiting += reversed(list(element))
    return found


def _chosen(alternates: Element) -> Element:
    """One of several forms of the same content."""
    return next(
        (child for child in alternates if local_name(child.tag) == "Choice"), next(iter(alternates), alternates)
    )


def _child(element: Element | None, name: str) -> Element | None:
    return next((child for child in element if local_name(child.tag) == name), None) if element is not None else None


def _value(element: Element | None, name: str) -> str:
    child = _child(element, name)
    return attribute(child, "val") if child is not None else ""
