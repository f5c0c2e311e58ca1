"""Finding passages: the only reader of the store. Rights go into its filter, and the rows are asked once more."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from knowledge import backends
from knowledge.embedders.base import EmbedderError
from knowledge.index_spec import IndexSpec
from knowledge.indexes import comparison_queue, consistency, index_writer
from knowledge.indexes.versions import spec_for
from knowledge.library.media_types import media_types
from knowledge.models import Document, Generation, Passage, Version
from knowledge.models.version import WORKING
from knowledge.permissions import access
from knowledge.permissions.search_filter import in_force
from knowledge.stores.base import Hit, Namespace, Query, Readable, StoreUnavailable
from tenants.compiled_query import CompiledQuery
from tenants.isolation.scope import in_tenant
from tenants.models import Membership, Tenant

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger("knowledge.retrieval.search")

LONGEST_QUERY = 2_000  # characters that are looked at: a pasted page finds no more than its beginning
EXTRA_HITS = 12  # hits asked for beyond the limit, since the rows may refuse some (a version just replaced)
MANY_STRANGE = 4  # hits that no row knows: more than one document that has just left; an older index was put back
REMEMBERED_QUERIES = 512
EMBEDDER_RETRY_SECONDS = 30.0  # seconds in which an embedder that was away is not asked again
WARM_UP_TENANTS = 5  # companies that are asked for an index to warm up with

Asker = tuple[UUID, UUID]  # tenant and member

_unavailable_until: dict[IndexSpec, float] = {}  # until when


@dataclass(frozen=True, slots=True)
class SearchFilters:
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
class FoundPassage:
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


def find(
    member: Membership,
    phrasings: Sequence[str],
    *,
    limit: int,
    filters: SearchFilters = SearchFilters(),
    generation: str = "",
    read_scope: access.ReadScope | None = None,
) -> list[FoundPassage]:
    """The best passages for all phrasings together, best first; from another index than the active one, if named.

    `read_scope` is what the member may read, for who has just asked; what was revoked since is found out at the end.
    """
    phrasings = list(
        dict.fromkeys(cleaned for each in phrasings if (cleaned := " ".join(each[:LONGEST_QUERY].split())))
    )
    read_scope = read_scope or access.read_scope(member)
    readable = _narrowed(member, read_scope.readable, filters)
    if readable.nothing or not phrasings or limit < 1:
        return []
    namespace = Namespace(member.tenant_id, generation or generation_at(member.tenant_id, read_scope.corpus_version))
    best: dict[UUID, Hit] = {}
    asker = (member.tenant_id, member.pk)
    for query in _queries(phrasings, spec_for(namespace.tenant_id, namespace.generation), asker):
        for hit in _asked(namespace, query, readable, limit + EXTRA_HITS):
            best_hit = best.get(hit.passage_id)
            if best_hit is None or _order(hit) < _order(best_hit):
                best[hit.passage_id] = hit
    if not best:
        consistency.require_complete(namespace, read_scope.readable)
    elif not generation:
        consistency.check_after_search(namespace)
    hits = sorted(best.values(), key=_order)
    passages: list[FoundPassage] = []
    while hits and len(passages) < limit:  # nearly always once: the rows refuse what changed just now, and nothing else
        looked_at, hits = hits[: limit - len(passages)], hits[limit - len(passages) :]
        passages += _checked(member, looked_at, read_scope, filters)
    return passages


def require_complete_index(member: Membership) -> None:
    """Before this reader is told that their documents do not say it. Raises StoreUnavailable where the index may lack
    some of them."""
    read_scope = access.read_scope(member)
    if not read_scope.readable.nothing:
        namespace = Namespace(member.tenant_id, generation_at(member.tenant_id, read_scope.corpus_version))
        consistency.require_complete(namespace, read_scope.readable)


def notice(member: Membership) -> str:
    """What to say beside results of an index that is being rebuilt; else empty, and free."""
    if not consistency.is_incomplete(member.tenant_id):
        return ""
    return consistency.notice(member.tenant_id, access.read_scope(member).readable)


def count_readable(member: Membership) -> int:
    """Documents that this reader's questions are answered from."""
    return Document.objects.visible_to(member).filter(in_force(), current_version__isnull=False).count()


