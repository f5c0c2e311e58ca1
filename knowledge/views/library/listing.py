"""What the library lists: which documents, in which order, and what each row says. Only what its reader may know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils import timezone

from knowledge.library import media_types
from knowledge.models import (
    Collection,
    CollectionTeamGrant,
    CollectionUserGrant,
    Document,
    DocumentTeamGrant,
    DocumentUserGrant,
    Job,
    Status,
)
from knowledge.models.grant import Right
from knowledge.models.version import WORKING
from knowledge.permissions.access import document_condition, successors
from knowledge.views import file_kinds
from knowledge.views.status_labels import StatusLabel, freshness, state_of
from tenants.models import Membership

ROWS_PER_PAGE = 50  # rows
MAX_STATE_ROWS = 200  # of which a page may ask the state
MAX_SHOWN_POSITION = 500  # places that are counted; beyond that it is simply queued

SORTS = {
    "": ("last change", ("-changed_at", "-pk")),
    "title": ("title", (Lower("title"), "pk")),
    "reviewed": ("review, oldest first", (F("reviewed_on").asc(nulls_first=True), "pk")),
    "new": ("date added", ("-created_at", "-pk")),
}
STATES = {
    "ready": "ready",
    "warnings": "ready with warnings",
    "working": "working",
    "failed": "failed",
    "quarantined": "quarantined",
    "expired": "expired",
}
FRESHNESS = {"due": "review due", "reviewed": "reviewed", "never": "not reviewed yet"}


@dataclass(frozen=True, slots=True)
class LibraryParameters:
    """What the address asks for. Unknown values are dropped, so that an old link still opens."""

    collection: UUID | None = None
    state: str = ""
    kind: str = ""
    owner: UUID | None = None
    freshness: str = ""
    words: str = ""
    sort: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> LibraryParameters:
        return cls(
            collection=_uuid(query.get("collection", "")),
            state=query.get("state", "") if query.get("state", "") in STATES else "",
            kind=query.get("type", "") if query.get("type", "") in media_types.NAMES else "",
            owner=_uuid(query.get("owner", "")),
            freshness=query.get("freshness", "") if query.get("freshness", "") in FRESHNESS else "",
            words=query.get("q", "").strip()[:200],
            sort=query.get("sort", "") if query.get("sort", "") in SORTS else "",
            page=page_number(query.get("page", "")),
        )

    def query(self, **changes) -> str:
        """The address of the same list with other wishes. A change of anything but the page goes to the first page."""
        wanted = replace(self, **({"page": 1} | changes))
        pairs = {
            "collection": wanted.collection,
            "state": wanted.state,
            "type": wanted.kind,
            "owner": wanted.owner,
            "freshness": wanted.freshness,
            "q": wanted.words,
            "sort": wanted.sort,
            "page": wanted.page if wanted.page > 1 else "",
        }
        address = QueryDict(mutable=True)
        address.update({key: str(value) for key, value in pairs.items() if value})
        return f"?{address.urlencode()}" if address else "?"

    @property
    def narrowed(self) -> bool:
        return bool(self.state or self.kind or self.owner or self.freshness or self.words)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    document: Document
    state: StatusLabel
    kind: file_kinds.FileKind
    freshness: tuple[str, str]
    can_write: bool = False
    can_manage: bool = False
    readers: tuple[str, ...] = ()

    @property
    def version(self):
        return self.document.latest_version

    @property
    def pages(self) -> str:
        count = self.version.page_count if self.version else 0
        if not count or not file_kinds.is_paged(self.document.filename):
            return ""
        return f"{count:,} {self.kind.parts[0] if count == 1 else self.kind.parts[1]}"

    @property
    def readers_shown(self) -> str:
        if not self.readers:
            return "Only its owner"
        if len(self.readers) <= 2:
            return ", ".join(self.readers)
        return f"{', '.join(self.readers[:2])} and {len(self.readers) - 2} more"


@dataclass(frozen=True, slots=True)
class Coverage:
    searchable: int = 0
    working: int = 0
    queued: int = 0
    expired: int = 0
    failed: int = 0
    quarantined: int = 0
    total: int = 0
    parts: list[tuple[str, int]] = field(default_factory=list)


def listed(member: Membership) -> QuerySet[Document]:
    """What stands in this person's library. What never became readable is shown to those who can mend it."""
    return (
        Document.objects.visible_to(member)
        .filter(Q(current_version__isnull=False) | document_condition(member, Right.WRITE))
        .select_related("collection", "owner__user", "current_version", "latest_version__blob")
    )


