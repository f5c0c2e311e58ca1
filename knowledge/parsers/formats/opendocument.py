"""OpenDocument texts to pieces: as printed, without deleted and hidden text."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from knowledge.parsers.archives import Archive, attribute, damaged, local_name
from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, table_of_pieces
from knowledge.parsers.formats.html import iso_date
from knowledge.parsers.read import ParseContext

MAX_DEPTH = 60
SKIPPED = {"tracked-changes", "annotation", "annotation-end", "sequence-decls", "forms", "ruby-text", "desc", "title"}
GROUPS = {
    "section",
    "text",
    "body",
    "index-body",
    "table-of-content",
    "text-box",
    "frame",
    "g",
    "custom-shape",
    "soft-page-break",
    "index-title",
}


def read_odt(reading: ParseContext) -> DocumentDraft:
    archive = Archive(reading.source, reading.limits)
    try:
        return _TextDocument(archive).draft
    finally:
        archive.close()


class _TextDocument:
    def __init__(self, archive: Archive) -> None:
        self.draft = DocumentDraft()
        tree = archive.xml("content.xml")
        body = next((element for element in tree if local_name(element.tag) == "body"), None)
        if body is None:
            raise damaged()
        self.hidden, self.ordered = self._styles(tree, archive.optional_xml("styles.xml"))
        self.notes: list[Element] = []
        self.draft.pieces += self._blocks(body, 0)
        for note in self.notes:
            self.draft.pieces += [
                piece for child in note if local_name(child.tag) == "note-body" for piece in self._blocks(child, 1)
            ]
        self._properties(archive.optional_xml("meta.xml"))

    def _styles(self, *trees: Element | None) -> tuple[set[str], dict[str, set[int]]]:
        """Names of styles that hide text, and of list styles with the levels that are numbered."""
        hidden: set[str] = set()
        ordered: dict[str, set[int]] = {}
        for tree in trees:
            for style in tree.iter() if tree is not None else ():
                kind, name = local_name(style.tag), attribute(style, "name")
                if kind == "style" and any(attribute(part, "display") == "none" for part in style):
                    hidden.add(name)
                elif kind == "list-style":
                    numbers = [
                        level
                        for level in style
                        if local_name(level.tag) == "list-level-style-number" and attribute(level, "num-format")
                    ]
                    ordered[name] = {int(attribute(level, "level", "1")) for level in numbers}
        return hidden, ordered

    def _blocks(self, container: Element, depth: int, lists: int = 0, label: str = "") -> Iterator[DocumentElement]:
        if depth > MAX_DEPTH:
            raise damaged()
        for child in container:
            name = local_name(child.tag)
            if name in {"p", "h"}:
                boxes: list[Element] = []
                text = (
                    "".join(self._inline(child, boxes))
                    if attribute(child, "style-name") not in self.hidden
                    else self._dropped(child)
                )
                if text.strip():
                    level = attribute(child, "outline-level", "1")
                    if name == "h":
                        yield DocumentElement("heading", text, min(int(level) if level.isdigit() else 1, 6))
                    else:
                        yield DocumentElement(
                            "list_item" if lists else "paragraph", label + text, min(max(lists - 1, 0), 8)
                        )
                    label = ""
                for box in boxes:
                    yield from self._blocks(box, depth + 1)
            elif name == "list":
                yield from self._list(child, depth, lists)
            elif name == "table":
                yield from table_of_pieces(
                    [[list(self._blocks(cell, depth + 1)) for cell in row] for row in _rows(child)]
                )
            elif name in GROUPS and attribute(child, "display") != "none":
                yield from self._blocks(child, depth + 1, lists)

    def _list(self, element: Element, depth: int, lists: int, style: str = "") -> Iterator[DocumentElement]:
        style = attribute(element, "style-name") or style
        number = 0
        for item in element:
            if local_name(item.tag) in {"list-item", "list-header"}:
                number += 1
                label = f"{number}. " if lists + 1 in self.ordered.get(style, ()) else ""
                yield from self._blocks(item, depth + 1, lists + 1, label)

    def _inline(self, element: Element, boxes: list[Element], depth: int = 0) -> Iterator[str]:
        if depth > MAX_DEPTH:
            raise damaged()
        yield element.text or ""
        for child in element:
            name = local_name(child.tag)
            if name == "s" or name == "tab":
                yield " "
            elif name == "line-break":
                yield "\n"
            elif name == "note":
                self.notes.append(child)
            elif name in {"frame", "custom-shape", "g", "text-box"}:
                boxes.append(child)
            elif name == "hidden-text" or name == "hidden-paragraph" or attribute(child, "style-name") in self.hidden:
                self._dropped(child)
            elif name not in SKIPPED:
                yield from self._inline(child, boxes, depth + 1)
            yield child.tail or ""

    def _dropped(self, element: Element) -> str:
        if "".join(element.itertext()).strip():
            self.draft.warn_hidden()
        return ""

    def _properties(self, tree: Element | None) -> None:
        for element in tree.iter() if tree is not None else ():
            value = (element.text or "").strip()
            match local_name(element.tag):
                case "title":
                    self.draft.title = value
                case "initial-creator":
                    self.draft.author = value
                case "creator":
                    self.draft.author = self.draft.author or value
                case "creation-date":
                    self.draft.created = iso_date(value)


def _rows(table: Element) -> Iterator[list[Element]]:
    for child in table:
        name = local_name(child.tag)
        if name == "table-row":
            yield [cell for cell in child if local_name(cell.tag) in {"table-cell", "covered-table-cell"}]
        elif name in {"table-header-rows", "table-rows", "table-row-group"}:
            yield from _rows(child)
