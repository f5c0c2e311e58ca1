"""The one way in which the parsers read XML: a document type declaration is refused before anything is expanded.

A document type is where entities are declared, and so where "billion laughs" and external entities begin. The formats
that are read here need none. Expat itself decides whether there is one, as it decides about encodings, byte order marks
and the XML declaration, so that the check and the parser never disagree about what the bytes say.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree
from xml.parsers import expat

from knowledge.parsers.base import damaged

READ_BYTES = 4096  # bytes; the first element is nearly always in the first piece


class _Done(Exception):
    """The first element has begun: a document type can no longer follow."""


class _HasDocumentType(Exception):
    pass


def parse_xml(data: bytes) -> ElementTree.Element:
    """Returns the root. Raises `ParseFailed` for XML that is damaged or has a document type declaration."""
    refuse_document_type(data)
    try:
        return ElementTree.fromstring(data)  # noqa: S314 (without a document type there are no entities)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise damaged() from error


def iterate_xml(data: bytes) -> Iterator[ElementTree.Element]:
    """Yields each element when it ends. Raises `ParseFailed` as `parse_xml` does, also between two elements."""
    refuse_document_type(data)
    try:
        for _, element in ElementTree.iterparse(BytesIO(data), events=("end",)):  # noqa: S314 (see parse_xml)
            yield element
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise damaged() from error


def refuse_document_type(data: bytes) -> None:
    """Raises `ParseFailed` if the XML has a document type declaration, in whatever encoding, or no element at all."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = _stop
    try:
        for start in range(0, len(data), READ_BYTES):
            parser.Parse(data[start : start + READ_BYTES], False)
        parser.Parse(b"", True)
    except _Done:
        return
    except (_HasDocumentType, expat.ExpatError, ValueError, LookupError) as error:
        raise damaged() from error


def _refuse(*_: object) -> None:
    raise _HasDocumentType


def _stop(*_: object) -> None:
    raise _Done
