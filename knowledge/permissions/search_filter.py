"""What a reader may search and be answered from: rights compiled to the store's filter, and the check after."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection as Many
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from knowledge.models import (
    Collection,
    CollectionTeamGrant,
    CollectionUserGrant,
    Document,
    DocumentTeamGrant,
    DocumentUserGrant,
    Trashing,
)
from knowledge.models.document import HAS_EXCEPTION
from knowledge.models.grant import Right
from knowledge.permissions.conditions import granted, group_ids, may_work
from knowledge.stores.base import Readable
from tenants.compiled_query import CompiledQuery
from tenants.models import Membership

REMEMBERED = 512  # readers whose rights are kept in memory
COLUMNS = ("number", "collection_id", "restricted", "expires_on", "superseded_by_id")


@dataclass(frozen=True, slots=True)
class ReadScope:
    """What a reader may see, and the state of the tenant's corpus that it was read from."""

    corpus_version: int
    readable: Readable


def readable(member: Membership) -> Readable:
    """The filter for the store: what may be searched and answered from. Nothing for members who may not work.

    Leaves out the trash, what has expired, and what is superseded by something this reader can read instead.
    """
    return read_scope(member).readable


def read_scope(member: Membership, *, just_fetched: bool = False) -> ReadScope:
    """As it is now; or as it was when the member and their tenant were fetched, for a caller who did so a moment ago and
    looks at the corpus version again at the end."""
    if just_fetched:
        version = member.tenant.corpus_version if member.may_work else None
    else:
        (version,) = _version.one(member.pk, member.tenant_id) or (None,)
    if version is None:
        return ReadScope(0, Readable())
    today = timezone.localdate()
    key = (member.tenant_id, member.pk)
    cached = _remembered.get(key, version, today)
    if cached is None:
        cached = ReadScope(version, _compile(member, today))
        # What a transaction sees of itself may yet be rolled back.
        transaction.on_commit(partial(_remembered.put, key, version, today, cached))
    return cached


@CompiledQuery
def _version(member_id: UUID, tenant_id: UUID) -> QuerySet:
    """Of the corpus that an active member may work with."""
    members = Membership.objects.across_tenants("narrowed to one tenant by who asks").active()
    return members.filter(pk=member_id, tenant=tenant_id).values_list("tenant__corpus_version")


def still_readable(member: Membership, document_ids: Many[UUID]) -> set[UUID]:
    """The check after: which of these may be read at this moment."""
    if not document_ids or not may_work(member):
        return set()
    return set(
        Document.objects.visible_to(member)
        .filter(pk__in=list(document_ids))
        .filter(in_force())
        .values_list("pk", flat=True)
    )


def _compile(member: Membership, today: date) -> Readable:
    """In few plain queries, since each new version of the corpus asks them again."""
    groups = group_ids(member)
    shelves = _readable_collections(member, groups)
    hidden: set[int] = set()  # on a readable shelf, or still labelled with one in the store, and yet not to be found
    singles: set[int] = set()
    replaced: dict[int, UUID] = {}
    for row in (
        Document.objects.for_tenant(member.tenant_id).filter(HAS_EXCEPTION).values_list(*COLUMNS, "indexed_under")
    ):
        number, shelf, restricted, expires_on, successor, label = row
        if label is not None and shelf in shelves:  # moved here, and the store has not followed yet
            singles.add(number)
        if label in shelves:
            hidden.add(number)
        if restricted or (expires_on and expires_on <= today):
            singles.discard(number)
            if shelf in shelves:
                hidden.add(number)
        elif successor and shelf in shelves:
            replaced[number] = successor
    trashed = set()
    for number, shelf, label in Trashing.objects.for_tenant(member.tenant_id).values_list(
        "document__number", "document__collection_id", "document__indexed_under"
    ):
        singles.discard(number)
        trashed.add(number)
        if shelf in shelves or label in shelves:
            hidden.add(number)
    for number, shelf, restricted, expires_on, successor in _single_documents(member, shelves, groups):
        if expires_on and expires_on <= today:
            continue
        if restricted or shelf not in shelves:
            singles.add(number)
            if successor:
                replaced[number] = successor
    old = _replaced_by_readable(member, replaced)  # of singles, for the rest an exception like any other
    return Readable(
        frozenset(shelves),
        frozenset(hidden | old),
        frozenset(singles - trashed - old),
    )


def _readable_collections(member: Membership, groups: list[int]) -> set[UUID]:
    owned = Collection.objects.for_tenant(member.tenant_id).filter(owner_id=member.pk).values_list("pk", flat=True)
    shelves = set(owned)
    shelves.update(_grants_of(CollectionUserGrant, member, groups).values_list("content_object_id", flat=True))
    shelves.update(_grants_of(CollectionTeamGrant, member, groups).values_list("content_object_id", flat=True))
    return shelves


def _single_documents(member: Membership, collections: set[UUID], groups: list[int]) -> list[tuple]:
    """Documents given one by one, or owned where they are not read anyway."""
    mine = Document.objects.for_tenant(member.tenant_id).filter(owner_id=member.pk)
    rows = list(mine.exclude(collection__in=collections).values_list(*COLUMNS))
    rows += mine.filter(HAS_EXCEPTION, restricted=True).values_list(*COLUMNS)
    for grants in (DocumentUserGrant, DocumentTeamGrant):
        rows += _grants_of(grants, member, groups).values_list(*(f"content_object__{column}" for column in COLUMNS))
    return rows


def _grants_of(grants, member: Membership, groups: list[int]) -> QuerySet:
    """What `granted` gives, with the teams already looked up."""
    if grants in (CollectionTeamGrant, DocumentTeamGrant) and not groups:
        return grants.scoped.none()
    return granted(grants, member, Right.READ, groups)


def _replaced_by_readable(member: Membership, replaced: dict[int, UUID]) -> set[int]:
    """The numbers whose successor answers in their place. Somebody who cannot read the successor keeps the old one."""
    if not replaced:
        return set()
    answering = set(
        Document.objects.visible_to(member)
        .filter(in_force(), current_version__isnull=False, supersedes__isnull=False)
        .values_list("pk", flat=True)
    )
    return {number for number, successor in replaced.items() if successor in answering}


def in_force() -> Q:
    return Q(expires_on__isnull=True) | Q(expires_on__gt=timezone.localdate())


class _Remembered:
    """Rights by reader, good for one corpus version and one day."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[UUID, UUID], tuple[int, date, ReadScope]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[UUID, UUID], version: int, today: date) -> ReadScope | None:
        row = self._rows.get(key)
        return row[2] if row and row[:2] == (version, today) else None

    def put(self, key: tuple[UUID, UUID], version: int, today: date, value: ReadScope) -> None:
        with self._lock:
            self._rows[key] = (version, today, value)
            self._rows.move_to_end(key)
            while len(self._rows) > REMEMBERED:
                self._rows.popitem(last=False)


_remembered = _Remembered()
