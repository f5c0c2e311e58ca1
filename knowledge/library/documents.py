"""What people change about a document: its name and facts, its shelf, another try at reading it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.record import record
from knowledge import task_queue
from knowledge.library.filenames import clean
from knowledge.models import Collection, Document, Job, Status, Version
from knowledge.models.grant import Right
from knowledge.permissions.access import access_collection, access_document
from tenants.errors import Conflicting, Invalid
from tenants.members.teams import touch_corpus
from tenants.models import Membership

TEXTS = {"title": 300, "author": 200}
DATES = ("dated", "reviewed_on", "review_due", "expires_on")
MAX_SHOWN_POSITION = 1_000  # places that are told; further back it is simply queued
CHANGEABLE = (*TEXTS, "filename", *DATES, "restricted", "superseded_by")


@transaction.atomic
def change_document(member: Membership, document: Document, **changes: Any) -> Document:
    """Any of CHANGEABLE. Who may write changes the facts; who may manage decides whether it is restricted."""
    unknown = set(changes) - set(CHANGEABLE)
    if unknown:
        raise Invalid(f"These cannot be changed: {', '.join(sorted(unknown))}.")
    right = Right.MANAGE if "restricted" in changes else Right.WRITE
    document = access_document(member, document.pk, right)
    changed = {}
    for name, value in changes.items():
        value = _checked(member, document, name, value)
        if getattr(document, name) != value:
            changed[name] = value
            setattr(document, name, value)
    if not changed:
        return document
    document.save(update_fields=[*changed, "changed_at"])
    touch_corpus(member.tenant)
    record(Action.DOCUMENT_CHANGED, member, document, fields=sorted(changed))
    return document


@transaction.atomic
def move_document(member: Membership, document: Document, to: Collection) -> Document:
    """Its readers are those of the new shelf from this moment; the store's label follows (knowledge/maintenance.py)."""
    document = access_document(member, document.pk, Right.MANAGE)
    to = access_collection(member, to.pk, Right.WRITE)
    if document.collection_id == to.pk:
        return document
    former = document.collection
    if document.indexed_under is None and document.current_version_id is not None:
        document.indexed_under = former.pk
    document.collection = to
    document.save(update_fields=["collection", "indexed_under", "changed_at"])
    touch_corpus(member.tenant)
    record(Action.DOCUMENT_MOVED, member, document, former=str(former.pk), collection=str(to.pk))
    task_queue.notify_workers()
    return document


@transaction.atomic
def change_and_move(
    member: Membership, document: Document, *, to: Collection | None = None, **changes: Any
) -> Document:
    """Both, or neither."""
    if changes:
        document = change_document(member, document, **changes)
    return move_document(member, document, to) if to is not None else document


@transaction.atomic
def retry(member: Membership, document: Document) -> Version:
    """Another try at the newest version, which failed."""
    document = access_document(member, document.pk, Right.WRITE)
    version = document.latest_version
    if version is None or version.status not in (Status.FAILED, Status.QUARANTINED):
        raise Conflicting("There is nothing to retry: reading this document has not failed.", code="not_failed")
    queue(version)
    record(Action.DOCUMENT_RETRIED, member, document, version=version.number)
    return version


def queue(version: Version) -> None:
    """As if it had just come in. In the caller's transaction."""
    version.status = Status.QUEUED
    version.error_code = version.error_message = version.error_hint = ""
    version.progress_done = version.progress_total = 0
    version.save()
    job, _ = Job.objects.for_tenant(version.tenant_id).update_or_create(
        version=version,
        defaults={"state": Job.State.WAITING, "attempts": 0, "run_after": timezone.now(), "finished_at": None},
        create_defaults={"tenant_id": version.tenant_id},
    )
    task_queue.notify_workers(bulk=job.priority > Job.Priority.PERSON)


def places_in_queue(member: Membership) -> dict[UUID, int]:
    """By version; 1 is next. Among what this member may read: what others wait for is none of their business."""
    mine = Document.objects.visible_to(member).values("pk")
    waiting = Job.objects.for_tenant(member.tenant_id).filter(state=Job.State.WAITING, version__document__in=mine)
    ordered = waiting.order_by("priority", "run_after", "created_at").values_list("version_id", flat=True)[
        :MAX_SHOWN_POSITION
    ]
    return {version_id: place for place, version_id in enumerate(ordered, start=1)}


def _checked(member: Membership, document: Document, name: str, value: Any) -> Any:
    if name in TEXTS:
        value = " ".join(str(value).split())
        if name == "title" and not value:
            raise Invalid("A document needs a title.")
        if len(value) > TEXTS[name]:
            raise Invalid(f"The {name} has at most {TEXTS[name]} characters.")
        return value
    if name == "filename":
        return clean(str(value))
    if name in DATES:
        if value is not None and not isinstance(value, date):
            raise Invalid(f"{name} is not a date.")
        return value
    if name == "restricted":
        return bool(value)
    return _successor(member, document, value)


def _successor(member: Membership, document: Document, value: Document | UUID | None) -> Document | None:
    if value is None:
        return None
    successor = access_document(member, getattr(value, "pk", value))
    seen = {document.pk}
    at: Document | None = successor
    while at is not None:
        if at.pk in seen:
            raise Invalid(
                "A document cannot be replaced by itself, directly or through other documents.", code="circle"
            )
        seen.add(at.pk)
        at = at.superseded_by
    return successor
