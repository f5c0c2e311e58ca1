"""The objects of an event besides its target: the documents that were quoted, shown or changed.

Stored as rows of their own (audit/models/event_object.py), so that "who has read this document?" is one look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction

from audit.models import AuditEvent, EventObject

DOCUMENT = "document"
ROWS_PER_STATEMENT = 150  # rows of a statement; SQLite may take 999 values
_INSERT = "INSERT INTO audit_eventobject (tenant_id, event_id, relation, object_type, object_id)"
_PLACES = "(%s, %s, %s, %s, %s)"


class Relation(StrEnum):
    """What an event has to do with one of its objects. The strongest comes first."""

    CHANGED = "changed"
    QUOTED = "quoted"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    relation: str
    type: str
    id: UUID


def document_refs(relation: Relation, ids: Iterable[UUID | str]) -> tuple[ObjectRef, ...]:
    """Each document once."""
    unique = {each if isinstance(each, UUID) else UUID(each) for each in ids}
    return tuple(ObjectRef(relation.value, DOCUMENT, each) for each in unique)


def quoted_and_shown(quoted: Iterable[UUID | str], shown: Iterable[UUID | str]) -> tuple[ObjectRef, ...]:
    """A document that was quoted is not listed again as shown."""
    first = document_refs(Relation.QUOTED, quoted)
    quoted_ids = {each.id for each in first}
    return first + tuple(each for each in document_refs(Relation.SHOWN, shown) if each.id not in quoted_ids)


def in_order(refs: Iterable[ObjectRef]) -> list[ObjectRef]:
    """Each once, in the one order in which they are stored, exported and can be committed to."""
    return sorted(set(refs))


def insert_event(event: AuditEvent, refs: Iterable[ObjectRef]) -> None:
    """Stores an event with its objects: one statement on PostgreSQL, where each costs a round trip, and one transaction.

    Written by hand, since this is on the path of every search: with ten objects 0.15 ms more than an event without any
    on SQLite, 0.6 ms more through models.
    """
    ordered = in_order(refs)
    fields = [field for field in AuditEvent._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    insert = f"INSERT INTO audit_auditevent ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            event.pk = _insert_in_one_statement(cursor, insert, values, ordered)
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert, values)
            event.pk = cursor.lastrowid
            _insert_objects(cursor, event, ordered)
    event._state.adding, event._state.db = False, connection.alias


def rows_for(event: AuditEvent, refs: Iterable[ObjectRef]) -> list[EventObject]:
    """The rows of a stored event, not stored yet themselves."""
    return [
        EventObject(
            tenant_id=event.tenant_id,
            event_id=event.pk,
            relation=each.relation,
            object_type=each.type,
            object_id=each.id,
        )
        for each in in_order(refs)
    ]


def _insert_in_one_statement(cursor, insert: str, values: list[object], refs: Sequence[ObjectRef]) -> int:
    cursor.execute(
        f"WITH event AS ({insert} RETURNING id, tenant_id), "  # noqa: S608
        f"objects AS ({_INSERT} SELECT event.tenant_id, event.id, o.relation, o.object_type, o.object_id "
        "FROM event, unnest(%s::text[], %s::text[], %s::uuid[]) AS o (relation, object_type, object_id)) "
        "SELECT id FROM event",
        [*values, [r.relation for r in refs], [r.type for r in refs], [r.id for r in refs]],
    )
    return cursor.fetchone()[0]


def _insert_objects(cursor, event: AuditEvent, refs: Sequence[ObjectRef]) -> None:
    field = EventObject._meta.get_field("object_id")
    tenant = field.get_db_prep_save(event.tenant_id, connection)
    for start in range(0, len(refs), ROWS_PER_STATEMENT):
        batch, values = refs[start : start + ROWS_PER_STATEMENT], []
        for each in batch:
            values += [tenant, event.pk, each.relation, each.type, field.get_db_prep_save(each.id, connection)]
        cursor.execute(f"{_INSERT} VALUES {', '.join([_PLACES] * len(batch))}", values)
