"""The trail as a file: CSV for people with spreadsheets, JSON lines for programs. Streamed, in blocks of rows.

Each block opens the tenant for itself, so that nothing lazy leaves it, and no transaction lasts as long as a download.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum

from asgiref.sync import sync_to_async
from django.db import transaction
from django.http import StreamingHttpResponse
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.record import record
from audit.trail.event_view import EventView, Person, describe
from audit.trail.filters import AuditFilters
from audit.trail.queries import Trail
from tenants.isolation.scope import in_tenant, return_connection
from tenants.models import Membership

ROWS_PER_BLOCK = 1_000  # rows read, opened and written at a time
FORMULA = frozenset("=+-@＝＋－＠")  # what a spreadsheet takes a cell that begins so for, the wide forms too


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"

    @property
    def media_type(self) -> str:
        return {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}[self.value]


COLUMNS = [
    "id", "time", "action", "what", "outcome", "actor_kind", "actor_id", "actor_name", "actor_email", "subject_id",
    "subject_name", "subject_email", "target_type", "target_id", "target_name", "address", "agent", "request_id",
    "data", "personal", "objects",
]  # fmt: skip


def export(member: Membership, filters: AuditFilters, format_: Format) -> StreamingHttpResponse:
    """Everything that was asked for, up to now. That it was exported is recorded before the first row leaves."""
    trail = Trail(member, filters)
    until = trail.newest_id()
    _note(member, filters, format_, count=trail.total(until=until))
    response = StreamingHttpResponse(_stream(member, filters, format_, until), content_type=format_.media_type)
    name = f"audit-{member.tenant.slug}-{timezone.now():%Y%m%d-%H%M%S}.{format_.value}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def as_dict(event: EventView) -> dict:
    """One event for a program: the same shape in REST and in JSON lines."""
    return {
        "id": event.id,
        "time": event.at.isoformat(),
        "action": event.action,
        "what": event.what,
        "outcome": event.outcome,
        "actor": {"kind": event.kind} | _person(event.who),
        "subject": _person(event.whom) if event.whom else None,
        "target": {"type": event.target_type, "id": event.target_id, "name": event.target_name},
        "origin": {"address": event.address, "agent": event.agent},
        "request_id": event.request_id,
        "data": event.data,
        "personal": event.personal,
        "objects": _objects(event),
    }


def defused(cell: object) -> str:
    """A cell that a spreadsheet would take for a formula is made text, by an apostrophe in front."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in ("\t", "\r", "\n") or text.lstrip()[:1] in FORMULA else text


@transaction.atomic
def _note(member: Membership, filters: AuditFilters, format_: Format, *, count: int) -> None:
    plain, personal = filters.recorded()
    record(
        Action.AUDIT_EXPORTED,
        member,
        Target("trail", ""),
        personal=personal,
        format=format_.value,
        events=count,
        filters=plain,
    )


async def _stream(member: Membership, filters: AuditFilters, format_: Format, until: int) -> AsyncIterator[bytes]:
    write, last = WRITERS[format_], 0
    yield write([], head=True)
    while block := await sync_to_async(_block)(member, filters, after=last, until=until):
        last = block[-1].id
        yield write(block, head=False)


def _block(member: Membership, filters: AuditFilters, *, after: int, until: int) -> list[EventView]:
    try:
        with in_tenant(member.tenant):
            return describe(Trail(member, filters).block(after=after, until=until, limit=ROWS_PER_BLOCK))
    finally:
        return_connection()  # the next block is asked for when the reader has taken this one


def _csv(block: Sequence[EventView], *, head: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    if head:
        writer.writerow(COLUMNS)
    writer.writerows([defused(cell) for cell in _cells(event)] for event in block)
    return text.getvalue().encode()


def _jsonl(block: Sequence[EventView], *, head: bool) -> bytes:
    return "".join(json.dumps(as_dict(event), ensure_ascii=False, default=str) + "\n" for event in block).encode()


WRITERS: dict[Format, Callable[..., bytes]] = {Format.CSV: _csv, Format.JSONL: _jsonl}


def _cells(event: EventView) -> list[object]:
    whom = event.whom
    return [
        event.id, event.at.isoformat(), event.action, event.what, event.outcome, event.kind, event.who.id,
        event.who.name, event.who.email, whom.id if whom else "", whom.name if whom else "",
        whom.email if whom else "", event.target_type, event.target_id, event.target_name, event.address, event.agent,
        event.request_id, _json(event.data), _json(event.personal), _json(_objects(event)),
    ]  # fmt: skip


def _objects(event: EventView) -> list[dict]:
    return [{"relation": o.relation, "type": o.type, "id": str(o.id), "name": o.name} for o in event.objects]


def _json(value: dict | list | None) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if value else ""


def _person(person: Person) -> dict:
    return {"id": str(person.id) if person.id else None, "name": person.name, "email": person.email}
