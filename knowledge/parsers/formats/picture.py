"""Pictures to pieces, by the recogniser. Each picture of a file is a page, as in a fax."""

from __future__ import annotations

import time
from collections.abc import Iterator

from knowledge.parsers.archives import damaged
from knowledge.parsers.base import ParseFailed
from knowledge.parsers.document_builder import DocumentDraft
from knowledge.parsers.formats.pdf_layout import pieces_of
from knowledge.parsers.formats.pdf_lines import PageLines
from knowledge.parsers.read import NeedsOcr, ParseContext

MAX_PIXELS = 120_000_000
MAX_SIDE_PIXELS = 4_000  # dots of a side; enough for a page at 300 dots an inch


def read_picture(reading: ParseContext) -> DocumentDraft:
    if reading.recognise is None:
        raise NeedsOcr
    from knowledge.parsers.formats.ocr import lines_of

    draft, pages = DocumentDraft(), []
    for number, total, picture in _pictures(reading):
        height, width = picture.shape[:2]
        pages.append(
            PageLines(tuple(lines_of(reading.recognise, picture, width, height)), width, height, 1.0, recognised=True)
        )
        reading.on_progress(number, total)
        if total > number and (number == reading.limits.ocr_pages or time.monotonic() > reading.until):
            draft.warn("ocr_pages_left_out", f"Only the first {number} pages were read.")
            break
    if not any(page.lines for page in pages):
        raise ParseFailed(
            "no_text",
            "No text was found in the picture.",
            "Upload a sharper picture, or the document it was made from.",
        )
    draft.warn("ocr_used", "Text was read from a picture and may contain mistakes.")
    draft.pieces += pieces_of(pages, {})
    draft.headings_name_it = False
    return draft


def _pictures(reading: ParseContext) -> Iterator[tuple[int, int, object]]:
    import numpy as np
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with reading.source.open() as file, Image.open(file) as image:
            total = 1 if reading.media_type == "image/gif" else getattr(image, "n_frames", 1)
            for number in range(total):
                image.seek(number)
                image.draft("RGB", (MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
                upright = ImageOps.exif_transpose(image)
                upright.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
                if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
                    paper = Image.new("RGBA", upright.size, "white")
                    upright = Image.alpha_composite(paper, upright.convert("RGBA"))
                yield number + 1, total, np.asarray(upright.convert("RGB"))
    except Image.DecompressionBombError as error:
        raise ParseFailed(
            "too_large", "The picture has too many pixels.", "Save it smaller and upload it again."
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise damaged("The picture") from error
