"""Bytes of a text file to text: byte order mark, UTF-16 by its NULs, UTF-8, what the file declares, then detection."""

from __future__ import annotations

import codecs
import re

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 64 * 1024
MAX_CONTROL_SHARE = 0.02  # a text file has next to none
MAX_BROKEN_SHARE = 0.02  # UTF-8 with fewer broken bytes than this, among its letters beyond ASCII, is still UTF-8

WESTERN = set("ÄÖÜäöüßÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØÙÚÛàáâãåæçèéêëìíîïñòóôõøùúûœŒ€§°²³©®·«»‹›–—‘’“”„…•¿¡ªº\xa0".encode("cp1252"))

_high_run = re.compile(rb"[\x80-\xff]+")
_declared = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_.:-]{2,40})""")
_control = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_beyond_ascii = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")


def looks_binary(data: bytes) -> bool:
    sample = data[:SAMPLE]
    if not sample or sample.startswith(tuple(mark for mark, _ in MARKS)) or wide_encoding(sample):
        return False
    return len(_control.findall(sample.replace(b"\0", b"", 16))) > MAX_CONTROL_SHARE * len(sample)


def wide_encoding(data: bytes) -> str:
    """UTF-16 without a byte order mark has NULs at every other place, wherever it says something in Latin letters."""
    sample = data[: SAMPLE // 2 * 2]
    if len(sample) < 4:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def decode(data: bytes) -> tuple[str, bool]:
    """The text, and whether all of it could be read."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _read(data, encoding)
    if encoding := wide_encoding(data):
        return _read(data, encoding)
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        pass
    if _mostly_utf8(data):
        return data.decode("utf-8", errors="replace"), False
    if _looks_western(data):
        return data.decode("cp1252"), True
    for encoding in (_declared_encoding(data), _detected_encoding(data), "cp1252"):
        try:
            if encoding:
                return data.decode(encoding), True
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", errors="replace"), False


def _read(data: bytes, encoding: str) -> tuple[str, bool]:
    text = data.decode(encoding, errors="replace")
    return text, "\ufffd" not in text


def _mostly_utf8(data: bytes) -> bool:
    sample = data[:SAMPLE]
    good = len(_beyond_ascii.findall(sample))
    lost = sample.decode("utf-8", errors="replace").count("\ufffd")
    return good > 20 and lost <= max(1, MAX_BROKEN_SHARE * good)


def _looks_western(data: bytes) -> bool:
    """Detection is unsure about short texts with a few accents; Cyrillic or Japanese letters would stand in runs."""
    found = _high_run.findall(data[:SAMPLE])
    return all(len(run) <= 2 for run in found) and set(b"".join(found)) <= WESTERN


def _declared_encoding(data: bytes) -> str:
    match = _declared.search(data[:2048])
    name = match.group(1).decode("ascii") if match else ""
    return (
        "cp1252" if name.lower() in {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii", "utf-8", "utf8"} else name
    )


def _detected_encoding(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:SAMPLE]).best()
    return best.encoding if best else ""
