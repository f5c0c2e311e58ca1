from __future__ import annotations

from pathlib import Path

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from making.archives import at_noon, settle
from making.markup import day_in_words, read, runs

INK, PETROL = RGBColor(0x22, 0x26, 0x2B), RGBColor(0x0B, 0x4F, 0x6C)


def write(source: str, about: dict, path: Path) -> None:
    title, parts = read(source)
    document = _empty(about, title)
    document.add_paragraph(title, style="Title")
    facts = document.add_paragraph(
        f"Owner: {about['owner']}. Date: {day_in_words(about['date'])}. "
        f"Next review: {day_in_words(about['review_due'])}."
    )
    facts.runs[0].font.color.rgb = RGBColor(0x66, 0x66, 0x66)
    for part in parts:
        if part.kind == "heading":
            document.add_heading(part.text, level=part.level)
        elif part.kind == "table":
            _add_table(document, part.rows)
        else:
            style = {"bullet": "List Bullet", "numbered": "List Number", "note": "Intense Quote"}.get(part.kind)
            _add_runs(document.add_paragraph(style=style), part.text)
    document.save(path)
    settle(path, about["date"])


def _empty(about: dict, title: str):
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.4)
    section.header.paragraphs[0].text = f"Ravelsholme Pumps\t\t{title}"
    section.footer.paragraphs[0].text = "Printed copies are not kept up to date."
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size, normal.font.color.rgb = "Calibri", Pt(11), INK
    for name, size in (("Title", 24), ("Heading 1", 15), ("Heading 2", 12)):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "Calibri", Pt(size), PETROL
        fonts = style.element.rPr.rFonts
        for key in [key for key in fonts.attrib if key.endswith("Theme")]:
            del fonts.attrib[key]
    core = document.core_properties
    core.title, core.author, core.last_modified_by = title, about["owner"], about["owner"]
    core.created = core.modified = at_noon(about["date"])
    core.comments, core.language = "", about["language"]
    return document


def _add_runs(paragraph, text: str) -> None:
    for style, words in runs(text):
        run = paragraph.add_run(words)
        run.bold, run.italic = style == "bold" or None, style == "italic" or None


def _add_table(document, rows) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    for number, row in enumerate(rows):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            _add_runs(cell.paragraphs[0], text)
            for run in cell.paragraphs[0].runs:
                run.font.size, run.font.bold = Pt(10), number == 0 or run.font.bold
        if number == 0:
            properties = table.rows[0]._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:tblHeader"))
            for cell in table.rows[0].cells:
                shade = OxmlElement("w:shd")
                shade.set(qn("w:val"), "clear")
                shade.set(qn("w:fill"), "E3EDF1")
                cell._tc.get_or_add_tcPr().append(shade)
    document.add_paragraph()
