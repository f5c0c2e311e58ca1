"""PDF to pieces, page by page. Pages that are only a picture are read by the recogniser."""

from __future__ import annotations

import re
import time

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from knowledge.parsers.archives import damaged
from knowledge.parsers.base import ParseFailed
from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, Page
from knowledge.parsers.formats.pdf_layout import Outline, pieces_of
from knowledge.parsers.formats.pdf_lines import PageLines, page_lines
from knowledge.parsers.read import NeedsOcr, ParseContext
from knowledge.parsers.sniff import password_protected
from knowledge.parsers.source import SourceFile

MAX_PAGES = 5_000
FEW_LETTERS = 25  # a page number or a stamp on a scan
SCANNED = 0.4  # of the page is a picture, and there is next to no text
MAX_COVER_LINES = 3
MAX_BOOKMARKS = 2_000
PICTURE_DOTS = 2000  # of the longer side of a page that is read as a picture

_date = re.compile(r"D:(\d{4})(\d{2})(\d{2})")


def open_pdf(source: SourceFile) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(source.in_memory())
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code in {pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY} or "password" in str(error).lower():
            raise password_protected() from error
        raise damaged("The PDF") from error


def read_pdf(reading: ParseContext) -> DocumentDraft:
    document = open_pdf(reading.source)
    try:
        return _read(document, reading)
    finally:
        document.close()


def _read(document: pdfium.PdfDocument, reading: ParseContext) -> DocumentDraft:
    draft, total = DocumentDraft(), len(document)
    if document.get_formtype() != pdfium_c.FORMTYPE_NONE:
        document.init_forms()
    if total > MAX_PAGES:
        raise ParseFailed(
            "too_large", f"The PDF has {total:,} pages.", f"Split it into files of at most {MAX_PAGES:,} pages."
        )
    pages: list[PageLines] = []
    unread, recognised, hidden = 0, 0, False
    for number in range(total):
        lines = _page(document, number)
        if lines is None:
            unread += 1
            lines = PageLines((), 0, 0, 0)
        elif _is_scan(lines):
            if reading.recognise is None:
                raise NeedsOcr
            if recognised < reading.limits.ocr_pages and time.monotonic() < reading.until:
                lines = _recognised(document, number, reading) or lines
                recognised += 1
            else:
                draft.warn("ocr_pages_left_out", f"Only the first {recognised} scanned pages were read.")
        hidden = hidden or lines.hid_text
        pages.append(lines)
        reading.on_progress(number + 1, total)
    if unread == total:
        raise damaged("The PDF")
    if unread:
        draft.warn("pages_unreadable", f"{unread} of {total} pages are damaged and could not be read.")
    if hidden:
        draft.warn_hidden()
    if recognised:
        draft.warn("ocr_used", "Text was read from pictures of pages and may contain mistakes.")
    draft.pieces += pieces_of(pages, _outline(document))
    draft.cover = _cover(draft.pieces)
    _note_properties(document, draft)
    return draft


def _page(document: pdfium.PdfDocument, number: int) -> PageLines | None:
    try:
        page = document[number]
    except pdfium.PdfiumError:
        return None
    try:
        if document.formenv is not None:
            page = _with_filled_fields(document, page, number)
        return page_lines(page)
    except (pdfium.PdfiumError, ValueError):
        return None
    finally:
        page.close()


def _with_filled_fields(document: pdfium.PdfDocument, page: pdfium.PdfPage, number: int) -> pdfium.PdfPage:
    """What people wrote into a form becomes text of its page."""
    flattened = page.flatten()
    if flattened != pdfium_c.FLATTEN_SUCCESS:
        return page
    page.close()
    return document[number]


def _is_scan(page: PageLines) -> bool:
    """Next to no letters, and something else there: a picture, or characters whose font does not say what they mean."""
    signs = "".join(line.text for line in page.lines)
    letters = sum(sign.isalnum() for sign in signs)
    unknown = sum(sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff" for sign in signs)
    return (letters <= FEW_LETTERS and page.picture >= SCANNED) or unknown > max(FEW_LETTERS, letters)


def _recognised(document: pdfium.PdfDocument, number: int, reading: ParseContext) -> PageLines | None:
    from knowledge.parsers.formats.ocr import lines_of

    page = document[number]
    try:
        picture, (width, height) = for_recogniser(page), page.get_size()
    finally:
        page.close()
    lines = lines_of(reading.recognise, picture, width, height)
    return PageLines(tuple(lines), width, height, 1.0, recognised=True) if lines else None


def for_recogniser(page: pdfium.PdfPage):
    """The page in dots. What shows where a line stands on a page must look at the same ones."""
    bitmap = page.render(scale=_scale(page), rev_byteorder=True)
    picture = bitmap.to_numpy().copy()
    bitmap.close()
    return picture


def _scale(page: pdfium.PdfPage) -> float:
    """As many dots as the recogniser uses; small pages are often scans of large ones, so inches say little."""
    return PICTURE_DOTS / max(*page.get_size(), 1)


def _outline(document: pdfium.PdfDocument) -> Outline:
    found: Outline = {}
    try:
        for number, bookmark in enumerate(document.get_toc(max_depth=6)):
            title = " ".join((bookmark.get_title() or "").casefold().split())
            if title and number < MAX_BOOKMARKS:
                found.setdefault(title, min(bookmark.level + 1, 6))
    except (pdfium.PdfiumError, ValueError, AttributeError):
        return found
    return found


def _cover(pieces: list[DocumentElement | Page]) -> str:
    """The title of a document whose first page says nothing else: "Acme: Travel policy"."""
    second = next((at for at, piece in enumerate(pieces) if isinstance(piece, Page) and piece.number == 2), 0)
    first = [piece for piece in pieces[:second] if isinstance(piece, DocumentElement)]
    if 1 < len(first) <= MAX_COVER_LINES and all(piece.kind == "heading" for piece in first):
        return ": ".join(piece.text for piece in first)
    return ""


def _note_properties(document: pdfium.PdfDocument, draft: DocumentDraft) -> None:
    try:
        properties = document.get_metadata_dict(skip_empty=True)
    except (pdfium.PdfiumError, ValueError):
        return
    draft.title, draft.author = properties.get("Title", ""), properties.get("Author", "")
    if date := _date.match(properties.get("CreationDate", "")):
        draft.created = "-".join(date.groups())