def find(member: Membership, parameters: LibraryParameters) -> QuerySet[Document]:
    documents = listed(member)
    if parameters.collection:
        documents = documents.filter(collection=parameters.collection)
    if parameters.state:
        documents = documents.filter(_in_state(parameters.state))
    if parameters.kind:
        documents = documents.filter(file_kinds.of_kind(parameters.kind))
    if parameters.owner:
        documents = documents.filter(owner=parameters.owner)
    if parameters.freshness:
        documents = documents.filter(_freshness_filter(parameters.freshness))
    for word in parameters.words.split()[:8]:
        documents = documents.filter(Q(title__icontains=word) | Q(filename__icontains=word) | Q(author__icontains=word))
    return documents.order_by(*SORTS[parameters.sort][1])


def rows_of(member: Membership, documents: Iterable[Document], now: datetime | None = None) -> list[DocumentRow]:
    documents, now = list(documents), now or timezone.now()
    ids = [document.pk for document in documents]
    mine = Document.objects.allowing(member, Right.WRITE).filter(pk__in=ids)
    writable = set(mine.values_list("pk", flat=True)) if ids else set()
    managed = set()
    if writable:
        managing = Document.objects.allowing(member, Right.MANAGE).filter(pk__in=writable)
        managed = set(managing.values_list("pk", flat=True))
    readers = _readers(member, [document for document in documents if document.pk in writable])
    places, jobs = _queue(member, documents)
    replaced_by = successors(member, documents)
    return [
        DocumentRow(
            document,
            state_of(
                document,
                place=places.get(document.latest_version_id),
                job=jobs.get(document.latest_version_id),
                successor=replaced_by.get(document.superseded_by_id),
                now=now,
            ),
            file_kinds.kind_of(document.filename),
            freshness(document, now.date()),
            document.pk in writable,
            document.pk in managed,
            readers.get(document.pk, ()),
        )
        for document in documents
    ]


def coverage(member: Membership, collection: UUID | None) -> Coverage:
    """Each document counts once: searchable when a version answers, else by where it stands."""
    scope = listed(member)
    if collection:
        scope = scope.filter(collection=collection)
    today = timezone.localdate()
    expired = Q(expires_on__lte=today)
    in_force = Q(expires_on__isnull=True) | Q(expires_on__gt=today)
    waits = Q(current_version__isnull=True) & in_force
    counts = scope.aggregate(
        total=Count("pk"),
        searchable=Count("pk", filter=in_force & Q(current_version__isnull=False)),
        expired=Count("pk", filter=expired),
        queued=Count("pk", filter=waits & Q(latest_version__status=Status.QUEUED)),
        working=Count("pk", filter=waits & Q(latest_version__status__in=[s for s in WORKING if s != Status.QUEUED])),
        failed=Count("pk", filter=waits & Q(latest_version__status=Status.FAILED)),
        quarantined=Count("pk", filter=waits & Q(latest_version__status=Status.QUARANTINED)),
    )
    parts = [(key, counts[key]) for key in ("searchable", "working", "queued", "expired", "failed", "quarantined")]
    return Coverage(**counts, parts=parts)


def collections_with_counts(member: Membership) -> list[tuple[Collection, int]]:
    """The collections this person may know of, each with the number of documents they may read there."""
    counts = dict(
        listed(member)
        .order_by()
        .values_list("collection_id")
        .annotate(count=Count("pk"))
        .values_list("collection_id", "count")
    )
    found = Collection.objects.visible_to(member).order_by(Lower("name"))
    return [(collection, counts.get(collection.pk, 0)) for collection in found]