def warm() -> None:
    """Loads store and embedder, so that the first question does not wait for them."""
    backends.embedder().embed(["warm"])
    for tenant in Tenant.objects.filter(is_active=True).order_by("-created_at")[:WARM_UP_TENANTS]:
        with in_tenant(tenant):
            newest = Generation.objects.for_tenant(tenant).filter(is_active=True).first()
        if newest is not None:  # any index will do to load the store
            backends.store().count(index_writer.namespace_of(newest.tenant_id, newest.name))
            return


def _queries(phrasings: list[str], made_with: IndexSpec, asker: Asker) -> list[Query]:
    """Embedded as the passages were. Where that can no longer be done, words alone are looked up."""
    from knowledge.stores.rank_fusion import dense_share
    from knowledge.text.analysis import detect_language, terms

    embedder = backends.embedder_of(made_with)
    if embedder is None or _unavailable_until.get(made_with, 0) > time.monotonic():
        return [Query(text, terms(text, cached=False), None, 0.0) for text in phrasings]
    return [
        Query(
            text,
            terms(text, cached=False),
            _Vector(text, made_with, asker),
            dense_share(detect_language(text), embedder.languages),
        )
        for text in phrasings
    ]


def _asked(namespace: Namespace, query: Query, readable: Readable, limit: int) -> list[Hit]:
    """By words alone when the embedder is away, and then for a while: fewer are found, but nobody is turned away or
    kept waiting for it."""
    try:
        return backends.store().search(namespace, query, readable=readable, limit=limit)
    except StoreUnavailable:
        consistency.forget_all()
        raise
    except EmbedderError as error:
        _unavailable_until[spec_for(namespace.tenant_id, namespace.generation)] = (
            time.monotonic() + EMBEDDER_RETRY_SECONDS
        )
        log.warning("Questions are looked up by words alone for a while: %s", error)
        words = replace(query, vector=None, dense_share=0.0)
        return backends.store().search(namespace, words, readable=readable, limit=limit)


class _Vector:
    """What a phrasing means, for numpy to read. Made when it is first looked at, so that a store can look up the words
    meanwhile."""

    def __init__(self, text: str, made_with: IndexSpec, asker: Asker) -> None:
        self._text = text
        self._made_with = made_with
        self._asker = asker

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return _vector(self._text, self._made_with, self._asker)


@lru_cache(maxsize=REMEMBERED_QUERIES)
def _vector(text: str, made_with: IndexSpec, asker: Asker) -> np.ndarray:
    """Returns the embedding of a phrasing, cached for the member who asks and for nobody else.

    The vector is the same for everybody, but a hit is 3.6 ms faster than a miss: a cache shared with others would tell
    them which exact question was asked before.
    """
    embedder = backends.embedder_of(made_with)
    assert embedder is not None  # else there was no vector to look at
    return embedder.embed([text])[0]


@lru_cache(maxsize=1024)
def generation_at(tenant_id: UUID, corpus_version: int) -> str:
    """Switching the index is a change of content, so the corpus version tells."""
    return index_writer.active_generation(tenant_id)


def _order(hit: Hit) -> tuple[float, float, bytes]:
    return (-hit.score, -hit.dense, hit.passage_id.bytes)


def _narrowed(member: Membership, readable: Readable, filters: SearchFilters) -> Readable:
    if readable.nothing or filters == SearchFilters():
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


