"""What kinds of documents people tell apart, and the media types behind each. Pure."""

from __future__ import annotations

from collections.abc import Iterable

OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, tuple[str, ...]] = {
    "pdf": ("application/pdf",),
    "word": (
        f"{OFFICE}wordprocessingml.document",
        "application/msword",
        "application/vnd.oasis.opendocument.text",
        "application/rtf",
        "text/rtf",
    ),
    "slides": (
        f"{OFFICE}presentationml.presentation",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.presentation",
    ),
    "sheet": (
        f"{OFFICE}spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/vnd.oasis.opendocument.spreadsheet",
        "text/csv",
        "text/tab-separated-values",
    ),
    "web": ("text/html", "application/xhtml+xml"),
    "text": ("text/plain", "text/markdown", "application/json", "text/x-markdown", "application/xml", "text/xml"),
    "mail": ("message/rfc822", "application/vnd.ms-outlook"),
    "book": ("application/epub+zip",),
    "picture": ("image/png", "image/jpeg", "image/tiff", "image/bmp", "image/webp", "image/gif"),
}
NAMES = {
    "pdf": "PDF",
    "word": "Word",
    "slides": "Slides",
    "sheet": "Sheets and tables",
    "web": "Web pages",
    "text": "Text",
    "mail": "Mail",
    "book": "Books",
    "picture": "Pictures",
}


def media_types(kinds: Iterable[str]) -> list[str]:
    """Unknown kinds match nothing."""
    return [media_type for kind in kinds for media_type in KINDS.get(kind, ())]


def kind_of(media_type: str) -> str:
    """pdf, word, slides, sheet, web, text, mail, book, picture, or "" for none of them."""
    return next((kind for kind, types in KINDS.items() if media_type in types), "")
