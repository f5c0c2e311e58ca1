"""The search index of a restored tenant, from its rows alone: no text is embedded again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice

from knowledge import backends
from knowledge.generations.known import recipe
from knowledge.models import Content, Generation, Passage, Version
from knowledge.stores.base import IndexedPassage, Namespace
from tenants.errors import Unavailable
from tenants.models import Tenant
from tenants.scope import in_tenant

AT_ONCE = 512  # passages in one write


def rebuild(tenant: Tenant) -> int:
    """Every generation the tenant has. How many passages. Repeating it is harmless."""
    with in_tenant(tenant):
        generations = list(Generation.objects.for_tenant(tenant).values_list("name", flat=True))
    written, store = 0, backends.store()
    for generation in generations:
        where = Namespace(tenant.pk, generation)
        store.destroy(where)
        expected = 0
        passages = _passages(tenant, generation)
        while some := list(islice(passages, AT_ONCE)):
            store.put(where, some)
            expected += len(some)
        if store.count(where) != expected:
            raise Unavailable(
                f"The search index holds {store.count(where)} passages of {tenant.slug}, and should hold {expected}.",
                hint="Run the same command again: it goes on with the index.",
            )
        store.optimise(where)
        written += expected
    return written


def _passages(tenant: Tenant, generation: str) -> Iterator[IndexedPassage]:
    with in_tenant(tenant):
        versions = list(
            Version.objects.for_tenant(tenant)
            .filter(passages__generation=generation)
            .distinct()
            .values_list("pk", flat=True)
        )
    for version_id in versions:
        with in_tenant(tenant):
            found = list(_of_version(tenant, generation, version_id))
        yield from found


def _of_version(tenant: Tenant, generation: str, version_id) -> Iterator[IndexedPassage]:
    import numpy as np

    from knowledge.analysis import detect_language, terms

    version = Version.objects.for_tenant(tenant).select_related("document").get(pk=version_id)
    content = Content.objects.for_tenant(tenant).filter(version=version).first()
    made_with = recipe(tenant.pk, generation)
    texts = _embedded_texts(version, content, made_with.words, made_with.overlap)
    language = version.language or (detect_language(content.text) if content else "")
    document = version.document
    rows = Passage.objects.for_tenant(tenant).filter(version=version, generation=generation).order_by("ordinal")
    for row in rows:
        text = texts.get(row.digest, row.text)
        yield IndexedPassage(
            passage_id=row.pk, document_id=document.pk, document_no=document.number, version_id=version.pk,
            collection_id=document.indexed_under or document.collection_id, text=row.text,
            terms=terms(text, language), vector=np.frombuffer(row.vector, dtype="<f4"),
        )  # fmt: skip


def _embedded_texts(version: Version, content: Content | None, words: int, overlap: int) -> dict[str, str]:
    """What was analysed, by digest: the passage with its title and headings. A title that was changed since is tried
    as the file's name said it."""
    from knowledge.chunking import ChunkRules, chunk, embedding_text
    from knowledge.filenames import title_of
    from knowledge.parsers.base import Block, PageSpan, ParsedDocument

    if content is None:
        return {}
    parsed = ParsedDocument(
        text=content.text,
        media_type=version.media_type,
        pages=tuple(PageSpan(*page) for page in content.pages),
        blocks=tuple(Block(*block[:4], tuple(map(tuple, block[4]))) for block in content.blocks),
    )
    found = {}
    for title in (version.document.title, title_of(version.filename)):
        for each in chunk(parsed, ChunkRules(words, overlap)):
            text = embedding_text(title, each)
            found[hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()] = text
    return found
