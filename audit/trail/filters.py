"""What of the trail is asked for: read from an address, said again as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from audit.ledger.actions import Action, Outcome
from audit.trail import action_labels
from tenants.errors import Invalid

FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Empty fields do not narrow. Days are whole days in UTC, both included."""

    q: str = ""  # words in the name of what it was done to
    person: str = ""  # an id, or part of a name or address: whoever acted, and whom it was done to
    document: str = ""  # an id, or part of a title
    action: str = ""  # an action, or its subject with a colon: "document:"
    outcome: str = ""
    since: date | None = None
    until: date | None = None
    looks: bool = True  # with the reading of the trail itself

    @property
    def begin(self) -> datetime | None:
        return datetime.combine(self.since, time(), UTC) if self.since else None

    @property
    def end(self) -> datetime | None:
        return datetime.combine(self.until + timedelta(days=1), time(), UTC) if self.until else None

    @property
    def narrow(self) -> bool:
        return self != AuditFilters(looks=self.looks)

    def without(self, *names: str) -> AuditFilters:
        bare = AuditFilters()
        return replace(self, **{name: getattr(bare, name) for name in names})

    def query(self, **more: object) -> str:
        """As the query of an address, so that a search can be kept and passed on."""
        values = {field.name: _as_text(getattr(self, field.name)) for field in fields(self) if field.name != "looks"}
        values |= {"looks": "1"} if self.looks else {}
        return urlencode({name: value for name, value in (values | more).items() if value not in ("", None)})

    def recorded(self) -> tuple[dict, dict]:
        """For the trail: what names nobody, and what may name somebody."""
        open_ = {
            "action": self.action,
            "outcome": self.outcome,
            "since": _as_text(self.since),
            "until": _as_text(self.until),
        }
        personal = {"q": self.q, "person": self.person, "document": self.document}
        return {k: v for k, v in open_.items() if v}, {k: v for k, v in personal.items() if v}


NAMES = tuple(field.name for field in fields(AuditFilters))


def read(parameters: Mapping[str, str], *, looks: bool) -> AuditFilters:
    """`looks` is what counts where the address does not say. Raises Invalid for what cannot be meant."""
    action, outcome = parameters.get("action", "").strip(), parameters.get("outcome", "").strip()
    if action and action not in {*(a.value for a in Action), *(f"{subject}:" for subject in action_labels.SUBJECTS)}:
        raise Invalid("There is no such action.", hint="Choose one from the list.")
    if outcome and outcome not in {o.value for o in Outcome}:
        raise Invalid("The outcome must be done, refused or failed.")
    filters = AuditFilters(
        q=_text(parameters, "q"),
        person=_text(parameters, "person"),
        document=_text(parameters, "document"),
        action=action,
        outcome=outcome,
        since=_day(parameters, "since"),
        until=_day(parameters, "until"),
        looks={"1": True, "0": False}.get(parameters.get("looks", ""), looks),
    )
    if filters.since and filters.until and filters.since > filters.until:
        raise Invalid("The first day is after the last one.", hint="Swap them.", code="days_reversed")
    return filters


def read_strictly(parameters: Mapping[str, str]) -> AuditFilters:
    """For programs: what is given must have a value that can be meant. Raises Invalid."""
    for name in ("action", "outcome", "since", "until"):
        if parameters.get(name) == "":
            raise Invalid(f"“{name}” is empty.", hint="Leave it out, or give it a value.")
    if parameters.get("looks", "1") not in ("0", "1"):
        raise Invalid("“looks” is neither 0 nor 1.")
    return read(parameters, looks=True)


def _text(parameters: Mapping[str, str], name: str) -> str:
    return parameters.get(name, "").strip()[:200]


def _day(parameters: Mapping[str, str], name: str) -> date | None:
    written = parameters.get(name, "").strip()
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise Invalid(f"“{written[:30]}” is not a date.", hint="Write dates as 2026-11-20.") from None
    return min(max(day, FIRST_DAY), LAST_DAY)  # no event is outside, and time zones need room on both sides


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")
