"""XML in documents declares no types and no entities, whatever encoding hides the declaration."""

from __future__ import annotations

import ast
import codecs
import zipfile

import pytest
from django.conf import settings

from knowledge.parsers.base import ParseFailed, ParseLimits
from knowledge.parsers.read import read
from knowledge.parsers.safe_xml import iterate_xml, parse_xml
from knowledge.parsers.source import SourceFile

BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;&c;&c;</a>'
OUTSIDE = '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


def encoded(body: str) -> dict[str, bytes]:
    def declared(name: str) -> str:
        return f'<?xml version="1.0" encoding="{name}"?>{body}'

    return {
        "UTF-8": body.encode(),
        "UTF-8 with a mark": codecs.BOM_UTF8 + body.encode(),
        "UTF-8 after 8 kB of comment": b"<!--" + b"x" * 8192 + b"-->" + body.encode(),
        "UTF-16 with a mark": body.encode("utf-16"),
        "UTF-16, the other order": codecs.BOM_UTF16_BE + body.encode("utf-16-be"),
        "UTF-16 without a mark": declared("UTF-16").encode("utf-16-le"),
        "UTF-16 without a mark, the other order": declared("UTF-16").encode("utf-16-be"),
        "UTF-16 without a mark or a declaration": body.encode("utf-16-le"),
        "Latin": declared("ISO-8859-1").encode("latin-1"),
        "a code page": declared("windows-1252").encode("cp1252"),
        "UTF-32": body.encode("utf-32"),
        "UTF-32 without a mark": declared("UTF-32").encode("utf-32-le"),
        "EBCDIC": declared("cp037").encode("cp037"),
        "UTF-7": declared("UTF-7").encode("utf-7"),
        "UTF-7, all of it": b'<?xml version="1.0" encoding="UTF-7"?>' + body.replace("<", "+ADw-").encode(),
    }


@pytest.mark.parametrize("name", encoded(""))
@pytest.mark.parametrize("body", [BOMB, OUTSIDE], ids=["entities", "an address"])
@pytest.mark.parametrize("read_it", [parse_xml, lambda data: list(iterate_xml(data))], ids=["whole", "in pieces"])
def test_a_document_type_is_refused_in_every_encoding(name, body, read_it):
    with pytest.raises(ParseFailed) as failed:
        read_it(encoded(body)[name])
    assert failed.value.code == "damaged"


@pytest.mark.parametrize("name", ["UTF-8", "UTF-8 with a mark", "UTF-16 with a mark", "UTF-16 without a mark", "Latin"])
def test_xml_without_one_is_read_in_every_encoding(name):
    data = encoded("<a>caf\xe9 &amp; &#233; <![CDATA[<!DOCTYPE x> <!ENTITY y>]]></a>")[name]
    assert parse_xml(data).text == "caf\xe9 & \xe9 <!DOCTYPE x> <!ENTITY y>"


@pytest.mark.parametrize(
    ("filename", "part"),
    [
        ("a.docx", "word/document.xml"),
        ("a.pptx", "ppt/presentation.xml"),
        ("a.xlsx", "xl/workbook.xml"),
        ("a.xlsx", "xl/worksheets/sheet1.xml"),
        ("a.odt", "content.xml"),
        ("a.epub", "META-INF/container.xml"),
    ],
)
def test_no_format_expands_an_entity_that_is_hidden_in_utf_16(tmp_path, filename, part):
    from tests.knowledge.parsing_files import FORMATS

    made, hostile = tmp_path / filename, tmp_path / f"hostile-{filename}"
    FORMATS[filename](made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(hostile, "w") as copy:
        for info in source.infolist():
            data = source.read(info)
            copy.writestr(info, _with_an_entity(data) if info.filename == part else data)
    with pytest.raises(ParseFailed) as failed, SourceFile.of_path(hostile) as source:
        read(source, filename, ParseLimits(), on_progress=lambda page, total: None)
    assert failed.value.code == "damaged"


def test_the_parsers_read_xml_in_one_place_only():
    readers = {"fromstring", "parse", "iterparse", "XML", "XMLParser", "XMLPullParser", "ParserCreate", "make_parser"}
    found = set()
    for path in (settings.BASE_DIR / "knowledge").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("xml.", "lxml")):
                if {alias.name for alias in node.names} & (readers | {"ElementTree", "expat", "minidom", "sax"}):
                    found.add(path.name)
            elif isinstance(node, ast.Import) and any(each.name.startswith(("xml", "lxml")) for each in node.names):
                found.add(path.name)
    assert found == {"safe_xml.py"}, "read XML with knowledge/parsers/safe_xml.py"


def _with_an_entity(data: bytes) -> bytes:
    text = data.decode("utf-8-sig")
    at = text.index("?>") + 2 if text.startswith("<?xml") else 0
    return f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY b "boo">]>{text[at:]}'.encode("utf-16")
