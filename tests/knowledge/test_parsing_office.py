"""Word, PowerPoint and Excel: what prints is read, what is deleted or hidden is not."""

from __future__ import annotations

import datetime as dt
import zipfile

import pytest

from knowledge.parsers.base import ParsedDocument, ParseFailed, ParseLimits
from knowledge.parsers.read import read
from knowledge.parsers.source import SourceFile


def parsed(path) -> ParsedDocument:
    with SourceFile.of_path(path) as source:
        return read(source, path.name, ParseLimits(), on_progress=lambda page, total: None)


def codes(document: ParsedDocument) -> set[str]:
    return {warning.code for warning in document.warnings}


@pytest.fixture
def word(tmp_path):
    import docx

    document = docx.Document()

    def saved() -> ParsedDocument:
        document.save(str(tmp_path / "a.docx"))
        return parsed(tmp_path / "a.docx")

    document.read = saved
    return document


def test_headings_have_the_level_of_their_style(word):
    word.add_heading("Handbook", 0)
    word.add_heading("Hotels", 1)
    word.add_heading("Abroad", 2)
    document = word.read()
    assert [(document.text[b.start : b.end], b.level) for b in document.blocks] == [
        ("Handbook", 1),
        ("Hotels", 1),
        ("Abroad", 2),
    ]


def test_numbered_paragraphs_carry_their_numbers(word):
    for name in ("Ask", "Book", "Travel"):
        word.add_paragraph(name, style="List Number")
    word.add_paragraph("Anything else", style="List Bullet")
    document = word.read()
    assert document.text == "1. Ask\n2. Book\n3. Travel\nAnything else"
    assert {block.kind for block in document.blocks} == {"list_item"}


def test_deleted_text_is_not_read_and_inserted_text_is(word):
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    paragraph = word.add_paragraph("The rate is ")
    for mark, word_ in (("del", "120"), ("ins", "140")):
        text = f"<w:delText>{word_}</w:delText>" if mark == "del" else f"<w:t>{word_}</w:t>"
        paragraph._p.append(parse_xml(f"<w:{mark} {nsdecls('w')}><w:r>{text}</w:r></w:{mark}>"))
    assert word.read().text == "The rate is 140"


def test_hidden_white_and_tiny_text_is_left_out_and_told(word):
    from docx.shared import Pt, RGBColor

    paragraph = word.add_paragraph("Seen.")
    paragraph.add_run(" HIDDEN").font.hidden = True
    paragraph.add_run(" WHITE").font.color.rgb = RGBColor(255, 255, 255)
    paragraph.add_run(" TINY").font.size = Pt(1)
    document = word.read()
    assert document.text == "Seen."
    assert "hidden_text" in codes(document)


def test_white_letters_in_a_table_may_stand_on_a_dark_ground(word):
    from docx.shared import RGBColor

    table = word.add_table(rows=2, cols=2)
    table.rows[0].cells[0].paragraphs[0].add_run("City").font.color.rgb = RGBColor(255, 255, 255)
    table.rows[0].cells[1].text, table.rows[1].cells[0].text, table.rows[1].cells[1].text = "Rate", "Hamburg", "140"
    document = word.read()
    assert document.text == "City | Rate\nHamburg | 140"
    assert not codes(document)


def test_merged_cells_keep_the_others_in_their_columns(word):
    table = word.add_table(rows=2, cols=3)
    table.rows[0].cells[0].merge(table.rows[0].cells[1]).text = "Wide"
    for cell, words in zip(table.rows[1].cells, "abc", strict=True):
        cell.text = words
    table.rows[0].cells[2].text = "Last"
    document = word.read()
    header, row = document.blocks
    assert [document.text[a:b] for a, b in header.cells] == ["Wide", "", "Last"]
    assert [document.text[a:b] for a, b in row.cells] == ["a", "b", "c"]


