"""Events as people and programs read them: opened, named, in words. An erased person's fields stay closed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.ledger import object_names
from audit.ledger.actions import Action
from audit.ledger.crypto import Unsealer
from audit.ledger.event_objects import Relation
from audit.models import AuditEvent, EventObject
from audit.trail import action_labels

ERASED = "Erased person"
MAX_NAMED_DOCUMENTS = 3  # documents that a row names


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID | None
    name: str
    email: str
    erased: bool = False


@dataclass(frozen=True, slots=True)
class ObjectView:
    """A document that the event quoted, showed or changed, with its present name."""

    relation: str
    type: str
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Mention:
    """What became of some of an event's documents, as a sentence whose subjects are links: "A and B were shown in …"."""

    objects: tuple[ObjectView, ...]
    more: int  # documents that are not named
    words: str


@dataclass(frozen=True, slots=True)
class EventView:
    id: int
    at: datetime
    action: str
    what: str
    story: str
    outcome: str
    outcome_words: str
    kind: str  # person, key, system, nobody
    who: Person
    whom: Person | None
    on: str
    target_type: str
    target_id: str
    target_name: str
    address: str
    agent: str
    request_id: str
    data: dict[str, Any]
    personal: dict[str, Any] | None  # None: of an erased person
    objects: tuple[ObjectView, ...] = ()
    mentions: tuple[Mention, ...] = ()

    @property
    def day(self):
        return self.at.date()

    @property
    def is_person(self) -> bool:
        return self.kind in ("person", "key")


def describe(events: Sequence[AuditEvent], *, first: Collection[UUID] = ()) -> list[EventView]:
    """Events of one trail, in a fixed number of queries. `first`: documents that are named before others."""
    unsealer = Unsealer()
    asked = _asked(events)
    people = {event.actor_id for event in [*events, *asked.values()]}
    unsealer.prefetch(people | {event.subject_id for event in events if event.subject_id})
    objects = _objects(events, first)
    return [
        _describe(event, unsealer, _question(event, asked, unsealer), objects.get(event.pk, ())) for event in events
    ]


def _asked(events: Sequence[AuditEvent]) -> dict[str, AuditEvent]:
    """By the id of an answer, the event that holds its question."""
    wanted = {e.target_id for e in events if e.target_type == "answer"}
    objects = {e.target_id: e for e in events if e.action == Action.QUESTION_ASKED}
    missing = wanted - objects.keys()
    if missing:
        rows = AuditEvent.objects.filter(tenant_id=events[0].tenant_id, target_id__in=missing)
        objects |= {row.target_id: row for row in rows.filter(action=Action.QUESTION_ASKED)}
    return objects


def _question(event: AuditEvent, asked: dict[str, AuditEvent], unsealer: Unsealer) -> str:
    """The words that were asked or searched; empty where they were erased with the person."""
    if event.action == Action.SEARCH_RUN:
        return (unsealer.open(event.actor_id, event.data_sealed) or {}).get("query", "")
    source = asked.get(event.target_id) if event.target_type == "answer" else None
    if source is None:
        return ""
    return (unsealer.open(source.actor_id, source.data_sealed) or {}).get("question", "")


def _objects(events: Sequence[AuditEvent], first: Collection[UUID]) -> dict[int, tuple[ObjectView, ...]]:
    if not events:
        return {}
    tenant_id = events[0].tenant_id
    rows = list(EventObject.objects.filter(event__in=[event.pk for event in events]).order_by("event_id", "id"))
    ids: dict[str, set[UUID]] = {}
    for row in rows:
        ids.setdefault(row.object_type, set()).add(row.object_id)
    names = {kind: object_names.names_of(tenant_id, kind, wanted) for kind, wanted in ids.items()}
    objects: dict[int, list[ObjectView]] = {}
    for row in rows:
        kind = action_labels.KINDS.get(row.object_type, action_labels.label(row.object_type))
        name = names[row.object_type].get(row.object_id, f"{kind} {str(row.object_id)[:6]}")
        objects.setdefault(row.event_id, []).append(ObjectView(row.relation, row.object_type, row.object_id, name))
    return {pk: tuple(sorted(each, key=lambda o: o.id not in first)) for pk, each in objects.items()}


def _mentions(event: AuditEvent, question: str, objects: Sequence[ObjectView]) -> Iterator[Mention]:
    """The strongest relation first; the one with a document that was asked for before that."""
    for relation in sorted(Relation, key=lambda r: next((n for n, o in enumerate(objects) if o.relation == r), 99)):
        own = [each for each in objects if each.relation == relation]
        if own:
            shown = tuple(own[:MAX_NAMED_DOCUMENTS])
            yield Mention(
                shown, len(own) - len(shown), action_labels.mention(event.action, relation, question, many=len(own) > 1)
            )


def _describe(event: AuditEvent, unsealer: Unsealer, question: str, objects: tuple[ObjectView, ...]) -> EventView:
    who = _who(event, unsealer)
    whom = _person(event.subject_id, event.subject_sealed, unsealer) if event.subject_id else None
    origin = unsealer.open(event.actor_id, event.origin_sealed) or {}
    on = _on(event, whom, question)
    return EventView(
        id=event.pk,
        at=event.occurred_at,
        action=event.action,
        what=action_labels.what(event.action),
        story=action_labels.story(event.action, who=who.name, whom=whom.name if whom else _team(event), on=on),
        outcome=event.outcome,
        outcome_words=action_labels.OUTCOMES.get(event.outcome, event.outcome),
        kind=event.actor_kind,
        who=who,
        whom=whom,
        on=on,
        target_type=event.target_type,
        target_id=event.target_id,
        target_name=event.target_name,
        address=origin.get("address", ""),
        agent=origin.get("agent", ""),
        request_id=event.request_id,
        data=event.data,
        personal=unsealer.open(event.actor_id, event.data_sealed),
        objects=objects,
        mentions=tuple(_mentions(event, question, objects)),
    )


def _who(event: AuditEvent, unsealer: Unsealer) -> Person:
    if event.actor_kind == "system":
        return Person(None, "System", "")
    if event.actor_id is None:
        return Person(None, "Unknown person", "")
    return _person(event.actor_id, event.actor_sealed, unsealer)


def _person(person_id: UUID | None, sealed: str, unsealer: Unsealer) -> Person:
    opened = unsealer.open(person_id, sealed)
    if opened is None:
        return Person(person_id, ERASED, "", erased=True)
    return Person(person_id, opened.get("name") or opened.get("email") or "Unnamed", opened.get("email", ""))


def _on(event: AuditEvent, whom: Person | None, question: str) -> str:
    if event.target_name:
        return event.target_name
    if event.target_type == "answer" or question:
        return action_labels.quoted(event.action, question)
    if event.target_type in ("member", "person") or not event.target_type:
        return whom.name if whom else ""
    kind = action_labels.KINDS.get(event.target_type, action_labels.label(event.target_type))
    return f"{kind} {event.target_id[:6]}" if event.target_id else kind


def _team(event: AuditEvent) -> str:
    return str(event.data.get("team", ""))
