"""What is ingested: real documents where the shared data is here, and written ones where not."""

from __future__ import annotations

import io
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.installation import document as written
from tests.benchmarks.installation import words
from tests.drills.column import REPOSITORY

LARGEST = 120_000  # bytes: two cores read three hundred of these in a drill's time
MARKS = {
    ".md",
    ".txt",
    ".html",
}  # files that can carry a company's word in their text; the others carry it in the title
SLOW = ("ocr_", "MEDRPT", "scan")  # pictures of text: seconds each


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    data: bytes

    def of(self, mark: str) -> bytes:
        """Its bytes as this company's."""
        if Path(self.name).suffix not in MARKS:
            return self.data
        said = f"This page belongs to {mark}."
        return self.data + (f"\n\n{said}\n" if not self.name.endswith(".html") else f"\n<p>{said}</p>\n").encode()


def shared() -> Path | None:
    folder = Path(os.environ.get("PORTAL_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    return folder if folder.is_dir() else None


def sources(count: int) -> list[Source]:
    """The same ones each time, of all formats from the first on."""
    folder = shared()
    found = _real(folder) if folder else []
    random.Random(4).shuffle(found)
    asked = _answering(folder) if folder else set()
    found.sort(key=lambda source: source.name.partition("-")[2] not in asked)  # what people ask for comes first
    chance, vocabulary = random.Random(5), words()
    while len(found) < count:
        found.append(Source(f"written-{len(found)}.md", written(len(found), chance, vocabulary).encode()))
    return found[:count]


def long(number: int, parts: int = 32) -> Source:
    """More than a hundred passages: long enough on its way to be met at each stage."""
    chance, vocabulary = random.Random(number), words()
    text = "\n\n".join(written(part, chance, vocabulary) for part in range(parts))
    return Source(f"long-{parts}-{number}.md", text.encode())


def broken() -> list[Source]:
    """Files that are damaged, locked, empty or bombs."""
    folder = shared()
    if folder is None:
        made = {"empty.txt": b"", "cut.pdf": b"%PDF-1.7\n1 0 obj <<", "noise.docx": random.Random(6).randbytes(50_000)}
        return [Source(name, data) for name, data in made.items()]
    return [Source(path.name, path.read_bytes()) for path in sorted(folder.glob("files/broken/*"))]


def thick_pdf(pages: int = 600) -> bytes:
    """Seconds of reading."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file)
    for page in range(pages):
        for line in range(20):
            canvas.drawString(72, 760 - 20 * line, f"Page {page}, line {line}: nobody will ever get as far as this.")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def questions() -> list[str]:
    folder = shared()
    if folder is None:
        return ["What does the statement return?", "How is a module imported?", "When is the value evaluated?"]
    lines = (folder / "handbook" / "questions.dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def _answering(folder: Path) -> set[str]:
    lines = (folder / "handbook" / "questions.dev.jsonl").read_text(encoding="utf-8").splitlines()
    return {Path(each["doc_id"]).name for line in lines for each in json.loads(line).get("evidence", ())}


def _real(folder: Path) -> list[Source]:
    pages = sorted(folder.glob("handbook/18f/**/*.md")) + sorted(folder.glob("handbook/18f/**/*.html"))
    files = [path for path in sorted(folder.glob("files/ok/*")) if not path.name.startswith(SLOW) and _plain(path)]
    kept = [path for path in pages + files if path.is_file() and 200 < path.stat().st_size < LARGEST]
    return [Source(f"{n:03}-{path.name}", path.read_bytes()) for n, path in enumerate(kept)]


def _plain(path: Path) -> bool:
    """Encodings other than UTF-8 are tested elsewhere; a word added in UTF-8 would spoil such a file."""
    if path.suffix not in MARKS:
        return True
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True
