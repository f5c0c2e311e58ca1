"""Making an index beside the one that answers, from text that was read already: cut, analyse, embed, write.

In small steps, each a short transaction of one tenant. What was done is in the rows, so that a build that was killed
goes on where it was; passage ids are derived, so that a step that is done twice overwrites itself. Documents that come,
change or go meanwhile are seen by the next look at what is lacking.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.cache import cache
from django.db import transaction

from knowledge import backends
from knowledge.index_spec import IndexSpec
from knowledge.indexes import missing_documents, rebuild, vectors
from knowledge.indexes.versions import spec_of
from knowledge.models import Content, Generation, Passage, Version
from knowledge.models.passage import passage_id
from knowledge.stores.base import IndexedPassage, Namespace
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

if TYPE_CHECKING:
    from knowledge.indexes.chunking import Chunk
    from knowledge.indexes.vectors import Vectors

STEP = 128  # passages, about: two seconds of embedding
TIDY_AFTER = 40  # steps
DOCUMENTS_PER_STEP = 32  # documents looked at in one step


@dataclass(frozen=True, slots=True)
class Cut:
    """One version, ready to be embedded."""

    version_id: UUID
    document_id: UUID
    document_no: int
    label: UUID  # the collection that the store is told
    content_id: UUID
    chunks: list[Chunk]
    texts: list[str]
    digests: list[str]
    terms: list[str]


def step(
    tenant: Tenant,
    generation: Generation,
    *,
    after: UUID | None = None,
    lives: Callable[[], None] = lambda: None,
) -> UUID | None:
    """Some documents that it lacks. Where it ended, for the next step; None when nothing was lacking.

    `lives` is called again and again meanwhile.
    """
    made_with = spec_of(generation)
    with in_tenant(tenant):
        waiting = missing_documents.versions(tenant, generation.name, limit=DOCUMENTS_PER_STEP, after=after)
    if not waiting:
        return None
    cuts = list(_until_step_is_full(_cuts(tenant, made_with, waiting)))
    if cuts:
        texts = {digest: text for cut in cuts for digest, text in zip(cut.digests, cut.texts, strict=True)}
        found = vectors.of_texts(tenant, made_with, texts, lives=lives)
        lives()
        _save(tenant, generation, cuts, found)
    return cuts[-1].version_id if cuts else waiting[-1]


def count(tenant: Tenant, generation: Generation) -> None:
    """How far it is, for those who look."""
    with in_tenant(tenant):
        all_of_them = missing_documents.expected_documents(tenant).count()
        done = all_of_them - missing_documents.lacking(tenant, generation.name).count()
        generation.documents_done, generation.documents_all = done, all_of_them
        rows = Generation.objects.for_tenant(tenant).filter(pk=generation.pk)
        rows.update(documents_done=done, documents_all=all_of_them)


def _until_step_is_full(cuts: Iterator[Cut]) -> Iterator[Cut]:
    size = 0
    for cut in cuts:
        yield cut
        size += len(cut.chunks)
        if size >= STEP:
            return


def _cuts(tenant: Tenant, made_with: IndexSpec, version_ids: list[UUID]) -> Iterator[Cut]:
    """Outside of any transaction, one document's text in memory at a time."""
    from knowledge.indexes.chunking import ChunkRules, chunk, embedding_text
    from knowledge.text.analysis import detect_language, terms

    rules = ChunkRules(made_with.words, made_with.overlap)
    for version_id in version_ids:
        with in_tenant(tenant):
            versions = Version.objects.for_tenant(tenant).select_related("document", "content")
            version = versions.filter(pk=version_id, content__isnull=False).first()
        if version is None:
            continue
        document, content = version.document, version.content
        chunks = chunk(rebuild.parsed(content, version.media_type), rules)
        language = version.language or detect_language(content.text)
        texts = [embedding_text(document.title, each) for each in chunks]
        yield Cut(
            version_id=version.pk,
            document_id=document.pk,
            document_no=document.number,
            label=document.indexed_under or document.collection_id,
            content_id=content.pk,
            chunks=chunks,
            texts=texts,
            digests=[rebuild.digest_of(text) for text in texts],
            terms=[terms(text, language) for text in texts],
        )