def test_a_workbook_shows_numbers_as_a_person_sees_them(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    shown = {
        "140.50 €": (140.5, "#,##0.00 €"), "25%": (0.25, "0%"), "12,500": (12500, "#,##0"), "2026-03-01": (dt.date(2026, 3, 1), "dd.mm.yyyy"),
        "2026-03-01 14:30": (dt.datetime(2026, 3, 1, 14, 30), "dd/mm/yyyy hh:mm"), "09:30": (dt.time(9, 30), "hh:mm"), "0.1": (0.1, "General"),
        "$1,200.00": (1200, "[$$-409]#,##0.00"), "7 days": (7, '0" days"'), "TRUE": (True, "General"), "36:15": (dt.timedelta(hours=36, minutes=15), "[h]:mm"),
    }  # fmt: skip
    for column, (value, form) in enumerate(shown.values(), 1):
        sheet.cell(1, column, f"c{column}")
        sheet.cell(2, column, value).number_format = form
    book.save(tmp_path / "a.xlsx")
    document = parsed(tmp_path / "a.xlsx")
    row = next(block for block in document.blocks if block.kind == "table_row")
    assert [document.text[a:b] for a, b in row.cells] == list(shown)


def test_hidden_rows_and_columns_are_left_out_and_hidden_sheets_are_told(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["City", "Rate", "SECRET"], ["Hamburg", 140, "SECRET"], ["SECRET", 1, 2]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    other = book.create_sheet("Lists")
    other.append(["Allowed"])
    other.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    document = parsed(tmp_path / "a.xlsx")
    assert document.text == "Sheet\n\nCity | Rate\nHamburg | 140\n\nLists\n\nAllowed"
    assert codes(document) == {"hidden_text", "hidden_sheets"}
    assert [page.label for page in document.pages] == ["Sheet", "Sheet Lists"]


def test_tables_of_a_sheet_are_parted_by_empty_rows(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["Rates"], ["City", "Rate"], ["Hamburg", 140], [], ["Meal", "Rate"], ["Lunch", 20]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    document = parsed(tmp_path / "a.xlsx")
    headers = [document.text[b.start : b.end] for b in document.blocks if b.kind == "table_header"]
    assert headers == ["City | Rate", "Meal | Rate"]


def test_slides_are_pages_with_their_notes(tmp_path):
    from tests.knowledge.parsing_files import SENTENCE, pptx

    pptx(tmp_path / "a.pptx")
    document = parsed(tmp_path / "a.pptx")
    second = document.pages[1]
    assert second.label == "Slide 2"
    assert document.text[second.start : second.end].strip() == f"Meals\n\n{SENTENCE}\n\nNotes: Say more about meals."


def test_a_slide_that_is_damaged_does_not_take_the_others_with_it(tmp_path):
    from tests.knowledge.parsing_files import pptx

    pptx(tmp_path / "whole.pptx")
    with zipfile.ZipFile(tmp_path / "whole.pptx") as whole, zipfile.ZipFile(tmp_path / "a.pptx", "w") as broken:
        for name in whole.namelist():
            data = whole.read(name)
            broken.writestr(name, data[:200] if name == "ppt/slides/slide1.xml" else data)
    document = parsed(tmp_path / "a.pptx")
    assert "Meals" in document.text
    assert "pages_unreadable" in codes(document)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<a>" + b" " * 64_000_000)
    with pytest.raises(ParseFailed) as failed:
        parsed(tmp_path / "a.docx")
    assert failed.value.code == "zip_bomb"


def test_a_member_that_says_it_is_small_is_read_no_further(tmp_path):
    """A central directory that lies about sizes: the reading stops at what it said."""
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<a>" + b" " * 30_000_000)
    data = path.read_bytes()
    path.write_bytes(data.replace((30_000_003).to_bytes(4, "little"), (5000).to_bytes(4, "little")))
    with pytest.raises(ParseFailed) as failed:
        parsed(path)
    assert failed.value.code in {"damaged", "zip_bomb"}


def test_entities_are_refused(tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]><a>&b;</a>'
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", bomb)
    with pytest.raises(ParseFailed) as failed:
        parsed(tmp_path / "a.docx")
    assert failed.value.code == "damaged"


def test_tables_inside_tables_without_end_are_refused(tmp_path):
    inner = "<w:tbl><w:tr><w:tc>" * 500 + "</w:tc></w:tr></w:tbl>" * 500
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", f'<w:document xmlns:w="w"><w:body>{inner}</w:body></w:document>')
    with pytest.raises(ParseFailed) as failed:
        parsed(tmp_path / "a.docx")
    assert failed.value.code == "damaged"
