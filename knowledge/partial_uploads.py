"""Large files in pieces. Each piece is safely on disk before the next is asked for; whole, it is an upload like any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from knowledge import storage, uploads
from knowledge.access import access_collection
from knowledge.filenames import clean
from knowledge.models import Collection, PartialUpload
from knowledge.models.grant import Right
from knowledge.models.partial_upload import KEPT
from knowledge.uploads import Uploaded
from tenants.errors import Conflicting, Invalid, TooLarge
from tenants.models import Membership, Tenant

PIECE = 4 * 1024 * 1024  # bytes; a slow line (1 Mbit/s) loses half a minute at most
AT_ONCE = 20  # of one person: more would fill the disk with what nobody finishes


def begin(
    member: Membership, collection: Collection | UUID, *, filename: str, size: int, stamp: str = ""
) -> PartialUpload:
    """A fresh one, or the one that the same person began with the same file into the same collection."""
    collection = access_collection(member, getattr(collection, "pk", collection), Right.WRITE)
    if not 0 < size <= settings.UPLOAD_LIMIT:
        if size > 0:
            raise TooLarge(
                f"The file is larger than {settings.UPLOAD_LIMIT // (1024 * 1024)} MB, which is the most this portal "
                "takes.",
                hint="Split it, or ask your operator to raise the limit.",
            )
        raise Invalid("The file is empty: it has 0 bytes.", code="empty_file")
    mine = PartialUpload.objects.for_tenant(member.tenant).filter(member=member)
    same = {"collection": collection, "filename": clean(filename), "size": size, "stamp": stamp[:40]}
    known = mine.filter(**same, changed_at__gt=timezone.now() - KEPT).order_by("-received").first()
    if known is not None:
        return known
    if mine.count() >= AT_ONCE:
        raise Conflicting(
            f"{AT_ONCE} uploads of yours are waiting to go on. Nothing was uploaded.",
            hint="Continue or discard some of them first; they are discarded by themselves after a day.",
        )
    return PartialUpload.objects.create(tenant=member.tenant, member=member, **same)


def unfinished(member: Membership, collection: Collection | None = None) -> list[PartialUpload]:
    """What this person can go on with, the latest first."""
    mine = PartialUpload.objects.for_tenant(member.tenant).filter(
        member=member, received__gt=0, changed_at__gt=timezone.now() - KEPT
    )
    mine = mine.filter(collection=collection) if collection else mine
    return list(mine.select_related("collection").order_by("-changed_at")[:AT_ONCE])


def add(member: Membership, partial_id: UUID, at: int, bytes_in: Iterable[bytes]) -> PartialUpload | Uploaded:
    """The piece that begins at `at`. With the last one the file is whole, and what became of it comes back."""
    partial = access(member, partial_id)
    access_collection(member, partial.collection_id, Right.WRITE)
    if at != partial.received:
        raise Conflicting("This piece is not the next one, so it was not kept.", code="other_piece")
    rest = partial.size - partial.received
    if rest:
        piece = storage.receive(member.tenant, bytes_in, limit=min(PIECE, rest))
        fresh = PartialUpload.objects.for_tenant(member.tenant).filter(pk=partial.pk, received=at)
        pieces = [*partial.pieces, piece.path]
        if not fresh.update(received=at + piece.size, pieces=pieces, changed_at=timezone.now()):
            storage.discard(piece.path)  # another window sent the same one a moment before
            raise Conflicting("This piece has arrived already.", code="other_piece")
        partial.received, partial.pieces = at + piece.size, pieces
    if partial.received < partial.size:
        return partial
    if not all(storage.is_there(path) for path in partial.pieces):
        return _emptied(partial)
    done = uploads.upload(member, partial.collection_id, _Whole(partial.pieces), filename=partial.filename)
    _forget(partial)
    return done


def access(member: Membership, partial_id: UUID) -> PartialUpload:
    """One's own, or Http404."""
    mine = PartialUpload.objects.for_tenant(member.tenant).filter(member=member, pk=partial_id)
    found = mine.filter(changed_at__gt=timezone.now() - KEPT).first()
    if found is None:
        raise Http404
    return found


def discard(member: Membership, partial_id: UUID) -> None:
    _forget(access(member, partial_id))


def forget_overdue(tenant: Tenant) -> int:
    """Those that nobody went on with for a day. Call inside the tenant's block."""
    overdue = list(PartialUpload.objects.for_tenant(tenant).filter(changed_at__lte=timezone.now() - KEPT))
    for partial in overdue:
        _forget(partial)
    return len(overdue)


def paths(tenant: Tenant) -> set[str]:
    """Files of pieces that somebody may still go on with."""
    held = PartialUpload.objects.for_tenant(tenant).values_list("pieces", flat=True)
    return {path for pieces in held for path in pieces}


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
                while data := file.read(storage.PIECE):
                    yield data
