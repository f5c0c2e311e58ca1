"""What the audit pages show, put together from the trail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from audit.ledger.actions import Action, Outcome
from audit.models import AuditEvent
from audit.trail import action_labels
from audit.trail.event_view import EventView, describe
from audit.trail.filters import AuditFilters
from audit.trail.queries import Trail
from tenants.models import Membership

PER_PAGE = 50
STORY_ROWS = 20  # changes, and other events of the request, that a story shows at first and with each "Show more"
MAX_SHOW_MORE_STEPS = 500  # of "Show more"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)")


@dataclass(frozen=True, slots=True)
class Chip:
    words: str
    off: str  # the query without it


@dataclass(frozen=True, slots=True)
class Preset:
    words: str
    query: str


@dataclass(frozen=True, slots=True)
class ChangedValue:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Story:
    event: EventView
    changes: tuple[ChangedValue, ...]
    facts: tuple[tuple[str, str], ...]
    around: tuple[EventView, ...]
    same_request: tuple[EventView, ...]
    more: int | None  # the next step of "Show more", where there is more to show
    newer: int | None
    older: int | None


def chips(filters: AuditFilters) -> Iterator[Chip]:
    said = {
        "q": f"“{filters.q}”",
        "person": f"Person {filters.person}",
        "document": f"Document {filters.document}",
        "action": action_labels.label(filters.action.rstrip(":"))
        if filters.action.endswith(":")
        else action_labels.what(filters.action),
        "outcome": action_labels.OUTCOMES.get(filters.outcome, ""),
    }
    for name, text in said.items():
        if getattr(filters, name):
            yield Chip(text, filters.without(name).query())
    if filters.since or filters.until:
        yield Chip(_days(filters), filters.without("since", "until").query())


def presets(today: date) -> Iterator[Preset]:
    """The searches that most people come for."""
    week, quarter = today - timedelta(days=7), today - timedelta(days=90)
    yield Preset("Refusals this week", AuditFilters(outcome=Outcome.REFUSED, since=week, looks=False).query())
    yield Preset(
        "Failed sign-ins this week", AuditFilters(action=Action.SIGN_IN_FAILED, since=week, looks=False).query()
    )
    yield Preset("Permission changes", AuditFilters(action="grant:", looks=False).query())
    yield Preset("People and roles", AuditFilters(action="member:", looks=False).query())
    yield Preset(
        "Exports in the last 90 days", AuditFilters(action=Action.AUDIT_EXPORTED, since=quarter, looks=False).query()
    )


def page(member: Membership, filters: AuditFilters, *, before: int | None = None) -> dict:
    """One page of the list, as a template wants it."""
    trail = Trail(member, filters)
    rows = trail.page(before=before, limit=PER_PAGE + 1)
    there = reverse("audit:trail", args=[member.tenant.slug])
    shown = describe(rows[:PER_PAGE], first=trail.documents)
    more = len(rows) > PER_PAGE
    return {
        "room": "audit",
        "filters": filters,
        "query": filters.query(),
        "looks_query": replace(filters, looks=not filters.looks).query(),
        "chips": list(chips(filters)),
        "presets": list(presets(timezone.now().date())),
        "events": shown,
        "next_url": f"{there}?{filters.query(before=shown[-1].id)}" if more else "",
        "newest_url": f"{there}?{filters.query()}" if before else "",
        "actions": action_choices(),
        "outcomes": [(outcome.value, action_labels.OUTCOMES[outcome.value]) for outcome in Outcome],
    }


def story(trail: Trail, event: AuditEvent, *, step: int = 0) -> Story:
    """`step` counts how often "Show more" was chosen."""
    limit = STORY_ROWS * (1 + min(step, MAX_SHOW_MORE_STEPS))
    changed = trail.changes_with(event, limit=limit + 1)
    rest, around = trail.rest_of_request(event, limit=limit + 1), trail.around(event)
    told, *others = describe([event, *around, *rest[:limit]], first=trail.documents)
    newer, older = trail.neighbours(event.pk)
    return Story(
        event=told,
        changes=tuple(_changes(event, changed[:limit])),
        facts=tuple(_facts(told)),
        around=tuple(others[: len(around)]),
        same_request=tuple(others[len(around) :]),
        more=step + 1 if max(len(changed), len(rest)) > limit and step < MAX_SHOW_MORE_STEPS else None,
        newer=newer,
        older=older,
    )


def action_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """By subject, each with everything about it first."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for action in Action:
        subject = action.value.split(":")[0]
        groups.setdefault(subject, [(f"{subject}:", f"All {action_labels.label(subject).lower()} events")])
        groups[subject].append((action.value, action_labels.what(action.value)))
    return [(action_labels.label(subject), choices) for subject, choices in sorted(groups.items())]


CODES = ("state", "mode", "reason", "code")  # whose values are words of the program


def _changes(event: AuditEvent, changed: Sequence[AuditEvent]) -> Iterator[ChangedValue]:
    """What the fields were before and after."""
    if event.action == Action.MEMBER_ROLE_CHANGED:
        yield ChangedValue("Role", event.data.get("former", ""), event.data.get("role", ""))
        return
    for row in changed:
        for field, (before, after) in sorted(row.data.get("fields", {}).items()):
            yield ChangedValue(action_labels.label(field), _value(before), _value(after))


def _facts(event: EventView) -> Iterator[tuple[str, str]]:
    for name, value in event.data.items():
        if name == "fields" and event.action == Action.RECORD_CHANGED:
            continue
        if event.action == Action.MEMBER_ROLE_CHANGED and name in ("former", "role"):
            continue
        if value not in (None, "", [], {}):
            yield action_labels.label(name), action_labels.label(value) if name in CODES else _value(value)
    for name, value in (event.personal or {}).items():
        yield action_labels.label(name), _value(value)


def _value(value: object) -> str:
    if value in (None, "", "None"):
        return "empty"
    if isinstance(value, bool) or value in ("True", "False"):
        return "yes" if value in (True, "True") else "no"
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{action_labels.label(k)}: {_value(v)}" for k, v in value.items()) or "none"
    return _moment(value) if isinstance(value, str) and MOMENT.fullmatch(value) else str(value)


def _moment(value: str) -> str:
    """A time as it is stored, as people write it. A value that only looks like one stays as it is."""
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    return f"{_day(moment)}, {moment:%H:%M:%S} UTC"


def _days(filters: AuditFilters) -> str:
    since, until = filters.since, filters.until
    if since and until:
        return f"{_day(since)}" if since == until else f"{_day(since)} to {_day(until)}"
    return f"From {_day(since)}" if since else f"Up to {_day(until)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
