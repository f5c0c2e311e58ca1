"""One file to one `ParsedDocument`: its type by content, the reader of that type, and a judgement of what came out."""

from __future__ import annotations

import importlib
import math
import time
from dataclasses import dataclass, field, replace
from typing import Any

from knowledge.parsers.archives import damaged
from knowledge.parsers.base import MIB, ParsedDocument, ParseFailed, ParseLimits, Progress
from knowledge.parsers.document_builder import DocumentDraft, assemble
from knowledge.parsers.sniff import (
    CSV,
    DOC,
    DOCX,
    EML,
    EPUB,
    HTML,
    IMAGES,
    JSON,
    MARKDOWN,
    MSG,
    ODP,
    ODS,
    ODT,
    PDF,
    PPT,
    PPTX,
    RTF,
    TEXT,
    XLS,
    XLSB,
    XLSX,
    XML,
    misnamed,
    name_of,
    sniff,
)  # fmt: skip
from knowledge.parsers.source import SourceFile

TEXT_READERS = {
    HTML: "knowledge.parsers.formats.html:read_html",
    MARKDOWN: "knowledge.parsers.formats.markdown:read_markdown",
    TEXT: "knowledge.parsers.formats.plain:read_text",
    CSV: "knowledge.parsers.formats.plain:read_csv",
    JSON: "knowledge.parsers.formats.plain:read_json",
    XML: "knowledge.parsers.formats.plain:read_xml",
    EML: "knowledge.parsers.formats.mail:read_mail",
}
FILE_READERS = {
    PDF: "knowledge.parsers.formats.pdf:read_pdf",
    DOCX: "knowledge.parsers.formats.docx:read_docx",
    PPTX: "knowledge.parsers.formats.pptx:read_pptx",
    XLSX: "knowledge.parsers.formats.xlsx:read_xlsx",
    EPUB: "knowledge.parsers.formats.epub:read_epub",
    ODT: "knowledge.parsers.formats.opendocument:read_odt",
    **dict.fromkeys(IMAGES, "knowledge.parsers.formats.picture:read_picture"),
    **dict.fromkeys((XLSB, XLS, ODS, ODP, RTF, MSG, DOC, PPT), "knowledge.parsers.formats.extracted:read_extracted"),
}


SCAN_TIME_SHARE = 0.85  # of the time for a scan


class NeedsOcr(Exception):
    """The file shows text only as a picture; a process with the recogniser has to read it."""


@dataclass(frozen=True, slots=True)
class ParseContext:
    """What a reader of files gets. `recognise` turns a picture into lines where this process can; else None."""

    source: SourceFile
    media_type: str
    limits: ParseLimits
    on_progress: Progress = field(default=lambda page, total: None)
    recognise: Any = None
    until: float = math.inf  # of the monotonic clock: then no further page is recognised, so that the others are kept


def read(
    source: SourceFile, filename: str, limits: ParseLimits, *, on_progress: Progress, recognise: Any = None
) -> ParsedDocument:
    """Raises `ParseFailed`, or `NeedsOcr` where there is no `recognise`."""
    if source.size > limits.file_bytes:
        raise ParseFailed(
            "too_large",
            f"The file is larger than {limits.file_bytes // MIB} MiB.",
            "Split it into several files and upload those.",
        )
    sniffed = sniff(source, filename, limits)
    try:
        if sniffed.media_type in TEXT_READERS:
            draft = _reader(TEXT_READERS[sniffed.media_type])(sniffed.text)
        else:
            until = time.monotonic() + SCAN_TIME_SHARE * limits.ocr_wall_seconds
            reading = ParseContext(source, sniffed.media_type, limits, on_progress, recognise, until)
            draft = _reader(FILE_READERS[sniffed.media_type])(reading)
    except RecursionError as error:
        raise damaged() from error
    document = _judged(assemble(draft, sniffed.media_type, max_characters=limits.output_characters))
    if sniffed.letters_lost:
        draft.warn("letters_lost", "Some characters could not be read and are shown as a replacement character.")
    if misnamed(filename, sniffed.media_type):
        draft.warn(
            "wrong_extension",
            f"The file name does not match the content, which is {name_of(sniffed.media_type)} and was read as that.",
        )
    return replace(document, language=_language(document.text), warnings=tuple(draft.warnings))


def _reader(place: str) -> Any:
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)


def _judged(document: ParsedDocument) -> ParsedDocument:
    """A file with bytes but without text is never ready."""
    if any(character.isalnum() for character in document.text):
        return document
    raise no_text()


def no_text() -> ParseFailed:
    return ParseFailed(
        "no_text", "No text was found in the file.", "Check that it opens and shows text, then upload it again."
    )


def _language(text: str) -> str:
    try:
        from knowledge.text.analysis import detect_language
    except ImportError:
        return ""
    return detect_language(text[:20_000])


__all__ = ["DocumentDraft", "NeedsOcr", "ParseContext", "no_text", "read"]
