"""What Word and PowerPoint files share: relationships and properties."""

from __future__ import annotations

import posixpath

from knowledge.parsers.archives import Archive, attribute, local_name
from knowledge.parsers.document_builder import DocumentDraft
from knowledge.parsers.formats.html import iso_date

OFF = {"0", "false", "off", "none"}


def relationships(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Of a part: id to (kind, target). The kind is the last word of its type, such as "slide"."""
    folder, name = posixpath.split(part)
    tree = archive.optional_xml(f"{folder}/_rels/{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    for relation in tree if tree is not None else ():
        if relation.get("TargetMode") == "External":
            continue
        target = relation.get("Target", "")
        target = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[relation.get("Id", "")] = (relation.get("Type", "").rsplit("/", 1)[-1], target)
    return found


def main_part(archive: Archive, usual: str) -> str:
    """Where the document itself is. The package says so; nearly always it is the usual place."""
    if usual in archive:
        return usual
    found = relationships(archive, "")
    return next((target for kind, target in found.values() if kind == "officeDocument"), usual)


def note_properties(archive: Archive, draft: DocumentDraft) -> None:
    tree = archive.optional_xml("docProps/core.xml")
    for element in tree if tree is not None else ():
        value = (element.text or "").strip()
        match local_name(element.tag):
            case "title":
                draft.title = value
            case "creator":
                draft.author = value
            case "created":
                draft.created = iso_date(value)


def is_on(element: object, name: str = "val") -> bool:
    """A switch such as <w:vanish/>: there and not turned off."""
    return element is not None and attribute(element, name, "true").lower() not in OFF  # type: ignore[arg-type]