def _save(tenant: Tenant, generation: Generation, cuts: list[Cut], vectors: Vectors) -> None:
    """The store first. What turns out to be gone or replaced leaves it again."""
    namespace, store = Namespace(tenant.pk, generation.name), backends.store()
    store.put(namespace, [passage for cut in cuts for passage in _indexed(cut, generation.name, vectors)])
    with in_tenant(tenant), transaction.atomic():
        unchanged = _unchanged(tenant, generation, cuts)
        passages = Passage.objects.for_tenant(tenant).filter(generation=generation.name)
        passages.filter(version__in=[cut.version_id for cut in unchanged]).delete()
        Passage.objects.bulk_create([row for cut in unchanged for row in _rows(tenant, generation.name, cut, vectors)])
    if gone := [cut.version_id for cut in cuts if cut not in unchanged]:
        store.drop(namespace, gone)
    _follow_moves(tenant, namespace, unchanged)
    _tidy(namespace)


def _tidy(namespace: Namespace) -> None:
    """Each step leaves a file of its own, which every later one has to look into."""
    key = f"knowledge:index-steps:{namespace.tenant_id}:{namespace.generation}"
    cache.add(key, 0, timeout=None)
    with contextlib.suppress(ValueError):  # forgotten just now
        if cache.incr(key) >= TIDY_AFTER:
            cache.delete(key)
            backends.store().optimise(namespace)


def _unchanged(tenant: Tenant, generation: Generation, cuts: list[Cut]) -> list[Cut]:
    """In the transaction that writes. The text is kept from being replaced until it ends."""
    rows = Generation.objects.for_tenant(tenant).filter(pk=generation.pk, leaving=False)
    if rows.select_for_update().first() is None:
        return []
    contents = Content.objects.for_tenant(tenant).filter(pk__in=[cut.content_id for cut in cuts]).order_by("pk")
    same = set(contents.select_for_update().values_list("pk", flat=True))
    current = missing_documents.expected_documents(tenant).filter(current_version__in=[cut.version_id for cut in cuts])
    wanted = set(current.values_list("current_version", flat=True))
    return [cut for cut in cuts if cut.content_id in same and cut.version_id in wanted]


def _follow_moves(tenant: Tenant, namespace: Namespace, cuts: list[Cut]) -> None:
    """A document that was moved while it was embedded: the store was told where it had been."""
    labels = {cut.document_id: cut.label for cut in cuts}
    while True:
        with in_tenant(tenant):
            rows = missing_documents.expected_documents(tenant).filter(pk__in=labels, indexed_under__isnull=True)
            moved = {pk: shelf for pk, shelf in rows.values_list("pk", "collection_id") if labels[pk] != shelf}
        if not moved:
            return
        for document_id, collection_id in moved.items():
            backends.store().move(namespace, document_id, collection_id)
        labels |= moved


def _indexed(cut: Cut, name: str, vectors: Vectors) -> Iterator[IndexedPassage]:
    for chunk, digest, terms in zip(cut.chunks, cut.digests, cut.terms, strict=True):
        yield IndexedPassage(
            passage_id=passage_id(cut.version_id, name, chunk.ordinal),
            document_id=cut.document_id,
            document_no=cut.document_no,
            version_id=cut.version_id,
            collection_id=cut.label,
            text=chunk.text,
            terms=terms,
            vector=vectors[digest],
        )


def _rows(tenant: Tenant, name: str, cut: Cut, vectors: Vectors) -> Iterator[Passage]:
    for chunk, digest in zip(cut.chunks, cut.digests, strict=True):
        yield Passage(
            pk=passage_id(cut.version_id, name, chunk.ordinal),
            tenant_id=tenant.pk,
            version_id=cut.version_id,
            generation=name,
            ordinal=chunk.ordinal,
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            page=chunk.page,
            heading_path=list(chunk.heading_path),
            digest=digest,
            vector=vectors[digest].astype("<f4").tobytes(),
        )
