"""Reading leaves a trace: the opening of a document at once, its further pages as one event 10 minutes later.

Whatever sends text or a picture of a page calls `note_pages`; the page of the document calls `note_opening`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.record import build_event, record, record_many
from audit.ledger.record_once import WINDOW, record_once
from audit.ledger.request_id import current_origin
from audit.models import AuditEvent
from knowledge.library import audit_object_names
from knowledge.models import Document, Reading
from tenants.models import Membership, Tenant

READINGS_PER_TRANSACTION = 500  # readings that are closed in one transaction


def note_list(member: Membership, name: str, target: Any = None) -> None:
    """Titles of documents were shown in this list. One event per person, list and 10 minutes."""
    about = f"{name}:{target.audit_target().id}" if target is not None else name
    record_once(Action.DOCUMENT_LISTED, member, target, about=about, list=name)


@transaction.atomic
def note_opening(member: Membership, document: Document, version: int, **data: Any) -> None:
    """Records the opening. Pages that follow within 10 minutes belong to it."""
    record(Action.DOCUMENT_OPENED, member, document, version=version, **data)
    if version and _current(member, document.pk, version) is None:
        _begin(member, document.pk, version)


def note_pages(member: Membership, document: Document, version: int, pages: Iterable[int]) -> None:
    """Pages were sent. Without an opening in the last 10 minutes this is one, and is recorded as such at once."""
    wanted = sorted(set(pages))
    if not wanted:
        return
    known = _current(member, document.pk, version)
    if known is not None and merged(known.pages, wanted) == known.pages:
        return  # nothing that was not sent before: no write
    with transaction.atomic():
        reading = _current(member, document.pk, version, lock=True)
        if reading is None:
            record(Action.DOCUMENT_OPENED, member, document, version=version, page=wanted[0])
            reading = _begin(member, document.pk, version)
            wanted = wanted[1:]
        reading.pages, reading.last_at = merged(reading.pages, wanted), timezone.now()
        reading.save(update_fields=["pages", "last_at"])


def close_due(tenant: Tenant) -> int:
    """Records readings that began more than 10 minutes ago, and forgets them. Called inside `in_tenant`."""
    closed = 0
    while True:
        with transaction.atomic():
            due = Reading.objects.for_tenant(tenant).filter(began_at__lte=timezone.now() - WINDOW).order_by("began_at")
            rows = list(
                due.select_related("member__user").select_for_update(of=("self",), skip_locked=True)[
                    :READINGS_PER_TRANSACTION
                ]
            )
            _close(rows)
        closed += len(rows)
        if len(rows) < READINGS_PER_TRANSACTION:
            return closed


def merged(ranges: Sequence[Sequence[int]], pages: Iterable[int]) -> list[list[int]]:
    """Ranges of pages, in order, with these pages."""
    found: list[list[int]] = []
    for first, last in sorted([*map(list, ranges), *([page, page] for page in pages)]):
        if found and first <= found[-1][1] + 1:
            found[-1][1] = max(found[-1][1], last)
        else:
            found.append([first, last])
    return found


def _current(member: Membership, document_id: UUID, version: int, *, lock: bool = False) -> Reading | None:
    """The reading that goes on. One that is over is closed first."""
    mine = Reading.objects.for_tenant(member.tenant_id).filter(member=member, document_id=document_id, version=version)
    found = (mine.select_for_update() if lock else mine).first()
    if found is not None and found.began_at <= timezone.now() - WINDOW:
        with transaction.atomic():
            _close(list(mine.select_related("member__user").select_for_update(of=("self",))))
        return None
    return found


def _begin(member: Membership, document_id: UUID, version: int) -> Reading:
    """Of two that begin at once, both go on with one."""
    reading, _ = Reading.objects.for_tenant(member.tenant_id).get_or_create(
        member=member,
        document_id=document_id,
        version=version,
        defaults={"tenant_id": member.tenant_id, "request_id": current_origin().request_id},
    )
    return reading


def _close(readings: Sequence[Reading]) -> None:
    """In the caller's transaction."""
    if not readings:
        return
    tenant_id = readings[0].tenant_id
    names = audit_object_names.names_of(tenant_id, {reading.document_id for reading in readings})
    record_many(tenant_id, [_event(each, names.get(each.document_id, "")) for each in readings if each.pages])
    Reading.objects.for_tenant(tenant_id).filter(pk__in=[reading.pk for reading in readings]).delete()


def _event(reading: Reading, title: str) -> AuditEvent:
    event = build_event(
        Action.DOCUMENT_READ,
        reading.member,
        Target("document", str(reading.document_id), title),
        version=reading.version,
        pages=", ".join(str(first) if first == last else f"{first}–{last}" for first, last in reading.pages),
        count=sum(last - first + 1 for first, last in reading.pages),
        began=reading.began_at.isoformat(timespec="seconds"),
        ended=reading.last_at.isoformat(timespec="seconds"),
    )
    event.request_id = reading.request_id  # with the opening, in one story
    return event