def needs_a_person(member: Membership, collection: UUID | None = None) -> list[tuple[str, str, int]]:
    """(what, query, how many) among what this person can change."""
    scope = Document.objects.allowing(member, Right.WRITE).present()
    counts = scope.aggregate(
        failed=Count("pk", filter=_in_state("failed")),
        quarantined=Count("pk", filter=_in_state("quarantined")),
        expired=Count("pk", filter=_in_state("expired")),
        due=Count("pk", filter=_freshness_filter("due")),
    )
    rows = [
        ("Failed", "state=failed", counts["failed"]),
        ("Quarantined", "state=quarantined", counts["quarantined"]),
        ("Expired", "state=expired", counts["expired"]),
        ("Review due", "freshness=due", counts["due"]),
    ]
    return [row for row in rows if row[2]]


def _in_state(state: str) -> Q:
    today = timezone.localdate()
    expired = Q(expires_on__lte=today)
    fresh = Q(expires_on__isnull=True) | Q(expires_on__gt=today)
    return {
        "ready": fresh & Q(latest_version__status__in=[Status.READY, Status.READY_WITH_WARNINGS]),
        "warnings": fresh & Q(latest_version__status=Status.READY_WITH_WARNINGS),
        "working": Q(latest_version__status__in=WORKING),
        "failed": Q(latest_version__status=Status.FAILED),
        "quarantined": Q(latest_version__status=Status.QUARANTINED),
        "expired": expired,
    }[state]


def _freshness_filter(freshness: str) -> Q:
    today = timezone.localdate()
    in_force = Q(expires_on__isnull=True) | Q(expires_on__gt=today)
    return {
        "due": in_force & Q(review_due__lte=today),
        "reviewed": in_force & Q(reviewed_on__isnull=False) & (Q(review_due__isnull=True) | Q(review_due__gt=today)),
        "never": Q(reviewed_on__isnull=True),
    }[freshness]


def _queue(member: Membership, documents: list[Document]) -> tuple[dict[UUID, int], dict[UUID, Job]]:
    working = [d.latest_version_id for d in documents if d.latest_version and d.latest_version.is_working]
    if not working:
        return {}, {}
    jobs = {job.version_id: job for job in Job.objects.for_tenant(member.tenant).filter(version__in=working)}
    waiting = (
        Job.objects.for_tenant(member.tenant)
        .filter(state=Job.State.WAITING, version__document__in=Document.objects.visible_to(member).values("pk"))
        .order_by("priority", "run_after", "created_at")
        .values_list("version_id", flat=True)[:MAX_SHOWN_POSITION]
    )
    return {version: place for place, version in enumerate(waiting, 1)}, jobs


def _readers(member: Membership, documents: list[Document]) -> dict[UUID, tuple[str, ...]]:
    """Names of teams, then people, that were given something; for those who may change the document alone."""
    if not documents:
        return {}
    shelf_ids = {document.collection_id for document in documents}
    on_shelf = _grantees(member, CollectionTeamGrant, CollectionUserGrant, shelf_ids)
    on_document = _grantees(member, DocumentTeamGrant, DocumentUserGrant, [document.pk for document in documents])
    found = {}
    for document in documents:
        names = list(on_document.get(document.pk, ()))
        if not document.restricted:
            names = [*on_shelf.get(document.collection_id, ()), *names]
        found[document.pk] = tuple(dict.fromkeys(names))
    return found


def _grantees(member: Membership, by_team, by_user, ids) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    teams = by_team.scoped.for_tenant(member.tenant).filter(content_object__in=ids)
    for pk, name in teams.order_by("group__team__name").values_list("content_object_id", "group__team__name"):
        found[pk].append(name)
    people = by_user.scoped.for_tenant(member.tenant).filter(content_object__in=ids).order_by("user__name")
    for pk, name, email in people.values_list("content_object_id", "user__name", "user__email"):
        found[pk].append(name or email)
    return found


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def page_number(value: str) -> int:
    return max(1, min(int(value), 100_000)) if value.isdecimal() and len(value) < 8 else 1
