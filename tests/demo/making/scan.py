"""A typed notice as a copier would deliver it: a picture of a page, a little crooked, with specks and a shadow."""

from __future__ import annotations

import io
import random
from pathlib import Path

import reportlab
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from making.markup import plain, read

WIDTH, HEIGHT = 1240, 1754  # A4 at 150 dots an inch, scanned at 120
FONTS = Path(reportlab.__file__).parent / "fonts"


def write(source: str, about: dict, path: Path) -> None:
    title, parts = read(source)
    page = _typed(title, [plain(part.text) for part in parts])
    page = page.rotate(0.8, resample=Image.Resampling.BICUBIC, fillcolor=246)
    page = _worn(page).resize((992, 1403), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.3))
    picture = io.BytesIO()
    page.save(picture, "JPEG", quality=28, optimize=True)
    picture.seek(0)
    rl_config.useA85 = 0  # the picture as it is: text encoding would add a quarter
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.setTitle(title)
    canvas.setAuthor(about["owner"])
    canvas.drawImage(ImageReader(picture), 0, 0, *A4)
    canvas.save()


def _typed(title: str, paragraphs: list[str]) -> Image.Image:
    page = Image.new("L", (WIDTH, HEIGHT), 246)
    draw = ImageDraw.Draw(page)
    bold = ImageFont.truetype(str(FONTS / "VeraBd.ttf"), 42)
    text = ImageFont.truetype(str(FONTS / "Vera.ttf"), 33)
    draw.rectangle((90, 110, WIDTH - 90, HEIGHT - 160), outline=40, width=5)
    top = _lines(draw, title, bold, 190) + 30
    draw.line((150, top - 12, WIDTH - 150, top - 12), fill=40, width=3)
    top += 26
    for paragraph in paragraphs:
        top = _lines(draw, paragraph, text, top) + 30
    return page


def _lines(draw, words: str, font, top: int) -> int:
    """Sets words with wide gaps, as a typewriter does; the top of the next paragraph."""
    left, gap = 155, font.size * 0.62
    for word in words.split():
        length = draw.textlength(word, font=font)
        if left + length > WIDTH - 155:
            left, top = 155, top + int(font.size * 1.5)
        draw.text((left, top), word, font=font, fill=35)
        left += length + gap
    return top + int(font.size * 1.5)


def _worn(page: Image.Image) -> Image.Image:
    chance = random.Random(1961)
    draw = ImageDraw.Draw(page)
    for _ in range(260):
        x, y, size = chance.randrange(WIDTH), chance.randrange(HEIGHT), chance.choice((1, 1, 1, 2))
        draw.ellipse((x, y, x + size, y + size), fill=chance.randrange(110, 200))
    for y in (60, 1585):  # two folds, where no text is
        draw.line((0, y, WIDTH, y + 9), fill=226, width=3)
    shadow = Image.linear_gradient("L").rotate(90).resize((WIDTH, HEIGHT)).point(lambda value: 215 + value * 40 // 255)
    return ImageChops.multiply(page, shadow)
