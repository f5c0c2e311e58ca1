from __future__ import annotations

from pathlib import Path

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Cm, Pt

from making.archives import at_noon, settle
from making.markup import plain, read

PETROL, PAPER, INK = RGBColor(0x0B, 0x4F, 0x6C), RGBColor(0xE3, 0xED, 0xF1), RGBColor(0x22, 0x26, 0x2B)
TITLE_SLIDE, TITLE_ONLY, TITLE_AND_BODY = 0, 5, 1


def write(source: str, about: dict, path: Path) -> None:
    """The lines before the first heading are the title slide; each heading is a slide."""
    title, parts = read(source)
    deck = Presentation()
    deck.slide_width, deck.slide_height = Cm(25.4), Cm(14.29)
    opening = [part.text for part in parts[: next(i for i, part in enumerate(parts) if part.kind == "heading")]]
    first = deck.slides.add_slide(deck.slide_layouts[TITLE_SLIDE])
    _place(first.shapes.title, 3.6, 3)
    _place(first.placeholders[1], 7.2, 2.4)
    first.shapes.title.text, first.placeholders[1].text = title, "\n".join(opening)
    _tint(first.shapes.title, 36)
    for number, part in enumerate(parts):
        if part.kind != "heading":
            continue
        body = []
        for following in parts[number + 1 :]:
            if following.kind == "heading":
                break
            body.append(following)
        _add_slide(deck, part.text, body)
    core = deck.core_properties
    core.title, core.author, core.last_modified_by = title, about["owner"], about["owner"]
    core.created = core.modified = at_noon(about["date"])
    deck.save(path)
    settle(path, about["date"])


def _add_slide(deck, heading: str, body) -> None:
    tables = [part for part in body if part.kind == "table"]
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY if tables else TITLE_AND_BODY])
    slide.shapes.title.text = heading
    _place(slide.shapes.title, 0.7, 1.9)
    _tint(slide.shapes.title, 28)
    if tables:
        _add_table(slide, tables[0].rows)
        return
    box = slide.placeholders[1]
    _place(box, 3.1, 9.6)
    frame = box.text_frame
    for number, part in enumerate(body):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text, paragraph.font.size, paragraph.space_after = plain(part.text), Pt(20), Pt(8)
        paragraph.font.color.rgb = INK


def _add_table(slide, rows) -> None:
    shape = slide.shapes.add_table(len(rows), len(rows[0]), Cm(1.5), Cm(3.3), Cm(22.4), Cm(1.3 * len(rows)))
    for line, row in enumerate(rows):
        for column, text in enumerate(row):
            cell = shape.table.cell(line, column)
            cell.text = plain(text)
            cell.fill.solid()
            cell.fill.fore_color.rgb = PETROL if line == 0 else PAPER
            font = cell.text_frame.paragraphs[0].font
            font.size, font.bold = Pt(15), line == 0
            font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF) if line == 0 else INK


def _place(shape, top: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = Cm(1.5), Cm(top), Cm(22.4), Cm(height)


def _tint(shape, size: int) -> None:
    for paragraph in shape.text_frame.paragraphs:
        paragraph.font.size, paragraph.font.bold, paragraph.font.color.rgb = Pt(size), True, PETROL
