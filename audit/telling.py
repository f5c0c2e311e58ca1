"""Events as people and programs read them: opened, named, in words. An erased person's fields stay closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit import words
from audit.crypto import Unsealer
from audit.models import AuditEvent

ERASED = "Erased person"


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID | None
    name: str
    email: str
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Told:
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

    @property
    def day(self):
        return self.at.date()

    @property
    def is_person(self) -> bool:
        return self.kind in ("person", "key")


def tell(events: Sequence[AuditEvent]) -> list[Told]:
    """One look-up of keys for all of them."""
    unsealer = Unsealer()
    unsealer.prefetch({event.actor_id for event in events} | {e.subject_id for e in events if e.subject_id})
    return [_tell(event, unsealer) for event in events]


def _tell(event: AuditEvent, unsealer: Unsealer) -> Told:
    who = _who(event, unsealer)
    whom = _person(event.subject_id, event.subject_sealed, unsealer) if event.subject_id else None
    origin = unsealer.open(event.actor_id, event.origin_sealed) or {}
    on = _on(event, whom)
    return Told(
        id=event.pk,
        at=event.occurred_at,
        action=event.action,
        what=words.what(event.action),
        story=words.story(event.action, who=who.name, whom=whom.name if whom else _team(event), on=on),
        outcome=event.outcome,
        outcome_words=words.OUTCOMES.get(event.outcome, event.outcome),
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
    )


def _who(event: AuditEvent, unsealer: Unsealer) -> Person:
    if event.actor_kind == "system":
        return Person(None, "System", "")
    if event.actor_id is None:
        return Person(None, "Somebody unknown", "")
    return _person(event.actor_id, event.actor_sealed, unsealer)


def _person(person_id: UUID | None, sealed: str, unsealer: Unsealer) -> Person:
    opened = unsealer.open(person_id, sealed)
    if opened is None:
        return Person(person_id, ERASED, "", erased=True)
    return Person(person_id, opened.get("name") or opened.get("email") or "Unnamed", opened.get("email", ""))


def _on(event: AuditEvent, whom: Person | None) -> str:
    if event.target_name:
        return event.target_name
    if event.target_type in ("member", "person") or not event.target_type:
        return whom.name if whom else ""
    kind = words.KINDS.get(event.target_type, words.label(event.target_type))
    return f"{kind} {event.target_id[:6]}" if event.target_id else kind


def _team(event: AuditEvent) -> str:
    return str(event.data.get("team", ""))
