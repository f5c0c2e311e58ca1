"""File names as people send them, made safe to keep and show. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 255  # bytes, as file systems have it
_UNSEEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def clean(name: str) -> str:
    """The last part of a path, without what cannot be seen, at most 255 bytes with its ending kept."""
    name = unicodedata.normalize("NFC", _UNSEEN.sub("", name)).replace("\\", "/").rsplit("/", 1)[-1]
    name = " ".join(name.split()).strip(". ") if name.strip(". ") == "" else " ".join(name.split())
    if not name or set(name) <= {".", " "}:
        return "document"
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, ending = name, ""
    tail = f"{dot}{ending}" if ending else ""
    return _cut(stem, LONGEST - len(tail.encode())) + tail


def title_of(name: str) -> str:
    """What a document is called until it says so itself: the name without its ending."""
    stem, dot, ending = name.rpartition(".")
    words = stem if dot and stem and len(ending) <= 10 else name
    return words.replace("_", " ").strip()[:300] or name[:300]


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
