"""PowerPoint slides to pieces: title first, then text and tables as they stand, then the speaker's notes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from knowledge.parsers.archives import Archive, attribute, damaged, local_name
from knowledge.parsers.base import ParseFailed
from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, Page, table
from knowledge.parsers.formats.ooxml import main_part, note_properties, relationships
from knowledge.parsers.read import ParseContext

TITLES = {"title", "ctrTitle"}
FURNITURE = {"sldNum", "dt", "ftr", "hdr", "sldImg"}
MAX_DEPTH = 30


def read_pptx(reading: ParseContext) -> DocumentDraft:
    archive = Archive(reading.source, reading.limits)
    try:
        return _read(archive, reading)
    finally:
        archive.close()


def _read(archive: Archive, reading: ParseContext) -> DocumentDraft:
    draft = DocumentDraft()
    part = main_part(archive, "ppt/presentation.xml")
    relations = relationships(archive, part)
    # `id` is both a number of the slide and, in another namespace, the relationship that names its part
    order = [_relation(slide) for slide in archive.xml(part).iter() if local_name(slide.tag) == "sldId"]
    slides = [relations[name][1] for name in order if name in relations]
    note_properties(archive, draft)
    broken = 0
    for number, slide in enumerate(slides, 1):
        draft.pieces.append(Page(number, f"Slide {number}"))
        try:
            draft.pieces += _slide(archive, slide)
        except (ParseFailed, RecursionError):
            broken += 1
        reading.on_progress(number, len(slides))
    if broken == len(slides):
        raise damaged("The presentation")
    if broken:
        draft.warn("pages_unreadable", f"{broken} of {len(slides)} slides are damaged and could not be read.")
    return draft


def _relation(slide: Element) -> str:
    return next((value for key, value in slide.attrib.items() if key.endswith("}id")), "")


def _slide(archive: Archive, part: str) -> Iterator[DocumentElement]:
    relations = relationships(archive, part)
    tree = next((element for element in archive.xml(part).iter() if local_name(element.tag) == "spTree"), None)
    shapes = list(_shapes(tree, 0)) if tree is not None else []
    shapes.sort(key=lambda shape: _placeholder(shape) not in TITLES)
    for shape in shapes:
        kind = _placeholder(shape)
        if kind in FURNITURE:
            continue
        if local_name(shape.tag) == "graphicFrame":
            yield from _frame(archive, shape, relations)
        elif kind in TITLES:
            yield DocumentElement(
                "heading", " ".join(text for text, _ in _paragraphs(shape)), 1 if kind == "ctrTitle" else 2
            )
        else:
            listed = kind in {"body", "obj", ""} and len(list(_paragraphs(shape))) > 1
            for text, level in _paragraphs(shape):
                yield DocumentElement("list_item" if listed else "paragraph", text, level if listed else 0)
    for kind, target in relations.values():
        if kind == "notesSlide" and target in archive:
            yield from _notes(archive, target)


def _shapes(tree: Element, depth: int) -> Iterator[Element]:
    for child in tree:
        name = local_name(child.tag)
        if name in {"sp", "graphicFrame", "cxnSp"}:
            if not _is_hidden(child):
                yield child
        elif name == "grpSp" and depth < MAX_DEPTH and not _is_hidden(child):
            yield from _shapes(child, depth + 1)
        elif name == "AlternateContent":
            yield from _shapes(next(iter(child), child), depth + 1)


def _is_hidden(shape: Element) -> bool:
    properties = next((element for element in shape.iter() if local_name(element.tag) == "cNvPr"), None)
    return properties is not None and attribute(properties, "hidden") in {"1", "true"}


def _placeholder(shape: Element) -> str:
    """The kind of placeholder; empty for a plain text box, "body" where none is told."""
    head = next((child for child in shape if local_name(child.tag).startswith("nv")), None)
    found = (
        next((element for element in head.iter() if local_name(element.tag) == "ph"), None)
        if head is not None
        else None
    )
    return attribute(found, "type", "body") if found is not None else ""


def _paragraphs(shape: Element) -> Iterator[tuple[str, int]]:
    for paragraph in shape.iter():
        if local_name(paragraph.tag) == "p":
            text = _words(paragraph)
            properties = next((child for child in paragraph if local_name(child.tag) == "pPr"), None)
            level = attribute(properties, "lvl", "0") if properties is not None else "0"
            if text.strip():
                yield text, int(level) if level.isdigit() else 0


def _words(paragraph: Element) -> str:
    parts = []
    for element in paragraph.iter():
        match local_name(element.tag):
            case "t":
                parts.append(element.text or "")
            case "br":
                parts.append("\n")
    return "".join(parts)


def _frame(archive: Archive, frame: Element, relations: dict[str, tuple[str, str]]) -> Iterator[DocumentElement]:
    rows = [element for element in frame.iter() if local_name(element.tag) == "tr"]
    if rows:
        yield from table(
            [
                [" ".join(text for text, _ in _paragraphs(cell)) for cell in row if local_name(cell.tag) == "tc"]
                for row in rows
            ]
        )
        return
    for element in frame.iter():
        kind, target = relations.get(_relation(element), ("", ""))
        if (
            kind in {"chart", "diagramData"}
            and target in archive
            and (tree := archive.optional_xml(target)) is not None
        ):
            yield from (
                _chart(tree)
                if kind == "chart"
                else (DocumentElement("list_item", text, level) for text, level in _paragraphs(tree))
            )


def _chart(tree: Element) -> Iterator[DocumentElement]:
    """Its title, and its numbers as a table: a row for each category, a column for each series."""
    title = next((element for element in tree.iter() if local_name(element.tag) == "title"), None)
    if title is not None:
        yield DocumentElement("paragraph", " ".join(text for text, _ in _paragraphs(title)))
    series = [element for element in tree.iter() if local_name(element.tag) == "ser"]
    names = [" ".join(_points(one, "tx").values()) for one in series]
    categories: dict[str, str] = {}
    for one in series:
        categories |= _points(one, "cat")
    values = [_points(one, "val") for one in series]
    if categories:
        yield from table(
            [["", *names], *([name, *(column.get(at, "") for column in values)] for at, name in categories.items())]
        )


def _points(series: Element, part: str) -> dict[str, str]:
    holder = next((child for child in series if local_name(child.tag) == part), None)
    points = [element for element in holder.iter() if local_name(element.tag) == "pt"] if holder is not None else []
    return {
        attribute(point, "idx"): next((child.text or "" for child in point if local_name(child.tag) == "v"), "")
        for point in points
    }


def _notes(archive: Archive, part: str) -> Iterator[DocumentElement]:
    tree = archive.optional_xml(part)
    shapes = [element for element in tree.iter() if local_name(element.tag) == "sp"] if tree is not None else []
    texts = [text for shape in shapes if _placeholder(shape) == "body" for text, _ in _paragraphs(shape)]
    if texts:
        yield DocumentElement("paragraph", "Notes: " + "\n".join(texts))
