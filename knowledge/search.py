"""Finding passages: the only reader of the vector store. Rights go into the filter, and the rows are asked once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from knowledge import access, backends, indexing
from knowledge.media import media_types
from knowledge.models import Document, Generation, Passage
from knowledge.stores.base import Hit, Query, Readable
from tenants.models import Membership

if TYPE_CHECKING:
    import numpy as np

LONGEST_QUERY = 2_000  # characters that are looked at: a pasted page finds no more than its beginning
SPARE = 12  # hits asked for beyond the limit, since the rows may refuse some (a version just replaced)
REMEMBERED_QUERIES = 512


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is narrowed to. Empty means no narrowing; dates are the documents' own."""

    collections: tuple[UUID, ...] = ()
    types: tuple[str, ...] = ()  # pdf, word, slides, sheet, web, text, mail, book, picture
    dated_from: date | None = None
    dated_to: date | None = None
    author: str = ""

    @property
    def only_collections(self) -> bool:
        return not (self.types or self.dated_from or self.dated_to or self.author)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that this reader may see, and the document it is in. `start` and `end` are places in the version's text."""

    passage_id: UUID
    document_id: UUID
    version_id: UUID
    version_number: int
    collection_id: UUID
    title: str
    filename: str
    page: int
    heading_path: tuple[str, ...]
    text: str
    start: int
    end: int
    score: float
    dense: float
    lexical: float
    document_date: date | None
    reviewed_on: date | None
    review_due: date | None
    superseded: bool
    language: str
    media_type: str


def find(member: Membership, phrasings: Sequence[str], *, limit: int, filters: Filters = Filters()) -> list[Found]:
    """The best passages for all phrasings together, best first."""
    phrasings = list(
        dict.fromkeys(cleaned for each in phrasings if (cleaned := " ".join(each[:LONGEST_QUERY].split())))
    )
    standing = access.standing(member)
    readable = _narrowed(member, standing.readable, filters)
    if readable.nothing or not phrasings or limit < 1:
        return []
    where = indexing.where(member.tenant_id, _generation(member.tenant_id, standing.corpus_version))
    best: dict[UUID, Hit] = {}
    for query in _queries(phrasings):
        for hit in backends.store().search(where, query, readable=readable, limit=limit + SPARE):
            known = best.get(hit.passage_id)
            if known is None or _order(hit) < _order(known):
                best[hit.passage_id] = hit
    hits = sorted(best.values(), key=_order)
    return _checked(member, hits)[:limit]


def count_readable(member: Membership) -> int:
    """Documents that this reader's questions are answered from."""
    return Document.objects.visible_to(member).filter(_in_force(), current_version__isnull=False).count()


def warm() -> None:
    """Loads store and embedder, so that the first question does not wait for them."""
    backends.embedder().embed(["warm"])
    newest = Generation.objects.across_tenants("any index will do to load the store").filter(is_active=True).first()
    if newest is not None:
        backends.store().count(indexing.where(newest.tenant_id, newest.name))


def _queries(phrasings: list[str]) -> list[Query]:
    from knowledge.analysis import detect_language, terms
    from knowledge.ranking import dense_share

    languages = backends.embedder().languages
    return [
        Query(text, terms(text), _vector(text), dense_share(detect_language(text), languages)) for text in phrasings
    ]


@lru_cache(maxsize=REMEMBERED_QUERIES)
def _vector(text: str) -> np.ndarray:
    """The same words have the same vector, whoever asks."""
    return backends.embedder().embed([text])[0]


@lru_cache(maxsize=1024)
def _generation(tenant_id: UUID, corpus_version: int) -> str:
    """Switching the index is a change of content, so the corpus version tells."""
    return indexing.active_generation(tenant_id)


def _order(hit: Hit) -> tuple[float, float, bytes]:
    return (-hit.score, -hit.dense, hit.passage_id.bytes)


def _narrowed(member: Membership, readable: Readable, filters: Filters) -> Readable:
    if readable.nothing or filters == Filters():
        return readable
    if filters.only_collections and not readable.document_nos:
        return replace(readable, collection_ids=readable.collection_ids & set(filters.collections))
    documents = Document.objects.visible_to(member).filter(current_version__isnull=False)
    if filters.collections:
        documents = documents.filter(collection__in=filters.collections)
    if filters.types:
        documents = documents.filter(current_version__media_type__in=media_types(filters.types))
    if filters.dated_from:
        documents = documents.filter(dated__gte=filters.dated_from)
    if filters.dated_to:
        documents = documents.filter(dated__lte=filters.dated_to)
    if filters.author:
        documents = documents.filter(author__icontains=filters.author)
    return replace(readable, within=frozenset(documents.values_list("number", flat=True)))


def _checked(member: Membership, hits: list[Hit]) -> list[Found]:
    """The hits whose rows say, now, that this reader may see them: a grant revoked or a document hidden since the
    filter was made, a version just replaced, a stale row of the store all end here."""
    if not hits:
        return []
    readable_documents = Document.objects.visible_to(member).filter(
        _in_force(), pk__in={hit.document_id for hit in hits}
    )
    documents = {
        row[0]: row
        for row in readable_documents.values_list(
            "pk",
            "current_version_id",
            "collection_id",
            "title",
            "filename",
            "dated",
            "reviewed_on",
            "review_due",
            "superseded_by_id",
            "current_version__number",
            "current_version__language",
            "current_version__media_type",
        )
    }
    shown = [hit for hit in hits if hit.document_id in documents]
    passages = {
        row[0]: row
        for row in Passage.objects.for_tenant(member.tenant_id)
        .filter(pk__in=[hit.passage_id for hit in shown])
        .values_list("pk", "version_id", "page", "heading_path", "text", "start", "end")
    }
    found = []
    for hit in shown:
        document, passage = documents[hit.document_id], passages.get(hit.passage_id)
        if passage is None or passage[1] != document[1]:
            continue
        found.append(_found(hit, document, passage))
    return found


def _found(hit: Hit, document: tuple, passage: tuple) -> Found:
    (
        pk,
        version_id,
        collection_id,
        title,
        filename,
        dated,
        reviewed_on,
        review_due,
        successor,
        number,
        language,
        media,
    ) = document
    _, _, page, heading_path, text, start, end = passage
    return Found(
        passage_id=hit.passage_id,
        document_id=pk,
        version_id=version_id,
        version_number=number,
        collection_id=collection_id,
        title=title,
        filename=filename,
        page=page,
        heading_path=tuple(heading_path),
        text=text,
        start=start,
        end=end,
        score=hit.score,
        dense=hit.dense,
        lexical=hit.lexical,
        document_date=dated,
        reviewed_on=reviewed_on,
        review_due=review_due,
        superseded=successor is not None,
        language=language,
        media_type=media,
    )


def _in_force() -> Q:
    return Q(expires_on__isnull=True) | Q(expires_on__gt=timezone.localdate())
