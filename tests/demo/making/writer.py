"""OpenDocument text, written by hand: the format is a zip of three small XML files."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from making.archives import at_noon, settle
from making.markup import day_in_words, plain, read

SPACES = " ".join(
    f'xmlns:{short}="{name}"'
    for short, name in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
        "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
        "manifest": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0",
    }.items()
)
MIMETYPE = "application/vnd.oasis.opendocument.text"
MANIFEST = (
    f'<manifest:manifest {SPACES} manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
STYLES = """<office:automatic-styles>
<style:style style:name="T1" style:family="paragraph"><style:text-properties fo:font-size="24pt" fo:font-weight="bold"/>
</style:style><style:style style:name="H1" style:family="paragraph"><style:paragraph-properties fo:margin-top="0.5cm"
 fo:margin-bottom="0.2cm"/><style:text-properties fo:font-size="15pt" fo:font-weight="bold"/></style:style>
<style:style style:name="P1" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.2cm"/>
</style:style><style:style style:name="B1" style:family="paragraph"><style:text-properties fo:font-weight="bold"/>
</style:style><style:style style:name="C1" style:family="table-cell"><style:table-cell-properties
 fo:border="0.05pt solid #999999" fo:padding="0.1cm"/></style:style></office:automatic-styles>"""


def write(source: str, about: dict, path: Path) -> None:
    title, parts = read(source)
    body = [f'<text:h text:style-name="T1" text:outline-level="1">{escape(title)}</text:h>']
    bullets: list[str] = []
    for part in parts:
        if part.kind == "bullet":
            bullets.append(f'<text:list-item><text:p text:style-name="P1">{_text(part)}</text:p></text:list-item>')
            continue
        body += _list(bullets)
        bullets = []
        if part.kind == "heading":
            body.append(f'<text:h text:style-name="H1" text:outline-level="{part.level + 1}">{_text(part)}</text:h>')
        elif part.kind == "table":
            body.append(_table(part.rows))
        else:
            body.append(f'<text:p text:style-name="P1">{_text(part)}</text:p>')
    body += _list(bullets)
    content = (
        f'<office:document-content {SPACES} office:version="1.3">{STYLES}'
        f"<office:body><office:text>{''.join(body)}</office:text></office:body></office:document-content>"
    )
    meta = (
        f'<office:document-meta {SPACES} office:version="1.3"><office:meta><dc:title>{escape(title)}</dc:title>'
        f"<dc:creator>{escape(about['owner'])}</dc:creator><dc:subject>{day_in_words(about['date'])}</dc:subject>"
        f"<meta:creation-date>{at_noon(about['date']).isoformat()}</meta:creation-date>"
        "</office:meta></office:document-meta>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", MIMETYPE, zipfile.ZIP_STORED)
        for name, text in (("content.xml", content), ("meta.xml", meta), ("META-INF/manifest.xml", MANIFEST)):
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', zipfile.ZIP_DEFLATED)
    settle(path, about["date"])


def _text(part) -> str:
    return escape(plain(part.text))


def _list(items: list[str]) -> list[str]:
    return [f"<text:list>{''.join(items)}</text:list>"] if items else []


def _table(rows) -> str:
    lines = []
    for number, row in enumerate(rows):
        style = "B1" if number == 0 else "P1"
        cells = "".join(
            '<table:table-cell table:style-name="C1" office:value-type="string">'
            f'<text:p text:style-name="{style}">{escape(plain(cell))}</text:p></table:table-cell>'
            for cell in row
        )
        line = f"<table:table-row>{cells}</table:table-row>"
        lines.append(f"<table:table-header-rows>{line}</table:table-header-rows>" if number == 0 else line)
    columns = f'<table:table-column table:number-columns-repeated="{len(rows[0])}"/>'
    return f'<table:table table:name="Table1">{columns}{"".join(lines)}</table:table><text:p/>'
