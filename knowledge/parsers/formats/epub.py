"""EPUB books to pieces: the chapters in reading order, each an HTML page."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from knowledge.parsers.archives import Archive, attribute, damaged, local_name
from knowledge.parsers.decode import decode
from knowledge.parsers.document_builder import DocumentDraft
from knowledge.parsers.formats.html import iso_date, read_html
from knowledge.parsers.read import ParseContext
from knowledge.parsers.sniff import password_protected

CONTAINER = "META-INF/container.xml"


def read_epub(reading: ParseContext) -> DocumentDraft:
    archive = Archive(reading.source, reading.limits)
    try:
        return _read(archive, reading)
    finally:
        archive.close()


def _read(archive: Archive, reading: ParseContext) -> DocumentDraft:
    if "META-INF/rights.xml" in archive or (
        b"EncryptedData" in _optional(archive, "META-INF/encryption.xml") and _is_locked(archive)
    ):
        raise password_protected()
    container = archive.xml(CONTAINER)
    place = next(
        (attribute(element, "full-path") for element in container.iter() if local_name(element.tag) == "rootfile"), ""
    )
    if place not in archive:
        raise damaged("The book")
    package, folder, draft = archive.xml(place), posixpath.dirname(place), DocumentDraft()
    chapters: dict[str, str] = {}
    order: list[str] = []
    for element in package.iter():
        match local_name(element.tag):
            case "title":
                draft.title = draft.title or (element.text or "")
            case "creator":
                draft.author = draft.author or (element.text or "")
            case "date":
                draft.created = draft.created or iso_date(element.text or "")
            case "item" if "html" in attribute(element, "media-type"):
                chapters[attribute(element, "id")] = posixpath.normpath(
                    posixpath.join(folder, unquote(attribute(element, "href")))
                )
            case "itemref" if attribute(element, "linear", "yes") != "no":
                order.append(attribute(element, "idref"))
    for number, name in enumerate(order, 1):
        if chapters.get(name, "") in archive:
            chapter = read_html(decode(archive.read(chapters[name]))[0])
            draft.pieces += chapter.pieces
            for warning in chapter.warnings:
                draft.warn(warning.code, warning.message)
        reading.on_progress(number, len(order))
    return draft


def _optional(archive: Archive, name: str) -> bytes:
    return archive.read(name) if name in archive else b""


def _is_locked(archive: Archive) -> bool:
    """Fonts alone are often obfuscated; a book is locked when its pages are encrypted."""
    return any(ending in _optional(archive, "META-INF/encryption.xml") for ending in (b".xhtml", b".html", b".htm"))
