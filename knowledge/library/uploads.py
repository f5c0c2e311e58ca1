"""A file comes in: as a new document, or as a new version of one. Reading it happens later (ingestion/pipeline.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from audit.ledger.actions import Action
from audit.ledger.record import record
from knowledge import task_queue
from knowledge.library import storage
from knowledge.library.filenames import clean, title_of
from knowledge.models import Blob, Collection, Document, Job, Status, UploadKey, Version
from knowledge.models.grant import Right
from knowledge.models.version import SEARCHABLE, WORKING
from knowledge.permissions.access import access_collection, access_document
from knowledge.permissions.conditions import granted_document_ids
from tenants.errors import Conflicting, Invalid
from tenants.members.teams import touch_corpus
from tenants.models import Membership, Tenant

NEW, VERSION = "new", "version"  # what becomes of a name that is there already
KEY_LENGTH = 200
ATTEMPTS = 3


class Incoming(Protocol):
    """A Django UploadedFile, or anything that yields its bytes."""

    def chunks(self) -> Iterable[bytes]: ...


@dataclass(frozen=True, slots=True)
class Uploaded:
    document: Document
    version: Version
    what: str  # created, replaced, unchanged, repeated


def upload(
    member: Membership,
    collection: Collection | UUID,
    file: Incoming,
    *,
    filename: str,
    title: str = "",
    on_same_name: str = VERSION,
    priority: int = Job.Priority.PERSON,
    key: str = "",
) -> Uploaded:
    """One file into one collection. All of it is kept, and will be read, or nothing is.

    A name that the collection has already is a new version of that document, unless `on_same_name` says otherwise;
    bytes that are there already change nothing. The same idempotency `key` gives the first result again.
    """
    collection = access_collection(member, getattr(collection, "pk", collection), Right.WRITE)
    if on_same_name not in (NEW, VERSION):
        raise Invalid("A name that is there already can be made a new document or a new version.", code="same_name")
    name = clean(filename)
    if len(key) > KEY_LENGTH:
        raise Invalid(f"An idempotency key has at most {KEY_LENGTH} characters.")

    def keep(received: storage.Received) -> tuple[Uploaded, bool]:
        if key and (first := _repeated(member, key, received)):
            return first, False
        blob, kept = _blob(member.tenant, received)
        same = _namesake(member, collection, name) if on_same_name == VERSION else None
        if same is not None:
            result = _next_version(member, same, blob, name, priority)
        else:
            result = _new_document(member, collection, blob, name, title.strip()[:300], priority)
        if key:
            UploadKey.objects.create(
                tenant=member.tenant, member=member, key=key, document=result.document, sha256=received.sha256
            )
        return result, kept

    return _received_and(keep, member.tenant, file)


def replace(member: Membership, document: Document, file: Incoming, *, filename: str = "") -> Uploaded:
    """A new version. The old one answers until the new one is ready."""
    document = access_document(member, document.pk, Right.WRITE)

    def keep(received: storage.Received) -> tuple[Uploaded, bool]:
        blob, kept = _blob(member.tenant, received)
        return _next_version(member, document, blob, clean(filename or document.filename), Job.Priority.PERSON), kept

    return _received_and(keep, member.tenant, file)


def by_key(member: Membership, key: str) -> Uploaded | None:
    """What the upload with that key gave, where this member may still read it."""
    upload_key = UploadKey.objects.for_tenant(member.tenant).filter(member=member, key=key).first()
    if upload_key is None:
        return None
    document = access_document(member, upload_key.document_id)
    return Uploaded(document, document.latest_version, "repeated")


def _received_and(
    store: Callable[[storage.Received], tuple[Uploaded, bool]], tenant: Tenant, file: Incoming
) -> Uploaded:
    """The bytes on disk first, then the rows in one transaction; the bytes go again when no row came to need them."""
    received = storage.receive(tenant, file.chunks(), limit=settings.UPLOAD_LIMIT)
    needed = False
    try:
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    result, wanted = store(received)
                needed = wanted
                return result
            except IntegrityError:
                # Two uploads met over the same bytes, key or number. The second look finds what the other made.
                if attempt + 1 == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")
    finally:
        if not needed:
            storage.discard(received.path)


def _repeated(member: Membership, key: str, received: storage.Received) -> Uploaded | None:
    upload_key = UploadKey.objects.for_tenant(member.tenant).filter(member=member, key=key).first()
    if upload_key is None:
        return None
    if upload_key.sha256 != received.sha256:
        raise Conflicting(
            "This idempotency key was already used with another file. Nothing was uploaded.",
            hint="Use a new key for each file.",
            code="key_reused",
        )
    return by_key(member, key)


def _blob(tenant: Tenant, received: storage.Received) -> tuple[Blob, bool]:
    """The row for these bytes, and whether it points to the file that just came in."""
    existing = Blob.objects.for_tenant(tenant).select_for_update().filter(sha256=received.sha256).first()
    if existing is not None and storage.is_there(existing.path):
        return existing, False
    if existing is not None:  # the file was lost, and here it is again
        existing.path = received.path
        existing.save(update_fields=["path"])
        return existing, True
    fresh = Blob.objects.create(tenant=tenant, sha256=received.sha256, size=received.size, path=received.path)
    return fresh, True


def _namesake(member: Membership, collection: Collection, name: str) -> Document | None:
    """The document of that name here, if this person may change it. They may write to the collection, so that only a
    restricted one can be hidden from them: that takes the same three queries as none."""
    same = Document.objects.for_tenant(member.tenant_id).filter(collection=collection, filename=name).present()
    named = {"content_object__collection": collection, "content_object__filename": name}
    given = granted_document_ids(member, Right.WRITE, **named)
    return (
        same.filter(Q(restricted=False) | Q(owner_id=member.pk) | Q(pk__in=given))
        .select_related("latest_version__blob", "collection", "tenant")
        .order_by("-created_at")
        .first()
    )


def _new_document(member, collection, blob, name, title, priority) -> Uploaded:
    touch_corpus(member.tenant, next_document_no=F("next_document_no") + 1)
    number = Tenant.objects.values_list("next_document_no", flat=True).get(pk=member.tenant_id) - 1
    version = _version(member, blob, name, 1)
    document = Document.objects.create(
        tenant=member.tenant,
        collection=collection,
        number=number,
        title=title or title_of(name),
        filename=name,
        owner=member,
        latest_version=version,  # it is there before the transaction ends, which is when the database looks
    )
    _add(version, document, priority)
    record(
        Action.DOCUMENT_UPLOADED,
        member,
        document,
        collection=str(collection.pk),
        version=1,
        size=blob.size,
        sha256=blob.sha256,
    )
    return Uploaded(document, version, "created")


def _next_version(member, document: Document, blob: Blob, name: str, priority) -> Uploaded:
    latest = document.latest_version
    if latest is not None and latest.blob_id == blob.pk and latest.status in (*SEARCHABLE, *WORKING):
        return Uploaded(document, latest, "unchanged")
    _withdraw_waiting(document)
    number = (latest.number if latest else 0) + 1
    version = _version(member, blob, name, number)
    _add(version, document, priority)
    document.latest_version, document.filename = version, name
    document.save(update_fields=["latest_version", "filename", "changed_at"])
    touch_corpus(member.tenant)
    record(Action.DOCUMENT_VERSION_UPLOADED, member, document, version=number, size=blob.size, sha256=blob.sha256)
    return Uploaded(document, version, "replaced")


def _version(member: Membership, blob: Blob, name: str, number: int) -> Version:
    return Version(tenant=member.tenant, number=number, blob=blob, filename=name, created_by=member)


def _add(version: Version, document: Document, priority: int) -> None:
    version.document = document
    version.save(force_insert=True)
    Job.objects.create(tenant=version.tenant, version=version, priority=priority)
    task_queue.notify_workers(bulk=priority > Job.Priority.PERSON)


def _withdraw_waiting(document: Document) -> None:
    """Versions that nobody has begun to read are overtaken by the one that comes."""
    waiting = Job.objects.for_tenant(document.tenant_id).filter(version__document=document, state=Job.State.WAITING)
    overtaken = list(waiting.values_list("version_id", flat=True))
    if not overtaken:
        return
    waiting.update(state=Job.State.CANCELLED)
    Version.objects.for_tenant(document.tenant_id).filter(pk__in=overtaken).update(
        status=Status.FAILED,
        error_code="overtaken",
        error_message="A newer version was uploaded before this one was read.",
        error_hint="",
    )
