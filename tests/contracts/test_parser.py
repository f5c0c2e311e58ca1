"""What every parser keeps, whatever the format: one battery for all of them."""

from __future__ import annotations

import pytest

from knowledge.indexes.chunking import chunk
from knowledge.parsers.base import ParseFailed, Parser
from knowledge.parsers.client import ParserChild
from tests.knowledge.parsing_files import FORMATS, SENTENCE

KINDS = {"heading", "paragraph", "list_item", "table_header", "table_row", "code"}


@pytest.fixture(scope="module")
def parser():
    with ParserChild() as child:
        yield child


@pytest.fixture(scope="module")
def parsed(parser, tmp_path_factory):
    """Each file is read once for all tests."""
    folder, known = tmp_path_factory.mktemp("files"), {}

    def read(name):
        if name not in known:
            FORMATS[name](folder / name)
            known[name] = parser.parse(folder / name, name)
        return known[name]

    return read


def test_the_child_keeps_the_protocol(parser):
    contract: Parser = parser
    assert callable(contract.parse)
    assert callable(contract.close)


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_person_reads_comes_out(parsed, name):
    assert SENTENCE in " ".join(parsed(name).text.split())


@pytest.mark.parametrize("name", FORMATS)
def test_blocks_stand_in_order_within_the_text(parsed, name):
    document, reached = parsed(name), 0
    assert document.blocks
    for block in document.blocks:
        assert block.kind in KINDS
        assert reached <= block.start < block.end <= len(document.text)
        assert document.text[block.start : block.end].strip() == document.text[block.start : block.end]
        assert all(block.start <= start <= end <= block.end for start, end in block.cells)
        assert (block.kind == "heading") == (block.kind == "heading" and 1 <= block.level <= 6)
        assert not document.text[reached : block.start].strip()
        reached = block.end
    assert not document.text[reached:].strip()


@pytest.mark.parametrize("name", FORMATS)
def test_pages_touch_and_cover_the_text(parsed, name):
    document = parsed(name)
    for number, page in enumerate(document.pages, 1):
        assert page.number == number
    if document.pages:
        assert document.pages[0].start == 0
        assert document.pages[-1].end == len(document.text)
        for one, other in zip(document.pages, document.pages[1:], strict=False):
            assert one.end == other.start


@pytest.mark.parametrize("name", FORMATS)
def test_passages_can_be_made_of_it(parsed, name):
    document = parsed(name)
    assert any(SENTENCE[:40] in " ".join(passage.text.split()) for passage in chunk(document))


@pytest.mark.parametrize("name", ["a.pdf", "a.pptx", "a.xlsx"])
def test_two_pages_stay_two_pages(parsed, name):
    document = parsed(name)
    assert len(document.pages) == 2
    assert {passage.page for passage in chunk(document)} == {1, 2}


@pytest.mark.parametrize("name", ["a.docx", "a.html", "a.md", "a.odt", "a.xlsx", "a.csv"])
def test_tables_keep_their_header_and_cells(parsed, name):
    document = parsed(name)
    header = next(block for block in document.blocks if block.kind == "table_header")
    row = next(block for block in document.blocks if block.kind == "table_row")
    assert [document.text[a:b] for a, b in header.cells] == ["City", "Rate"]
    assert [document.text[a:b] for a, b in row.cells] == ["Hamburg", "140 EUR"]
    assert document.text[row.start : row.end] == "Hamburg | 140 EUR"


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.pdf", "a.html", "a.md", "a.txt", "a.odt", "a.epub", "a.eml"])
def test_headings_are_known(parsed, name):
    document = parsed(name)
    assert "Hotels" in {document.text[block.start : block.end] for block in document.blocks if block.kind == "heading"}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"", "empty_file"),
        ("a.md", b" \n\t\n", "empty_file"),
        ("a.html", b"<html><script>alert(1)</script></html>", "no_text"),
        ("a.bin", bytes(range(256)) * 8, "unsupported_type"),
        ("a.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\x00" * 200, "unsupported_type"),
        ("a.pdf", b"%PDF-1.7 and then nothing of the kind", "damaged"),
        ("named-like-one.pdf", bytes(range(256)) * 8, "damaged"),
        ("a.docx", b"PK\x03\x04 and then nothing of the kind", "damaged"),
        ("a.png", b"\x89PNG\r\n\x1a\n and then nothing of the kind", "damaged"),
    ],
)
def test_a_file_without_text_fails_with_a_reason_and_a_way_out(parser, tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ParseFailed) as failed:
        parser.parse(tmp_path / name, name)
    assert failed.value.code == code
    assert failed.value.message.endswith(".")
    assert failed.value.hint.endswith(".")
    assert failed.value.permanent
