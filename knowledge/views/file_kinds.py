"""What kind of thing a file is, in a reader's words. By its name, which is known before its content is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Kind:
    key: str
    label: str
    icon: str
    extensions: tuple[str, ...]
    parts: tuple[str, str] = ("page", "pages")  # what its pages are called


OTHER = Kind("other", "File", "file", ())
KINDS = (  # the keys are those of knowledge.library.media_types
    Kind("pdf", "PDF", "file", (".pdf",)),
    Kind("word", "Word", "file", (".docx", ".docm", ".dotx", ".doc", ".odt", ".rtf")),
    Kind("sheet", "Excel", "table", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), ("sheet", "sheets")),
    Kind("sheet", "Table", "table", (".csv", ".tsv")),
    Kind("slides", "PowerPoint", "slides", (".pptx", ".pptm", ".ppsx", ".ppt", ".odp"), ("slide", "slides")),
    Kind("web", "HTML", "globe", (".html", ".htm", ".xhtml")),
    Kind("text", "Markdown", "file", (".md", ".markdown")),
    Kind("text", "Text", "file", (".txt", ".text", ".log", ".json", ".xml")),
    Kind("mail", "E-mail", "mail", (".eml", ".msg")),
    Kind("book", "Book", "book", (".epub",)),
    Kind("picture", "Picture", "image", (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")),
)
_BY_EXTENSION = {extension: kind for kind in KINDS for extension in kind.extensions}


def kind_of(filename: str) -> Kind:
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
