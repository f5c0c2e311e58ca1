"""Documents whose text was read, without embedding it: for tests of what is shown of a text."""

from __future__ import annotations

import contextlib
from pathlib import Path

from knowledge.library import version_text
from knowledge.models import Content, Document, Status
from knowledge.parsers.base import ParseLimits
from knowledge.parsers.read import read
from knowledge.parsers.source import SourceFile
from tests.knowledge.page_cast import Shelf


def add_read(shelf: Shelf, filename: str, data: str | bytes, folder: Path) -> Document:
    """The document with a version of these bytes, as the stages leave it but without passages."""
    document = shelf.add(filename, data, read=False)
    path = folder / "file"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with contextlib.closing(SourceFile.of_path(path)) as source:
        parsed = read(source, document.filename, ParseLimits(), on_progress=lambda page, total: None)
    version = document.latest_version
    content = Content(
        tenant_id=document.tenant_id,
        version=version,
        text=parsed.text,
        pages=[[page.number, page.start, page.end, page.label] for page in parsed.pages],
        blocks=[[b.kind, b.start, b.end, b.level, [list(cell) for cell in b.cells]] for b in parsed.blocks],
    )
    leaves = version_text.prepare([content])
    content.save()
    version_text.store_leaves(leaves)
    version.status, version.media_type, version.page_count = Status.READY, parsed.media_type, len(parsed.pages)
    version.save()
    Document.objects.for_tenant(document.tenant_id).filter(pk=document.pk).update(current_version=version)
    document.refresh_from_db()
    return document
