"""Zip containers, opened with care: what they would unpack to is known before anything is unpacked."""

from __future__ import annotations

import zipfile
from xml.etree.ElementTree import Element

from knowledge.parsers.base import MIB, ParseFailed, ParseLimits, damaged
from knowledge.parsers.safe_xml import parse_xml
from knowledge.parsers.source import SourceFile

UNCHECKED_RATIO_BYTES = 8 * MIB  # below this any ratio is harmless: a blank spreadsheet packs very well


class Archive:
    """Reads members of a zip by name. Sizes come from the central directory and are held while reading."""

    def __init__(self, source: SourceFile, limits: ParseLimits) -> None:
        try:
            self._file = source.open()
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise damaged() from error
        self._infos = {info.filename: info for info in self._zip.infolist()}
        self._refuse_bombs(limits)

    @property
    def names(self) -> list[str]:
        return list(self._infos)

    @property
    def encrypted(self) -> bool:
        return any(info.flag_bits & 1 for info in self._infos.values())

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def read(self, name: str) -> bytes:
        info = self._infos.get(name)
        if info is None:
            raise damaged()
        try:
            with self._zip.open(info) as member:
                data = member.read(info.file_size + 1)
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
            raise damaged() from error
        except Exception as error:  # zlib.error and lzma.LZMAError share no base
            raise damaged() from error
        if len(data) > info.file_size:
            raise _bomb()
        return data

    def xml(self, name: str) -> Element:
        return parse_xml(self.read(name))

    def optional_xml(self, name: str) -> Element | None:
        try:
            return self.xml(name) if name in self else None
        except ParseFailed:
            return None

    def _refuse_bombs(self, limits: ParseLimits) -> None:
        packed = sum(info.compress_size for info in self._infos.values())
        unpacked = sum(info.file_size for info in self._infos.values())
        if len(self._infos) > limits.archive_entries or unpacked > limits.unpacked_bytes:
            raise _bomb()
        if unpacked > UNCHECKED_RATIO_BYTES and unpacked > limits.unpacked_ratio * max(packed, 1):
            raise _bomb()


def local_name(tag: object) -> str:
    """`{namespace}name` without its namespace."""
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def attribute(element: Element, name: str, default: str = "") -> str:
    """An attribute by its local name, whatever its namespace: strict and transitional files differ in these."""
    for key, value in element.attrib.items():
        if key == name or key.endswith("}" + name):
            return value
    return default


def _bomb() -> ParseFailed:
    return ParseFailed(
        "zip_bomb",
        "The file is small but unpacks to far more data than a document should contain.",
        "Open it in the program it was made with, remove what makes it so large, save it and upload the new copy.",
    )
