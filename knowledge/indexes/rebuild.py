"""What the store holds, made again from the rows: no file is read and no text embedded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from knowledge.indexes.versions import spec_for
from knowledge.models import Content, Passage, Version
from knowledge.stores.base import IndexedPassage
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

if TYPE_CHECKING:
    from knowledge.indexes.chunking import ChunkRules
    from knowledge.parsers.base import ParsedDocument


def passages_of(
    tenant: Tenant, generation: str, version_ids: Iterable[UUID] | None = None
) -> Iterator[list[IndexedPassage]]:
    """A version at a time, in a block of its own: whoever writes them holds no transaction."""
    for version_id in versions_of(tenant, generation) if version_ids is None else version_ids:
        with in_tenant(tenant):
            headings = _of_version(tenant, generation, version_id)
        if headings:
            yield headings


def versions_of(tenant: Tenant, generation: str) -> list[UUID]:
    with in_tenant(tenant):
        rows = Passage.objects.for_tenant(tenant).filter(generation=generation)
        return list(rows.order_by("version").values_list("version", flat=True).distinct())


def _of_version(tenant: Tenant, generation: str, version_id: UUID) -> list[IndexedPassage]:
    import numpy as np

    from knowledge.indexes.chunking import ChunkRules
    from knowledge.text.analysis import detect_language, terms

    made_with = spec_for(tenant.pk, generation)
    rows = list(
        Passage.objects.for_tenant(tenant).filter(version=version_id, generation=generation).order_by("ordinal")
    )
    if not rows:
        return []
    version = Version.objects.for_tenant(tenant).select_related("document").get(pk=version_id)
    document = version.document
    texts = _analysed(tenant, version, rows, ChunkRules(made_with.words, made_with.overlap))
    language = version.language or detect_language("\n".join(row.text for row in rows))
    return [
        IndexedPassage(
            passage_id=row.pk,
            document_id=document.pk,
            document_no=document.number,
            version_id=version.pk,
            collection_id=document.indexed_under or document.collection_id,
            text=row.text,
            terms=terms(text, language),
            vector=np.frombuffer(row.vector, dtype="<f4"),
        )
        for row, text in zip(rows, texts, strict=True)
    ]


def _analysed(tenant: Tenant, version: Version, rows: list[Passage], rules: ChunkRules) -> list[str]:
    """The text of each passage with what stood above it when it was embedded, which its digest proves.

    Of a table that was cut the rows do not keep the header, so that such a text is cut again. Where nothing fits, as
    after a change of title, the present title stands above it.
    """
    from knowledge.indexes.chunking import Chunk, embedding_text
    from knowledge.library.filenames import title_of

    titles = list(dict.fromkeys((version.document.title, title_of(version.filename))))
    headings: list[str | None] = []
    for row in rows:
        chunk = Chunk(row.ordinal, row.text, row.start, row.end, row.page, tuple(row.heading_path))
        fitting = (text for title in titles if digest_of(text := embedding_text(title, chunk)) == row.digest)
        headings.append(next(fitting, None))
    if None in headings:
        again = _cut_again(tenant, version, titles, rules)
        for at, row in enumerate(rows):
            if headings[at] is None:
                chunk = Chunk(row.ordinal, row.text, row.start, row.end, row.page, tuple(row.heading_path))
                headings[at] = again.get(row.digest) or embedding_text(titles[0], chunk)
    return headings  # type: ignore[return-value]


def _cut_again(tenant: Tenant, version: Version, titles: list[str], rules: ChunkRules) -> dict[str, str]:
    from knowledge.indexes.chunking import chunk, embedding_text

    content = Content.objects.for_tenant(tenant).filter(version=version).first()
    if content is None:
        return {}
    texts = [
        embedding_text(title, each) for each in chunk(parsed(content, version.media_type), rules) for title in titles
    ]
    return {digest_of(text): text for text in texts}


def parsed(content: Content, media_type: str) -> ParsedDocument:
    """What the parser gave, as far as it was kept."""
    from knowledge.parsers.base import Block, PageSpan, ParsedDocument

    return ParsedDocument(
        text=content.text,
        media_type=media_type,
        pages=tuple(PageSpan(*page) for page in content.pages),
        blocks=tuple(Block(*block[:4], tuple(map(tuple, block[4]))) for block in content.blocks),
    )


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
