"""What kind of thing a file is, in a reader's words. By its name, which is known before its content is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class FileKind:
    key: str
    label: str
    icon: str
    extensions: tuple[str, ...]
    parts: tuple[str, str] = ("page", "pages")  # what its pages are called


OTHER = FileKind("other", "File", "file", ())
KINDS = (  # the keys are those of knowledge.library.media_types
    FileKind("pdf", "PDF", "file", (".pdf",)),
    FileKind("word", "Word", "file", (".docx", ".docm", ".dotx", ".doc", ".odt", ".rtf")),
    FileKind("sheet", "Excel", "table", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), ("sheet", "sheets")),
    FileKind("sheet", "Table", "table", (".csv", ".tsv")),
    FileKind("slides", "PowerPoint", "slides", (".pptx", ".pptm", ".ppsx", ".ppt", ".odp"), ("slide", "slides")),
    FileKind("web", "HTML", "globe", (".html", ".htm", ".xhtml")),
    FileKind("text", "Markdown", "file", (".md", ".markdown")),
    FileKind("text", "Text", "file", (".txt", ".text", ".log", ".json", ".xml")),
    FileKind("mail", "E-mail", "mail", (".eml", ".msg")),
    FileKind("book", "Book", "book", (".epub",)),
    FileKind("picture", "Picture", "image", (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")),
)
_BY_EXTENSION = {extension: kind for kind in KINDS for extension in kind.extensions}


def kind_of(filename: str) -> FileKind:
    return _BY_EXTENSION.get(PurePath(filename).suffix.lower(), OTHER)


def of_kind(key: str) -> Q:
    condition = Q()
    for kind in KINDS:
        if kind.key == key:
            for extension in kind.extensions:
                condition |= Q(filename__iendswith=extension)
    return condition


def accepted() -> str:
    """For the file picker: what can be read."""
    return ",".join(_BY_EXTENSION)


def is_paged(filename: str) -> bool:
    """Whether its pages are real ones, worth counting beside its name."""
    return kind_of(filename).key in ("pdf", "slides", "picture") or kind_of(filename).label == "Excel"
