"""What a file is, by what it contains. The name is only a hint between kinds of text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from knowledge.parsers.archives import Archive
from knowledge.parsers.base import ParseFailed, ParseLimits, damaged
from knowledge.parsers.decode import decode, looks_binary
from knowledge.parsers.source import SourceFile

HEAD = 64 * 1024
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

PDF, RTF, HTML, MARKDOWN = "application/pdf", "application/rtf", "text/html", "text/markdown"
TEXT, CSV, JSON, XML, EML = "text/plain", "text/csv", "application/json", "application/xml", "message/rfc822"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
EPUB, MSG = "application/epub+zip", "application/vnd.ms-outlook"
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
IMAGES = {"image/png", "image/jpeg", "image/tiff", "image/webp", "image/bmp", "image/gif"}

NAMES = {
    PDF: "PDF", RTF: "RTF", HTML: "HTML", MARKDOWN: "Markdown", TEXT: "plain text", CSV: "CSV",
    JSON: "JSON", XML: "XML",
    EML: "e-mail", DOCX: "Word", PPTX: "PowerPoint", XLSX: "Excel", XLSB: "Excel", ODT: "OpenDocument text",
    ODS: "OpenDocument spreadsheet", ODP: "OpenDocument presentation", EPUB: "EPUB", MSG: "Outlook message",
    DOC: "Word 97", XLS: "Excel 97", PPT: "PowerPoint 97",
}  # fmt: skip
BY_EXTENSION = {
    ".pdf": {PDF}, ".rtf": {RTF}, ".html": {HTML}, ".htm": {HTML}, ".xhtml": {HTML},
    ".md": {MARKDOWN}, ".markdown": {MARKDOWN},
    ".csv": {CSV}, ".tsv": {CSV}, ".json": {JSON}, ".eml": {EML}, ".msg": {MSG},
    ".docx": {DOCX}, ".docm": {DOCX}, ".dotx": {DOCX}, ".doc": {DOC, DOCX, RTF},
    ".pptx": {PPTX}, ".pptm": {PPTX}, ".ppsx": {PPTX},
    ".ppt": {PPT}, ".xlsx": {XLSX}, ".xlsm": {XLSX}, ".xlsb": {XLSB}, ".xls": {XLS, XLSX}, ".odt": {ODT}, ".ods": {ODS},
    ".odp": {ODP}, ".epub": {EPUB}, ".png": {"image/png"}, ".jpg": {"image/jpeg"}, ".jpeg": {"image/jpeg"},
    ".tif": {"image/tiff"}, ".tiff": {"image/tiff"}, ".webp": {"image/webp"}, ".bmp": {"image/bmp"},
    ".gif": {"image/gif"},
}  # fmt: skip
OPEN_DOCUMENT = {kind.encode(): kind for kind in (ODT, ODS, ODP, EPUB)}
READABLE = "PDF, Word, PowerPoint, Excel, OpenDocument, HTML, Markdown, text, CSV, JSON, e-mail, RTF, EPUB and pictures"

_html = re.compile(r"<!doctype\s+html|<html[\s>]|<(?:head|body)[\s>]", re.IGNORECASE)
_html_start = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|div|p|h[1-6]|table|span|ul|ol|article|section)\b",
    re.I | re.S,
)
_mail_header = re.compile(
    r"^(?:From|To|Cc|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version|Content-Type"
    r"|Content-Transfer-Encoding|X-[\w-]+):[ \t]*\S",
    re.IGNORECASE | re.MULTILINE,
)
_mail_first = re.compile(r"(?:From \S+.*\n)?[A-Za-z][A-Za-z0-9-]*:[ \t]*")


@dataclass(frozen=True, slots=True)
class Sniffed:
    media_type: str
    text: str = ""  # decoded, for the kinds that are text
    letters_lost: bool = False


def sniff(source: SourceFile, filename: str, limits: ParseLimits) -> Sniffed:
    head = source.head(HEAD)
    if not head:
        raise empty()
    for judge in (_signature, _ole, _zip, _foreign):
        if media_type := judge(head, source, limits):
            return Sniffed(media_type)
    data = source.read()
    if looks_binary(data):
        raise damaged() if PurePath(filename).suffix.lower() in BY_EXTENSION else unsupported()
    text, complete = decode(data)
    if not text.strip(" \t\r\n\0\ufeff"):
        raise empty()
    return Sniffed(_kind_of_text(text, PurePath(filename).suffix.lower()), text, not complete)


def misnamed(filename: str, media_type: str) -> bool:
    """The extension belongs to another type. Extensions that nobody knows say nothing."""
    expected = BY_EXTENSION.get(PurePath(filename).suffix.lower())
    return bool(expected) and media_type not in expected


def name_of(media_type: str) -> str:
    return NAMES.get(media_type, "a picture" if media_type.startswith("image/") else media_type)


def empty() -> ParseFailed:
    return ParseFailed("empty_file", "The file is empty.", "Check the original and upload it again.")


def unsupported(what: str = "a type of file") -> ParseFailed:
    return ParseFailed("unsupported_type", f"This is {what} that cannot be read.", f"Upload it as one of: {READABLE}.")


def _signature(head: bytes, source: SourceFile, limits: ParseLimits) -> str:
    if b"%PDF-" in head[:1024]:
        return PDF
    return RTF if head.lstrip()[:5] == b"{\\rtf" else ""


def _ole(head: bytes, source: SourceFile, limits: ParseLimits) -> str:
    """The old Office container; its directory names its streams in UTF-16."""
    if not head.startswith(OLE):
        return ""
    data = source.read()

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if has("EncryptedPackage") or has("EncryptionInfo"):
        raise password_protected()
    kinds: list[tuple[Callable[[], bool], str]] = [
        (lambda: has("__substg1.0_") or has("__properties_version1.0"), MSG),
        (lambda: has("WordDocument"), DOC),
        (lambda: has("PowerPoint Document"), PPT),
        (lambda: has("Workbook") or has("Book"), XLS),
    ]
    for is_it, media_type in kinds:
        if is_it():
            return media_type
    raise unsupported("an Office file of a kind")


def _zip(head: bytes, source: SourceFile, limits: ParseLimits) -> str:
    if not head.startswith(b"PK"):
        return ""
    archive = Archive(source, limits)
    try:
        return _inside(archive)
    finally:
        archive.close()


def _inside(archive: Archive) -> str:
    names = archive.names
    if archive.encrypted:
        raise password_protected()
    if "mimetype" in archive and (kind := OPEN_DOCUMENT.get(archive.read("mimetype").strip())):
        if (
            kind != EPUB
            and "META-INF/manifest.xml" in archive
            and b"encryption-data" in archive.read("META-INF/manifest.xml")
        ):
            raise password_protected()
        return kind
    for folder, kind in (("word/", DOCX), ("ppt/", PPTX), ("xl/", XLSX)):
        if any(name.startswith(folder) and name.endswith((".xml", ".bin")) for name in names):
            return XLSB if folder == "xl/" and "xl/workbook.bin" in names else kind
    raise unsupported("an archive or a file")


def password_protected() -> ParseFailed:
    return ParseFailed(
        "password_protected",
        "The file is protected with a password.",
        "Save a copy without the password and upload that.",
    )


def _foreign(head: bytes, source: SourceFile, limits: ParseLimits) -> str:
    """Pictures, and what is certainly no document: sound, films, programs, archives."""
    import filetype

    found = filetype.guess(head)
    if found is None or found.mime in BY_EXTENSION.get(".txt", set()):
        return ""
    if found.mime in IMAGES or found.mime == "image/x-ms-bmp":
        return found.mime.replace("x-ms-bmp", "bmp")
    raise unsupported(f"a file of type {found.mime}")


def _kind_of_text(text: str, extension: str) -> str:
    start = text[:8192].lstrip("\ufeff \t\r\n")
    if start.startswith("<?xml"):
        return HTML if _html.search(start[:2048]) else XML
    if _html.match(start) or (_html.search(start[:2048]) and extension != ".md"):
        return HTML
    if extension in {".html", ".htm", ".xhtml"}:
        return HTML
    if extension == ".eml" or _is_mail(start):
        return EML
    if extension in {".md", ".markdown"}:
        return MARKDOWN
    if extension in {".csv", ".tsv"}:
        return CSV
    if extension == ".json" or (start[:1] in "{[" and _is_json(text)):
        return JSON
    return HTML if extension not in BY_EXTENSION and extension != ".txt" and _html_start.match(start) else TEXT


def _is_mail(start: str) -> bool:
    headers = re.split(r"\r?\n\r?\n", start, maxsplit=1)[0]
    return bool(_mail_first.match(start)) and len(_mail_header.findall(headers)) >= 3


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
