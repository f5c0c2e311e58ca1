"""What could not be read, for those who can do something about it; and stopping what need not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.event_objects import Relation, document_refs
from audit.ledger.record import record
from knowledge.library import documents
from knowledge.models import Collection, Document, Job, Status, Version
from knowledge.models.grant import Right
from knowledge.permissions.access import access_document
from tenants.errors import Conflicting
from tenants.members.teams import touch_corpus
from tenants.models import Membership

CANCELLED = "cancelled"
FAILED = (Status.FAILED, Status.QUARANTINED)
UNFINISHED_STATES = (Job.State.WAITING, Job.State.RUNNING)
MAX_RETRIED_DOCUMENTS = 500  # each is a row of the trail; more take another press
ROWS_PER_TRANSACTION = 1_000  # rows in one transaction


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document's newest version could not be read, since when, how often it was tried, and what mends it."""

    document: Document
    code: str
    reason: str
    hint: str
    since: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class CollectionProgress:
    """What of one collection waits and is worked on; `imported` of it came with an import."""

    collection: Collection
    waiting: int
    working: int
    imported: int


def could_not_be_read(member: Membership) -> QuerySet[Document]:
    """Documents that this member may change and whose newest version failed, latest first. Nobody is told of others."""
    failed = Document.objects.allowing(member, Right.WRITE).present().filter(latest_version__status__in=FAILED)
    shown = failed.select_related("collection", "latest_version__job", "current_version")
    return shown.order_by("-latest_version__job__finished_at", "-pk")


def failure_of(document: Document) -> Failure:
    version = document.latest_version
    job = getattr(version, "job", None)
    return Failure(
        document,
        version.error_code,
        version.error_message,
        version.error_hint,
        since=(job.finished_at if job else None) or version.created_at,
        attempts=job.attempts if job else 0,
    )


def retry_all(member: Membership, *, ids: Iterable[UUID] | None = None) -> tuple[int, int]:
    """(How many are tried once more, how many are left for another press.)"""
    failed = could_not_be_read(member)
    if ids is not None:
        failed = failed.filter(pk__in=list(ids))
    chosen = list(failed[:MAX_RETRIED_DOCUMENTS])
    for document in chosen:
        documents.retry(member, document)
    return len(chosen), failed.count() if len(chosen) == MAX_RETRIED_DOCUMENTS else 0


@transaction.atomic
def cancel(member: Membership, document: Document) -> Version:
    """Not read any further: not this time, or not at all. The file is kept, and an older version goes on answering."""
    document = access_document(member, document.pk, Right.WRITE)
    version = document.latest_version
    if version is None or not _stop(member, [version.pk]):
        raise Conflicting("There is nothing to stop: this document is not being read.", code="not_working")
    version.refresh_from_db()
    touch_corpus(member.tenant)
    record(Action.DOCUMENT_CANCELLED, member, document, version=version.number)
    return version


def cancel_import(member: Membership, collection: Collection | None = None) -> int:
    """Everything imported that waits or is being read, of what this member may change. How many documents."""
    stopped = 0
    while stopping := _next_imported(member, collection):
        with transaction.atomic():
            done = _stop(member, [version_id for version_id, _ in stopping])
            if done:
                touch_corpus(member.tenant)
                for shelf in Collection.objects.for_tenant(member.tenant).filter(pk__in={pk for _, pk in stopping}):
                    own = [version for version, pk in stopping if version in done and pk == shelf.pk]
                    changed = Version.objects.for_tenant(member.tenant).filter(pk__in=own)
                    record(
                        Action.IMPORT_STOPPED,
                        member,
                        shelf,
                        objects=document_refs(Relation.CHANGED, changed.values_list("document_id", flat=True)),
                        documents=len(own),
                    )
        stopped += len(done)
        if not done:
            break  # what was there a moment ago has been read meanwhile
    return stopped


def lines(member: Membership) -> list[CollectionProgress]:
    """What is on its way, by collection, of what this member may change."""
    under_way = (
        Document.objects.allowing(member, Right.WRITE)
        .present()
        .filter(latest_version__job__state__in=UNFINISHED_STATES)
    )
    job = "latest_version__job__"
    counted = {
        row["collection"]: row
        for row in under_way.order_by()
        .values("collection")
        .annotate(
            waiting=Count("pk", filter=Q(**{f"{job}state": Job.State.WAITING})),
            working=Count("pk", filter=Q(**{f"{job}state": Job.State.RUNNING})),
            imported=Count("pk", filter=Q(**{f"{job}priority": Job.Priority.BULK})),
        )
    }
    shelves = Collection.objects.for_tenant(member.tenant).filter(pk__in=counted).order_by("name")
    return [
        CollectionProgress(shelf, *(counted[shelf.pk][name] for name in ("waiting", "working", "imported")))
        for shelf in shelves
    ]


def _next_imported(member: Membership, collection: Collection | None) -> list[tuple[UUID, UUID]]:
    """(version, collection) of some."""
    mine = Document.objects.allowing(member, Right.WRITE).present()
    if collection is not None:
        mine = mine.filter(collection=collection)
    found = mine.filter(
        latest_version__job__state__in=UNFINISHED_STATES, latest_version__job__priority=Job.Priority.BULK
    )
    return list(found.order_by().values_list("latest_version", "collection")[:ROWS_PER_TRANSACTION])


def _stop(member: Membership, version_ids: list[UUID]) -> set[UUID]:
    """In the caller's transaction: those that were still under way. Who works on one notices when telling how far it is,
    and at the latest when it would be saved."""
    jobs = Job.objects.for_tenant(member.tenant).filter(version__in=version_ids, state__in=UNFINISHED_STATES)
    stopped = set(jobs.order_by("pk").select_for_update().values_list("version_id", flat=True))
    Job.objects.for_tenant(member.tenant).filter(version__in=stopped).update(
        state=Job.State.CANCELLED, finished_at=timezone.now(), lease_until=None
    )
    Version.objects.for_tenant(member.tenant).filter(pk__in=stopped).update(
        status=Status.FAILED,
        error_code=CANCELLED,
        error_message="Reading was stopped before it was done.",
        error_hint="The file is kept. Retry to read it.",
        progress_done=0,
        progress_total=0,
    )
    return stopped
