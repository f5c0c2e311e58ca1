"""Deleting: hidden everywhere at once, kept for a grace period, then erased from every place it was in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.actors import system
from audit.ledger.record import record
from knowledge import backends, task_queue
from knowledge.indexes import index_writer
from knowledge.library import documents, storage
from knowledge.models import Blob, Document, Job, Passage, Trashing, Version
from knowledge.models.grant import Right
from knowledge.models.version import WORKING
from knowledge.permissions.access import access_document, holding_documents
from tenants.errors import Conflicting, NotAllowed
from tenants.isolation.scope import in_tenant
from tenants.isolation.secure_delete import overwritten
from tenants.members.teams import touch_corpus
from tenants.models import Membership, Tenant

# Told (tenant id, document ids) inside the transaction that erases: whoever keeps words of a document forgets them and
# says how many rows that were. Answers register what they quote.
Forget = Callable[[UUID, list[UUID]], int]
_forgetting: list[tuple[str, Forget]] = []


def on_erase(name: str, forget: Forget) -> None:
    """Called by other apps in their apps.py."""
    if (name, forget) not in _forgetting:
        _forgetting.append((name, forget))


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """Where a document was, and that it is gone from each place. Part of the audit trail."""

    hidden_at: str
    erased_at: str
    versions: int
    passages: int
    files_removed: int
    files_kept_for_other_documents: int
    index: str
    elsewhere: dict[str, int]


def put_in_trash(member: Membership, document: Document, *, erase_now: bool = False) -> Trashing:
    """Nobody finds or opens it from this moment. Restorable until its time is over, or not at all with `erase_now`."""
    document = access_document(member, document.pk, Right.MANAGE if erase_now else Right.WRITE)
    grace = timedelta(0) if erase_now else settings.TRASH_GRACE
    try:
        with transaction.atomic():
            trashing = Trashing.objects.create(
                tenant=member.tenant, document=document, by=member, erase_after=timezone.now() + grace
            )
            Job.objects.for_tenant(member.tenant).filter(
                version__document=document, state__in=(Job.State.WAITING, Job.State.RUNNING)
            ).update(state=Job.State.CANCELLED)
            touch_corpus(member.tenant)
            record(Action.DOCUMENT_TRASHED, member, document, erase_after=trashing.erase_after.isoformat())
            if erase_now:
                task_queue.notify_workers()
    except IntegrityError:
        raise Conflicting(
            "Someone else has just removed this document.",
            hint="It is in the trash, where it can be restored.",
            code="already_deleted",
        ) from None
    return trashing


@transaction.atomic
def restore(member: Membership, document: Document) -> Document:
    """Back where it was, with the same readers. What was being read when it was deleted is read again."""
    document = access_document(member, document.pk, Right.WRITE, in_trash=True)
    trashing = Trashing.objects.for_tenant(member.tenant).filter(document=document).first()
    if trashing is None:
        raise Http404
    if trashing.erase_after <= timezone.now():
        raise Conflicting("Its time in the trash has ended, and it is being erased.", code="being_erased")
    trashing.delete()
    document = Document.objects.for_tenant(member.tenant).select_related("latest_version").get(pk=document.pk)
    if document.latest_version is not None and document.latest_version.status in WORKING:
        documents.queue(document.latest_version)
    touch_corpus(member.tenant)
    record(Action.DOCUMENT_RESTORED, member, document)
    return document


def erase_now(member: Membership, document_id: UUID) -> None:
    """From where it stands or from the trash, with no way back."""
    document = holding_documents(member, [document_id]).first()
    if document is None:
        raise Http404
    if Trashing.objects.for_tenant(member.tenant).filter(document=document).exists():
        erase_from_trash(member, document)
    else:
        put_in_trash(member, document, erase_now=True)


@transaction.atomic
def erase_from_trash(member: Membership, document: Document) -> None:
    """No more grace. It happens within moments, where the store's writer is."""
    document = access_document(member, document.pk, Right.READ, in_trash=True)
    if not Document.objects.allowing(member, Right.MANAGE).filter(pk=document.pk).exists():
        raise NotAllowed("Only people who manage this document can erase it.", hint="Ask its owner.")
    Trashing.objects.for_tenant(member.tenant).filter(document=document).update(erase_after=timezone.now())
    task_queue.notify_workers()


def trash_of(member: Membership):
    """What this member may restore, newest first."""
    return (
        Document.objects.allowing(member, Right.WRITE)
        .filter(trashing__isnull=False)
        .select_related("trashing__by__user", "collection", "latest_version", "current_version")
        .order_by("-trashing__at")
    )


def erase_overdue(tenant: Tenant, *, limit: int = 200) -> int:
    """What the trash has kept long enough. For the process that writes the store; doing it again is harmless."""
    with in_tenant(tenant):
        overdue = list(
            Trashing.objects.for_tenant(tenant)
            .filter(erase_after__lte=timezone.now())
            .select_related("tenant", "document")
            .order_by("at")[:limit]
        )
        versions = Version.objects.for_tenant(tenant).filter(document__in=[each.document_id for each in overdue])
        gone = list(versions.values_list("pk", flat=True))
    if overdue:
        index_writer.drop(tenant.pk, gone)
        index_writer.erase(tenant.pk)
        with overwritten():
            for trashing in overdue:
                with in_tenant(tenant):
                    _erase(trashing)
    return len(overdue)


@transaction.atomic
def _erase(trashing: Trashing) -> None:
    """Rows, files and receipt together. A file goes while the transaction still holds its row's place: an upload of the
    same bytes that comes now makes a row and a file of its own."""
    document, tenant_id = trashing.document, trashing.tenant_id
    versions = Version.objects.for_tenant(tenant_id).filter(document=document)
    blobs = list(
        Blob.objects.for_tenant(tenant_id)
        .select_for_update()
        .filter(pk__in=set(versions.values_list("blob_id", flat=True)))
    )
    counted = versions.count(), Passage.objects.for_tenant(tenant_id).filter(version__document=document).count()
    elsewhere = {name: forget(tenant_id, [document.pk]) for name, forget in _forgetting}
    target = document.audit_target()
    Document.objects.for_tenant(tenant_id).filter(pk=document.pk).update(current_version=None, latest_version=None)
    document.delete()
    removed = 0
    for blob in blobs:
        if not Version.objects.for_tenant(tenant_id).filter(blob=blob).exists():
            blob.delete()
            storage.discard(blob.path)
            removed += 1
            if storage.is_there(blob.path):
                raise OSError(f"The file of an erased document could not be removed: {blob.path}")
    touch_corpus(trashing.tenant)
    receipt = ErasureReceipt(
        hidden_at=trashing.at.isoformat(),
        erased_at=timezone.now().isoformat(),
        versions=counted[0],
        passages=counted[1],
        files_removed=removed,
        files_kept_for_other_documents=len(blobs) - removed,
        index=backends.ERASING[settings.VECTOR_STORE],
        elsewhere=elsewhere,
    )
    record(Action.DOCUMENT_ERASED, system(tenant_id), target, receipt=asdict(receipt))
