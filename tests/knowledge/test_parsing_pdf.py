"""PDF: lines become paragraphs, headings and tables again; what nobody sees is left out; pages can be marked."""

from __future__ import annotations

import io

import pytest

from knowledge.page_images import pdf_pages
from knowledge.parsers.base import ParsedDocument, ParseFailed, ParseLimits
from knowledge.parsers.read import NeedsOcr, read
from knowledge.parsers.source import SourceFile

WRAPPED = (
    "Every employee has twenty-eight days of annual leave, which are",
    "taken in agreement with the line manager. Unused days of a cal-",
    "endar year lapse at the end of March, unless the office has con-",
    "firmed in writing that they may be taken later in the same year.",
)


@pytest.fixture
def drawn(tmp_path):
    """A PDF from a function that draws on a canvas."""
    from reportlab.pdfgen.canvas import Canvas

    def draw(*pages, **settings):
        path = tmp_path / "a.pdf"
        canvas = Canvas(str(path), **settings)
        for page in pages:
            page(canvas)
            canvas.showPage()
        canvas.save()
        return path

    yield draw
    pdf_pages.close()


def parsed(path) -> ParsedDocument:
    with SourceFile.of_path(path) as source:
        return read(source, path.name, ParseLimits(), on_progress=lambda page, total: None)


def lines(canvas, words, *, top=700, left=72, size=11, font="Helvetica"):
    canvas.setFont(font, size)
    for number, line in enumerate(words):
        canvas.drawString(left, top - number * size * 1.3, line)


def codes(document) -> set[str]:
    return {warning.code for warning in document.warnings}


def test_lines_are_joined_and_words_made_whole(drawn):
    [block] = parsed(drawn(lambda canvas: lines(canvas, WRAPPED))).blocks
    assert block.kind == "paragraph"
    text = parsed(drawn(lambda canvas: lines(canvas, WRAPPED))).text
    assert "which are taken in agreement" in text
    assert "calendar year" in text
    assert "confirmed in writing" in text


def test_a_compound_keeps_its_hyphen_at_a_line_end(drawn):
    words = (
        "We build cutting-edge systems for the whole industry. Our cutting-",
        "edge systems are known for an edge that others are still cutting.",
    )
    assert "Our cutting-edge systems" in parsed(drawn(lambda canvas: lines(canvas, words))).text


def test_headings_are_found_by_their_size_and_their_bookmarks(drawn):
    def page(canvas):
        lines(canvas, ["Annual leave"], top=740, size=18, font="Helvetica-Bold")
        lines(canvas, WRAPPED, top=700)
        lines(canvas, ["Carrying over"], top=600)
        canvas.bookmarkPage("over")
        canvas.addOutlineEntry("Carrying over", "over", 0)
        lines(canvas, WRAPPED, top=560)

    document = parsed(drawn(page))
    assert [document.text[b.start : b.end] for b in document.blocks if b.kind == "heading"] == [
        "Annual leave",
        "Carrying over",
    ]
    assert document.title == "Annual leave"


def test_running_headers_are_read_once_and_page_numbers_never(drawn):
    def page(canvas):
        lines(canvas, ["Acme staff handbook"], top=820)
        lines(canvas, WRAPPED)
        lines(canvas, [str(canvas.getPageNumber())], top=20, left=300)

    document = parsed(drawn(*[page] * 5))
    assert document.text.count("Acme staff handbook") == 1
    assert not any(document.text[b.start : b.end].isdigit() for b in document.blocks)
    assert len(document.pages) == 5


def test_columns_of_a_table_stay_apart(drawn):
    def page(canvas):
        for number, row in enumerate(
            [("City", "Hotel", "Meals"), ("Hamburg", "140 EUR", "28 EUR"), ("Lisbon", "125 EUR", "32 EUR")]
        ):
            for left, cell in zip((72, 220, 380), row, strict=True):
                lines(canvas, [cell], top=700 - 16 * number, left=left)

    document = parsed(drawn(page))
    assert [b.kind for b in document.blocks] == ["table_header", "table_row", "table_row"]
    row = document.blocks[2]
    assert [document.text[a:b] for a, b in row.cells] == ["Lisbon", "125 EUR", "32 EUR"]


