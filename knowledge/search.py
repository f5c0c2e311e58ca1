"""Finding passages: the only reader of the store. Rights go into its filter, and the rows are asked once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from knowledge import access, backends, indexing
from knowledge.media import media_types
from knowledge.models import Document, Generation, Passage
from knowledge.stores.base import Hit, Query, Readable
from knowledge.visibility import in_force
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
    """A passage that this reader may see, and its document. `start` and `end` are places in the version's text."""

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
    found: list[Found] = []
    while hits and len(found) < limit:  # nearly always once: the rows refuse what changed just now, and nothing else
        looked_at, hits = hits[: limit - len(found)], hits[limit - len(found) :]
        found += _checked(member, looked_at, standing, filters)
    return found


def count_readable(member: Membership) -> int:
    """Documents that this reader's questions are answered from."""
    return Document.objects.visible_to(member).filter(in_force(), current_version__isnull=False).count()


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


def _checked(member: Membership, hits: list[Hit], known: access.Standing, filters: Filters) -> list[Found]:
    """The hits whose rows say that this reader may see them now.

    The rows come with the version of the corpus that they belong to. When it is the one the rights were read from,
    nothing was revoked, hidden or moved meanwhile; otherwise the rights are read again. Either way it is the row's own
    collection, number and current version that count, not what the store says they are.
    """
    documents = _documents({hit.document_id for hit in hits})
    versions = {row.corpus_version for row in documents.values()}
    if versions - {known.corpus_version}:
        known = access.standing(member)
    allows = _narrowed(member, known.readable, filters).allows
    shown = [
        hit
        for hit in hits
        if (row := documents.get(hit.document_id)) is not None
        and row.tenant_id == member.tenant_id
        and not row.trashed
        and allows(row.collection_id, row.number)
    ]
    passages = _passages([hit.passage_id for hit in shown])
    found = []
    for hit in shown:
        document, passage = documents[hit.document_id], passages.get(hit.passage_id)
        if passage is not None and passage.version_id == document.version_id:  # else just replaced, or of a stale index
            found.append(_found(hit, document, passage))
    return found


class _Document(NamedTuple):
    """One row as it is now. Fetched by its key alone, which is quick; its tenant is looked at by who asked for it."""

    pk: UUID
    tenant_id: UUID
    corpus_version: int
    number: int
    collection_id: UUID
    version_id: UUID | None
    trashed: UUID | None
    title: str
    filename: str
    dated: date | None
    reviewed_on: date | None
    review_due: date | None
    superseded_by: UUID | None
    version_number: int
    language: str
    media_type: str


class _Passage(NamedTuple):
    pk: UUID
    version_id: UUID
    page: int
    heading_path: list[str]
    text: str
    start: int
    end: int


def _documents(ids: set[UUID]) -> dict[UUID, _Document]:
    rows = Document.objects.across_tenants("by key, the tenant is compared below").filter(pk__in=ids)
    columns = ("pk", "tenant_id", "tenant__corpus_version", "number", "collection_id", "current_version_id")
    facts = ("trashing__pk", "title", "filename", "dated", "reviewed_on", "review_due", "superseded_by_id")
    version = ("current_version__number", "current_version__language", "current_version__media_type")
    return {row[0]: _Document(*row) for row in rows.values_list(*columns, *facts, *version)}


def _passages(ids: list[UUID]) -> dict[UUID, _Passage]:
    rows = Passage.objects.across_tenants("by key, of versions whose documents were checked").filter(pk__in=ids)
    return {row[0]: _Passage(*row) for row in rows.values_list(*_Passage._fields)}


def _found(hit: Hit, document: _Document, passage: _Passage) -> Found:
    return Found(
        passage_id=passage.pk,
        document_id=document.pk,
        version_id=passage.version_id,
        version_number=document.version_number,
        collection_id=document.collection_id,
        title=document.title,
        filename=document.filename,
        page=passage.page,
        heading_path=tuple(passage.heading_path),
        text=passage.text,
        start=passage.start,
        end=passage.end,
        score=hit.score,
        dense=hit.dense,
        lexical=hit.lexical,
        document_date=document.dated,
        reviewed_on=document.reviewed_on,
        review_due=document.review_due,
        superseded=document.superseded_by is not None,
        language=document.language,
        media_type=document.media_type,
    )