def _checked(
    member: Membership, hits: list[Hit], known: access.ReadScope, filters: SearchFilters
) -> list[FoundPassage]:
    """The hits whose rows say that this reader may see them now.

    The rows come with the version of the corpus that they belong to. When it is the one the rights were read from,
    nothing was revoked, hidden or moved meanwhile; otherwise the rights are read again. Either way it is the row's own
    collection, number and current version that count, not what the store says they are.
    """
    rows = _rows([hit.passage_id for hit in hits])
    if len(hits) - len(rows) >= MANY_STRANGE and _are_left_behind(
        member.tenant_id, [hit for hit in hits if hit.passage_id not in rows]
    ):
        comparison_queue.request(member.tenant_id)
    if any(row.corpus_version != known.corpus_version for row in rows.values()):
        known = access.read_scope(member)
    allows = _narrowed(member, known.readable, filters).allows
    return [
        _found_passage(hit, row)
        for hit in hits
        if (row := rows.get(hit.passage_id)) is not None  # else of an index that the rows have left behind
        and row.tenant_id == member.tenant_id
        and row.version_id == row.current_version_id  # else just replaced
        and row.trashed is None
        and allows(row.collection_id, row.number)
    ]


def _are_left_behind(tenant_id: UUID, strange: list[Hit]) -> bool:
    """Whether these are of documents that left. Those of documents on their way are in the store before they are in the
    rows; who is worked on is asked first, so that what was finished in between is in the rows."""
    versions = Version.objects.for_tenant(tenant_id).filter(document__number__in={hit.document_no for hit in strange})
    on_their_way = set(versions.filter(status__in=WORKING).values_list("document__number", flat=True))
    strange = [hit for hit in strange if hit.document_no not in on_their_way]
    return len(strange) - len(_rows([hit.passage_id for hit in strange])) >= MANY_STRANGE


class _Row(NamedTuple):
    """A passage and its document as they are now. Fetched by their key alone, which is quick; the tenant is looked at by
    who asked."""

    pk: UUID
    page: int
    heading_path: list[str]
    text: str
    start: int
    end: int
    version_id: UUID
    version_number: int
    language: str
    media_type: str
    document_id: UUID
    tenant_id: UUID
    corpus_version: int
    number: int
    collection_id: UUID
    current_version_id: UUID | None
    trashed: UUID | None
    title: str
    filename: str
    dated: date | None
    reviewed_on: date | None
    review_due: date | None
    superseded_by: UUID | None


_PASSAGE = ("pk", "page", "heading_path", "text", "start", "end", "version_id")
_VERSION = ("number", "language", "media_type", "document_id")
_DOCUMENT = (
    "tenant_id", "tenant__corpus_version", "number", "collection_id", "current_version_id", "trashing__pk", "title",
    "filename", "dated", "reviewed_on", "review_due", "superseded_by_id",
)  # fmt: skip
_COLUMNS = (*_PASSAGE, *(f"version__{name}" for name in _VERSION), *(f"version__document__{n}" for n in _DOCUMENT))


def _rows(passage_ids: list[UUID]) -> dict[UUID, _Row]:
    return {row[0]: _Row(*row) for row in _with_keys(*passage_ids)} if passage_ids else {}


@CompiledQuery
def _with_keys(*passage_ids: UUID) -> QuerySet:
    passages = Passage.objects.across_tenants("by key, the tenant is compared above")
    return passages.filter(pk__in=passage_ids).values_list(*_COLUMNS)


def _found_passage(hit: Hit, row: _Row) -> FoundPassage:
    return FoundPassage(
        passage_id=row.pk,
        document_id=row.document_id,
        version_id=row.version_id,
        version_number=row.version_number,
        collection_id=row.collection_id,
        title=row.title,
        filename=row.filename,
        page=row.page,
        heading_path=tuple(row.heading_path),
        text=row.text,
        start=row.start,
        end=row.end,
        score=hit.score,
        dense=hit.dense,
        lexical=hit.lexical,
        document_date=row.dated,
        reviewed_on=row.reviewed_on,
        review_due=row.review_due,
        superseded=row.superseded_by is not None,
        language=row.language,
        media_type=row.media_type,
    )
