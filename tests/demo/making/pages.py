from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from making.markup import day_in_words, read, runs

PETROL, GREY, PAPER = colors.HexColor("#0B4F6C"), colors.HexColor("#666666"), colors.HexColor("#E3EDF1")
RULE = colors.HexColor("#BFC8CC")
BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=11.5, leading=16.5, spaceAfter=7,
                      allowWidows=0, allowOrphans=0)  # fmt: skip
CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=9.2, leading=12.2)
STYLES = {
    "paragraph": BODY,
    "bullet": ParagraphStyle("bullet", BODY, leftIndent=16, bulletIndent=3, spaceAfter=3.5),
    "numbered": ParagraphStyle("numbered", BODY, leftIndent=20, bulletIndent=3, spaceAfter=3.5),
    "note": ParagraphStyle("note", BODY, leftIndent=12, rightIndent=12, borderPadding=(7, 9, 7, 9), backColor=PAPER,
                           spaceBefore=12, spaceAfter=14, fontName="Helvetica", fontSize=10, leading=14),
    "title": ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=24, leading=29, textColor=PETROL,
                            spaceAfter=12),
    "heading 1": ParagraphStyle("h1", fontName="Helvetica-Bold", fontSize=14, leading=18, textColor=PETROL,
                                spaceBefore=14, spaceAfter=6),
    "heading 2": ParagraphStyle("h2", fontName="Helvetica-Bold", fontSize=11.5, leading=15, spaceBefore=8,
                                spaceAfter=4),
    "head cell": ParagraphStyle("head cell", CELL, fontName="Helvetica-Bold", textColor=PETROL),
}  # fmt: skip


def write(source: str, about: dict, path: Path) -> None:
    title, parts = read(source)
    document = BaseDocTemplate(
        str(path), pagesize=A4, leftMargin=2.5 * cm, rightMargin=2.5 * cm, topMargin=2.6 * cm, bottomMargin=2.3 * cm,
        title=title, author=about["owner"], subject="Ravelsholme Pumps handbook", invariant=1, lang=about["language"],
    )  # fmt: skip
    frame = Frame(document.leftMargin, document.bottomMargin, document.width, document.height, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=lambda canvas, _: _furnish(canvas, title)))
    story = [Paragraph(escape(title), STYLES["title"]), _facts(about, document.width), Spacer(1, 12)]
    for part in parts:
        story += _flowables(part, document.width)
    document.build(story, canvasmaker=NumberedPages)


class NumberedPages(Canvas):
    """Writes "page 2 of 5", which can be known only when all pages are there."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._finished = []

    def showPage(self):
        self._finished.append(dict(self.__dict__))
        self._startPage()

    def save(self):
        for number, state in enumerate(self._finished, start=1):
            self.__dict__.update(state)
            self.setFont("Helvetica", 8.5)
            self.setFillColor(GREY)
            self.drawRightString(A4[0] - 2.5 * cm, 1.4 * cm, f"page {number} of {len(self._finished)}")
            super().showPage()
        super().save()


def _furnish(canvas, title: str) -> None:
    left, right = 2.5 * cm, A4[0] - 2.5 * cm
    canvas.setFillColor(PETROL)
    canvas.setFont("Helvetica-Bold", 9)
    canvas.drawString(left, A4[1] - 1.6 * cm, "Ravelsholme Pumps")
    canvas.setFillColor(GREY)
    canvas.setFont("Helvetica", 8.5)
    canvas.drawRightString(right, A4[1] - 1.6 * cm, title)
    canvas.drawString(left, 1.4 * cm, "Internal. Printed copies are not kept up to date.")
    canvas.setStrokeColor(RULE)
    canvas.line(left, A4[1] - 1.8 * cm, right, A4[1] - 1.8 * cm)
    canvas.line(left, 1.8 * cm, right, 1.8 * cm)


def _facts(about: dict, width: float) -> Table:
    """The box under the title: who owns the document, from when it counts, when it is looked at again."""
    pairs = (
        ("Owner", about["owner"]),
        ("In force since", day_in_words(about["date"])),
        ("Last reviewed", day_in_words(about["reviewed_on"])),
        ("Next review", day_in_words(about["review_due"])),
    )
    rows = [[Paragraph(name, STYLES["head cell"]) for name, _ in pairs], [Paragraph(text, CELL) for _, text in pairs]]
    box = Table(rows, colWidths=[width / 4] * 4)
    box.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 0.7, RULE), ("BOTTOMPADDING", (0, 0), (-1, 0), 0)]))
    return box


def _flowables(part, width: float) -> list:
    if part.kind == "heading":
        return [CondPageBreak(3.2 * cm), Paragraph(_inline(part.text), STYLES[f"heading {part.level}"])]
    if part.kind == "table":
        return [_table(part.rows, width), Spacer(1, 10)]
    bullet = {"bullet": "•", "numbered": f"{part.number}."}.get(part.kind)
    return [Paragraph(_inline(part.text), STYLES[part.kind], bulletText=bullet)]


def _table(rows, width: float) -> Table:
    longest = [max(14, min(44, max(len(row[column]) for row in rows))) for column in range(len(rows[0]))]
    cells = [[Paragraph(_inline(cell), STYLES["head cell"] if number == 0 else CELL) for cell in row]
             for number, row in enumerate(rows)]  # fmt: skip
    table = Table(cells, colWidths=[width * share / sum(longest) for share in longest], repeatRows=1)
    table.setStyle(TableStyle([
        ("BACKGROUND", (0, 0), (-1, 0), PAPER), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE), ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]))  # fmt: skip
    return table


def _inline(text: str) -> str:
    tags = {"": "{}", "bold": "<b>{}</b>", "italic": "<i>{}</i>"}
    return "".join(tags[style].format(escape(words)) for style, words in runs(text))
