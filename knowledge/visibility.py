"""What a reader may search and be answered from: rights compiled to the store's filter, and the check after."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection as Many
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from knowledge.models import Document, DocumentTeamGrant, DocumentUserGrant, Trashing
from knowledge.models.grant import Right
from knowledge.rights import collection_ids, granted, may_work
from knowledge.stores.base import Readable
from tenants.models import Membership

REMEMBERED = 512  # readers whose rights are kept in memory


@dataclass(frozen=True, slots=True)
class Standing:
    """What a reader may see, and the state of the tenant's corpus that it was read from."""

    corpus_version: int
    readable: Readable


def readable(member: Membership) -> Readable:
    """The filter for the store: what may be searched and answered from. Nothing for members who may not work.

    Leaves out the trash, what has expired, and what is superseded by something this reader can read instead.
    """
    return standing(member).readable


def standing(member: Membership) -> Standing:
    version = (
        Membership.objects.for_tenant(member.tenant_id)
        .active()
        .filter(pk=member.pk)
        .values_list("tenant__corpus_version", flat=True)
        .first()
    )
    if version is None:
        return Standing(0, Readable())
    today = timezone.localdate()
    key = (member.tenant_id, member.pk)
    known = _remembered.get(key, version, today)
    if known is None:
        known = Standing(version, _compile(member, today))
        if not connection.in_atomic_block:  # what a transaction sees of itself may yet be rolled back
            _remembered.put(key, version, today, known)
    return known


def still_readable(member: Membership, document_ids: Many[UUID]) -> set[UUID]:
    """The check after: which of these may be read at this moment."""
    if not document_ids or not may_work(member):
        return set()
    return set(
        Document.objects.visible_to(member)
        .filter(pk__in=list(document_ids))
        .filter(Q(expires_on__isnull=True) | Q(expires_on__gt=timezone.localdate()))
        .values_list("pk", flat=True)
    )


def _compile(member: Membership, today: date) -> Readable:
    shelves = collection_ids(member)
    hidden: set[int] = set()  # on a readable shelf, or still labelled with one in the store, and yet not to be found
    singles: set[int] = set()
    replaced: dict[int, UUID] = {}
    if shelves:
        peculiar = Q(restricted=True) | Q(expires_on__lte=today) | Q(superseded_by__isnull=False)
        rows = (
            Document.objects.for_tenant(member.tenant_id)
            .filter((Q(collection__in=shelves) & peculiar) | Q(indexed_under__isnull=False))
            .values_list("number", "collection_id", "restricted", "expires_on", "superseded_by_id", "indexed_under")
        )
        for number, shelf, restricted, expires_on, successor, label in rows:
            if label is not None:  # moved, and the store has not followed yet
                if label in shelves:
                    hidden.add(number)
                if shelf in shelves and not restricted:
                    singles.add(number)
            if expires_on and expires_on <= today:
                hidden.add(number)
                singles.discard(number)
            elif restricted:
                hidden.add(number)
            elif successor:
                replaced[number] = successor
        trashed = Trashing.objects.for_tenant(member.tenant_id)
        gone = set(trashed.filter(document__collection__in=shelves).values_list("document__number", flat=True))
        hidden |= gone
        singles -= gone
    for number, shelf, restricted, expires_on, successor in _single_documents(member, shelves):
        if expires_on and expires_on <= today:
            continue
        if restricted or shelf not in shelves:
            singles.add(number)
            if successor:
                replaced[number] = successor
    old = _replaced_by_readable(member, replaced)
    return Readable(frozenset(shelves), frozenset(hidden | old), frozenset(singles - old))


def _single_documents(member: Membership, shelves: set[UUID]) -> list[tuple]:
    """Documents given one by one, or owned outside what is read anyway; none of the trash."""
    columns = ("number", "collection_id", "restricted", "expires_on", "superseded_by_id")
    owned = (
        Document.objects.for_tenant(member.tenant_id)
        .present()
        .filter(Q(restricted=True) | ~Q(collection__in=shelves), owner_id=member.pk)
    )
    rows = list(owned.values_list(*columns))
    for grants in (DocumentUserGrant, DocumentTeamGrant):
        given = granted(grants, member, Right.READ).filter(content_object__trashing__isnull=True)
        rows += given.values_list(*(f"content_object__{column}" for column in columns))
    return rows


def _replaced_by_readable(member: Membership, replaced: dict[int, UUID]) -> set[int]:
    """The numbers whose successor answers in their place. Somebody who cannot read the successor keeps the old one."""
    if not replaced:
        return set()
    today = timezone.localdate()
    answering = set(
        Document.objects.visible_to(member)
        .filter(current_version__isnull=False, supersedes__isnull=False)
        .filter(Q(expires_on__isnull=True) | Q(expires_on__gt=today))
        .values_list("pk", flat=True)
    )
    return {number for number, successor in replaced.items() if successor in answering}


class _Remembered:
    """Rights by reader, good for one corpus version and one day. The hits of a search are checked on the rows as well."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[UUID, UUID], tuple[int, date, Standing]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[UUID, UUID], version: int, today: date) -> Standing | None:
        row = self._rows.get(key)
        return row[2] if row and row[:2] == (version, today) else None

    def put(self, key: tuple[UUID, UUID], version: int, today: date, value: Standing) -> None:
        with self._lock:
            self._rows[key] = (version, today, value)
            self._rows.move_to_end(key)
            while len(self._rows) > REMEMBERED:
                self._rows.popitem(last=False)


_remembered = _Remembered()
