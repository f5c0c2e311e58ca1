"""Small files in every format, written by the programs' own libraries where those are at hand."""

from __future__ import annotations

import zipfile
from email.message import EmailMessage
from pathlib import Path

SENTENCE = "Hotel costs are refunded up to 140 EUR a night."
ROWS = (("City", "Rate"), ("Hamburg", "140 EUR"), ("Lisbon", "125 EUR"))


def docx(path: Path) -> None:
    import docx as word

    document = word.Document()
    document.core_properties.title, document.core_properties.author = "Travel policy", "Ines Baumann"
    document.add_heading("Hotels", 1)
    document.add_paragraph(SENTENCE)
    document.add_paragraph("Ask first", style="List Bullet")
    table = document.add_table(rows=0, cols=2)
    for row in ROWS:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = row
    document.save(str(path))


def pptx(path: Path) -> None:
    import pptx as powerpoint

    deck = powerpoint.Presentation()
    for title in ("Hotels", "Meals"):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = SENTENCE
        slide.notes_slide.notes_text_frame.text = f"Say more about {title.lower()}."
    deck.save(str(path))


def xlsx(path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Rates"
    sheet.append(["Travel rates"])
    for row in ROWS:
        sheet.append(row)
    book.create_sheet("Meals").append([SENTENCE])
    book.save(path)


def pdf(path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    canvas.setTitle("Travel policy")
    for title in ("Hotels", "Meals"):
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(72, 760, title)
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 720, SENTENCE)
        canvas.drawString(
            72, 705, "Receipts are handed in within 30 days of the end of the journey, together with the form."
        )
        canvas.showPage()
    canvas.save()


def picture(path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (1100, 300), "white")
    ImageDraw.Draw(image).text((40, 100), SENTENCE, fill="black", font=ImageFont.load_default(40))
    image.save(path)


def html(path: Path) -> None:
    rows = "".join(f"<tr><td>{city}</td><td>{rate}</td></tr>" for city, rate in ROWS)
    path.write_text(
        f"<html><title>Travel policy</title><h1>Hotels</h1><p>{SENTENCE}<ul><li>Ask first</ul><table>{rows}</table></html>"
    )


def markdown(path: Path) -> None:
    path.write_text(
        f"# Hotels\n\n{SENTENCE}\n\n- Ask *first*\n\n| City | Rate |\n| --- | --- |\n| Hamburg | **140 EUR** |\n"
    )


def text(path: Path) -> None:
    path.write_text(f"Hotels\n======\n\n{SENTENCE}\n\n- Ask first\n")


def csv(path: Path) -> None:
    path.write_text("\n".join(";".join(row) for row in (*ROWS, ("Note", SENTENCE))))


def json(path: Path) -> None:
    path.write_text(f'{{"policy": {{"hotels": "{SENTENCE}", "rates": [1, 2]}}}}')


def eml(path: Path) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Hotels", "office@acme.example", "staff@acme.example"
    message["Date"] = "Mon, 02 Mar 2026 09:00:00 +0000"
    message.set_content(SENTENCE)
    path.write_bytes(message.as_bytes())


def rtf(path: Path) -> None:
    path.write_text(r"{\rtf1\ansi{\info{\title Travel policy}}{\b Hotels}\par " + SENTENCE + r"\par}")


def odt(path: Path) -> None:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "style")
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in ROWS
    )
    body = (
        f'<text:h text:outline-level="1">Hotels</text:h><text:p>Hotel costs<text:s/>{SENTENCE.removeprefix("Hotel costs ")}</text:p>'
        f"<text:list><text:list-item><text:p>Ask first</text:p></text:list-item></text:list><table:table>{rows}</table:table>"
        '<text:p text:style-name="H">A hidden order</text:p>'
    )
    hidden = '<office:automatic-styles><style:style style:name="H"><style:text-properties text:display="none"/></style:style></office:automatic-styles>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}>{hidden}<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        )


def epub(path: Path) -> None:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Travel policy</dc:title>'
        '</metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="OEBPS/p.opf"/></rootfiles></container>',
        )
        archive.writestr("OEBPS/p.opf", package)
        archive.writestr("OEBPS/a.xhtml", f"<html><body><h1>Hotels</h1><p>{SENTENCE}</p></body></html>")


FORMATS = {
    "a.docx": docx, "a.pptx": pptx, "a.xlsx": xlsx, "a.pdf": pdf, "a.html": html, "a.md": markdown, "a.txt": text, "a.csv": csv,
    "a.json": json, "a.eml": eml, "a.rtf": rtf, "a.odt": odt, "a.epub": epub, "a.png": picture,
}  # fmt: skip
