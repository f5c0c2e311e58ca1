"""Large files in pieces. Each piece is safely on disk before the next is asked for; whole, it is an upload like any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from knowledge.library import storage, uploads
from knowledge.library.filenames import clean
from knowledge.library.uploads import Uploaded
from knowledge.models import Collection, PartialUpload
from knowledge.models.grant import Right
from knowledge.models.partial_upload import PARTIAL_UPLOAD_LIFETIME
from knowledge.permissions.access import access_collection
from tenants.errors import Conflicting, Invalid, TooLarge
from tenants.models import Membership, Tenant

PIECE_BYTES = 4 * 1024 * 1024  # bytes; a slow line (1 Mbit/s) loses half a minute at most
MAX_OPEN_UPLOADS_PER_MEMBER = 20  # of one person: more would fill the disk with what nobody finishes


def begin(
    member: Membership, collection: Collection | UUID, *, filename: str, size: int, stamp: str = ""
) -> PartialUpload:
    """A fresh one, or the one that the same person began with the same file into the same collection."""
    collection = access_collection(member, getattr(collection, "pk", collection), Right.WRITE)
    if not 0 < size <= settings.UPLOAD_LIMIT:
        if size > 0:
            raise TooLarge(
                f"The file is larger than {settings.UPLOAD_LIMIT // (1024 * 1024)} MB, which is the "
                "limit of this portal.",
                hint="Split it, or ask your operator to raise the limit.",
            )
        raise Invalid("The file is empty: it has 0 bytes.", code="empty_file")
    mine = PartialUpload.objects.for_tenant(member.tenant).filter(member=member)
    same = {"collection": collection, "filename": clean(filename), "size": size, "stamp": stamp[:40]}
    open_upload = (
        mine.filter(**same, changed_at__gt=timezone.now() - PARTIAL_UPLOAD_LIFETIME).order_by("-received").first()
    )
    if open_upload is not None:
        return open_upload
    if mine.count() >= MAX_OPEN_UPLOADS_PER_MEMBER:
        raise Conflicting(
            f"{MAX_OPEN_UPLOADS_PER_MEMBER} of your uploads are not complete. Nothing was uploaded.",
            hint="Continue or discard some of them first. Incomplete uploads are discarded after a day.",
        )
    return PartialUpload.objects.create(tenant=member.tenant, member=member, **same)


def unfinished(member: Membership, collection: Collection | None = None) -> list[PartialUpload]:
    """What this person can go on with, the latest first."""
    mine = PartialUpload.objects.for_tenant(member.tenant).filter(
        member=member, received__gt=0, changed_at__gt=timezone.now() - PARTIAL_UPLOAD_LIFETIME
    )
    mine = mine.filter(collection=collection) if collection else mine
    return list(mine.select_related("collection").order_by("-changed_at")[:MAX_OPEN_UPLOADS_PER_MEMBER])


def add(member: Membership, partial_id: UUID, at: int, bytes_in: Iterable[bytes]) -> PartialUpload | Uploaded:
    """The piece that begins at `at`. With the last one the file is whole, and what became of it comes back.

    Whoever got no answer may send a piece again: the same bytes at the same place change nothing.
    """
    partial = find(member, partial_id)
    if isinstance(partial, Uploaded):
        return partial
    access_collection(member, partial.collection_id, Right.WRITE)
    if at != partial.received:
        return _once_more(partial, at, bytes_in)
    rest = partial.size - partial.received
    if rest:
        piece = storage.receive(member.tenant, bytes_in, limit=min(PIECE_BYTES, rest))
        fresh = PartialUpload.objects.for_tenant(member.tenant).filter(pk=partial.pk, received=at)
        now, pieces = timezone.now(), [*partial.pieces, piece.path]
        if not fresh.update(received=at + piece.size, pieces=pieces, changed_at=now):
            try:  # it came twice at the same time, or another window sends the file too
                return _once_more(access(member, partial_id), at, _Whole([piece.path]).chunks())
            finally:
                storage.discard(piece.path)
        partial.received, partial.pieces, partial.changed_at = at + piece.size, pieces, now
    if partial.received < partial.size:
        return partial
    if not all(storage.is_there(path) for path in partial.pieces):
        done = find(member, partial_id)  # another window may have been quicker
        return done if isinstance(done, Uploaded) else _emptied(done)
    whole, name = _Whole(partial.pieces), partial.filename
    try:
        done = uploads.upload(member, partial.collection_id, whole, filename=name, key=_key(partial_id))
    except FileNotFoundError:  # so it was, while they were read here
        return find(member, partial_id)
    _forget(partial)
    return done


def find(member: Membership, partial_id: UUID) -> PartialUpload | Uploaded:
    """One's own, or what became of it when it was whole; or Http404."""
    try:
        return access(member, partial_id)
    except Http404:
        if done := uploads.by_key(member, _key(partial_id)):
            return done
        raise


def access(member: Membership, partial_id: UUID) -> PartialUpload:
    """One's own that is not whole yet, or Http404."""
    mine = PartialUpload.objects.for_tenant(member.tenant).filter(member=member, pk=partial_id)
    found = mine.filter(changed_at__gt=timezone.now() - PARTIAL_UPLOAD_LIFETIME).first()
    if found is None:
        raise Http404
    return found


def discard(member: Membership, partial_id: UUID) -> None:
    _forget(access(member, partial_id))


def forget_overdue(tenant: Tenant) -> int:
    """Those that nobody went on with for a day. Call inside the tenant's block."""
    overdue = list(
        PartialUpload.objects.for_tenant(tenant).filter(changed_at__lte=timezone.now() - PARTIAL_UPLOAD_LIFETIME)
    )
    for partial in overdue:
        _forget(partial)
    return len(overdue)


def paths(tenant: Tenant) -> set[str]:
    """Files of pieces that somebody may still go on with."""
    held = PartialUpload.objects.for_tenant(tenant).values_list("pieces", flat=True)
    return {path for pieces in held for path in pieces}


def _once_more(partial: PartialUpload, at: int, bytes_in: Iterable[bytes]) -> PartialUpload:
    """A piece that came before, byte for byte; any other is refused, with where to go on."""
    begins = 0
    for path in partial.pieces:
        if begins > at or not storage.is_there(path):
            break
        with storage.open_path(path) as stored_file:
            if (
                begins == at
                and all(stored_file.read(len(data)) == data for data in bytes_in)
                and not stored_file.read(1)
            ):
                return partial
            begins += stored_file.size
    raise Conflicting(
        "This is not the next part, so it was not stored.",
        hint=f"Continue from byte {partial.received}.",
        code="other_piece",
        received=partial.received,
    )


def _key(partial_id: UUID) -> str:
    """By which the whole file is known when its last piece is sent again."""
    return f"pieces:{partial_id}"


def _emptied(partial: PartialUpload) -> PartialUpload:
    """A piece was lost on disk: the sender is told to go on from the beginning."""
    for path in partial.pieces:
        storage.discard(path)
    partial.received, partial.pieces = 0, []
    partial.save(update_fields=["received", "pieces"])
    return partial


def _forget(partial: PartialUpload) -> None:
    """The row first: files that no row knows are removed sooner or later anyway."""
    with transaction.atomic():
        PartialUpload.objects.for_tenant(partial.tenant_id).filter(pk=partial.pk).delete()
    for path in partial.pieces:
        storage.discard(path)


class _Whole:
    """The pieces, one after the other."""

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces

    def chunks(self) -> Iterator[bytes]:
        for path in self._pieces:
            with storage.open_path(path) as file:
                while data := file.read(storage.READ_BYTES):
                    yield data
