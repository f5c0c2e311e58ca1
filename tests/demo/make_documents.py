"""Makes the sample company's office files and PDFs from tests/demo/sources.

    python tests/demo/make_documents.py            writes them into portal/demo/documents
    python tests/demo/make_documents.py --out DIR  writes them somewhere else

Markdown, HTML, text, CSV and e-mail are written by hand in portal/demo/documents and not touched here.
Needs python-docx, python-pptx, openpyxl, reportlab and pillow, which only the tests install.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from making import pages, scan, sheets, slides, word, writer

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "portal" / "demo"
WRITERS = {
    ".docx": word.write, ".odt": writer.write, ".pdf": pages.write, ".pptx": slides.write, ".xlsx": sheets.write,
}  # fmt: skip


def make(out: Path) -> list[Path]:
    company = json.loads((DEMO / "company.json").read_text(encoding="utf-8"))
    made = []
    for about in (document for collection in company["collections"] for document in collection["documents"]):
        target = out / about["file"]
        if target.suffix not in WRITERS:
            continue
        scanned = target.stem.endswith("-scan")
        source = (HERE / "sources" / f"{target.stem.removesuffix('-scan')}.md").read_text(encoding="utf-8")
        (scan.write if scanned else WRITERS[target.suffix])(source, about, target)
        made.append(target)
    return made


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", type=Path, default=DEMO / "documents")
    for path in make(arguments.parse_args().out):
        print(f"{path.stat().st_size:>7}  {path.name}")