def test_white_and_inkless_text_is_left_out_but_white_on_dark_is_read(drawn):
    def page(canvas):
        lines(canvas, ["The lease ends in June."])
        canvas.setFillColorRGB(1, 1, 1)
        lines(canvas, ["WHITE"], top=600)
        canvas.setFillColorRGB(0, 0, 0.4)
        canvas.rect(60, 480, 300, 40, fill=1)
        canvas.setFillColorRGB(1, 1, 1)
        lines(canvas, ["On a dark ground"], top=495)
        text = canvas.beginText(72, 400)
        text.setTextRenderMode(3)
        text.textLine("INKLESS")
        canvas.drawText(text)

    document = parsed(drawn(page))
    assert document.text == "The lease ends in June.\n\nOn a dark ground"
    assert "hidden_text" in codes(document)


def scan(canvas, words="Hotel costs are refunded", size=(1200, 1600)):
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.lib.utils import ImageReader

    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((100, 200), words, fill="black", font=ImageFont.load_default(60))
    written = io.BytesIO()
    image.save(written, "PNG")
    canvas.drawImage(ImageReader(written), 0, 0, 595, 842)


def test_a_page_that_is_only_a_picture_needs_the_recogniser(drawn):
    with pytest.raises(NeedsOcr):
        parsed(drawn(scan))


def test_the_text_a_scanner_put_behind_its_picture_is_read(drawn):
    def page(canvas):
        scan(canvas)
        text = canvas.beginText(72, 700)
        text.setTextRenderMode(3)
        text.textLine("Hotel costs are refunded up to 140 EUR")
        canvas.drawText(text)

    assert parsed(drawn(page)).text == "Hotel costs are refunded up to 140 EUR"


def test_a_password_is_asked_for_in_plain_words(drawn):
    from reportlab.lib.pdfencrypt import StandardEncryption

    path = drawn(lambda canvas: lines(canvas, WRAPPED), encrypt=StandardEncryption("open", canPrint=0))
    with pytest.raises(ParseFailed) as failed:
        parsed(path)
    assert failed.value.code == "password_protected"


def test_a_page_is_shown_as_a_picture(drawn):
    from PIL import Image

    path = drawn(lambda canvas: lines(canvas, WRAPPED))
    with Image.open(io.BytesIO(pdf_pages.render_page(path, 1, 1.0))) as image:
        assert image.format == "WEBP"
        assert image.size == (596, 842)


def test_a_quote_is_marked_where_it_stands(drawn):
    path = drawn(lambda canvas: lines(canvas, WRAPPED, top=700))
    quote = "Unused days of a calendar year lapse at the end of March"
    assert quote in parsed(path).text
    first, second = pdf_pages.page_boxes(path, 1, quote)
    assert first[0] > 0.4, "it begins in the middle of its first line"
    assert second[0] == pytest.approx(72 / 595, abs=0.01)
    for left, top, right, bottom in (first, second):
        assert 0 < left < right < 1
        assert (842 - 700) / 842 - 0.02 < top < bottom < (842 - 650) / 842 + 0.02
    assert first[1] < second[1]


def test_a_quote_that_does_not_stand_there_is_not_marked(drawn):
    path = drawn(lambda canvas: lines(canvas, WRAPPED))
    assert pdf_pages.page_boxes(path, 1, "Nobody said this anywhere on the page") == []
    assert pdf_pages.page_boxes(path, 1, "   ") == []


def test_a_page_turned_on_its_side_is_marked_as_it_is_shown(drawn):
    def page(canvas):
        canvas.setPageRotation(90)
        lines(canvas, ["Turned text of the lease"], top=500)

    [(left, top, right, bottom)] = pdf_pages.page_boxes(drawn(page), 1, "Turned text of the lease")
    assert bottom - top > right - left, "the line runs downwards"
    assert left > 0.7


def test_a_page_that_is_not_there_is_told(drawn):
    path = drawn(lambda canvas: lines(canvas, WRAPPED))
    with pytest.raises(ParseFailed) as failed:
        pdf_pages.render_page(path, 2)
    assert failed.value.code == "no_such_page"


def test_a_damaged_file_cannot_harm_the_process_that_shows_pages(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n" + b"\xff" * 1000)
    with pytest.raises(ParseFailed):
        pdf_pages.render_page(tmp_path / "a.pdf", 1)
