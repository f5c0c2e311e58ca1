"""Reading the trail of one tenant, quickly however long it is: along an index, a page at a time, never by offset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet

from audit.actions import Action
from audit.filters import Filters
from audit.models import AuditEvent
from tenants.models import Membership

PEOPLE_LIMIT = 20  # so many people may one name or address mean
COUNT_LIMIT = 10_000  # beyond this a count is "more than"
SKEW = 100  # events around midnight that are looked at one by one, since clocks and ids may differ by moments


@dataclass(frozen=True, slots=True)
class Counted:
    events: int
    people: int
    documents: int
    more: bool  # there are more than were counted


class Trail:
    """What one auditor asked for."""

    def __init__(self, member: Membership, filters: Filters) -> None:
        self.tenant_id = member.tenant_id
        self.filters = filters
        self._first, self._end = self._bounds()
        self._branches = self._branch(member)

    def page(self, *, before: int | None = None, limit: int) -> list[AuditEvent]:
        """The newest first."""
        return self._collect(limit, "-id", Q(id__lt=before) if before else Q())

    def block(self, *, after: int, until: int, limit: int) -> list[AuditEvent]:
        """The oldest first, for an export: up to the event that was the last when it began."""
        return self._collect(limit, "id", Q(id__gt=after, id__lte=until))

    def newest_id(self) -> int:
        return self._mine().aggregate(last=Max("id"))["last"] or 0

    def event(self, event_id: int) -> AuditEvent | None:
        return self._mine().filter(pk=event_id).first()

    def neighbours(self, event_id: int) -> tuple[int | None, int | None]:
        """The next newer and the next older event in what was asked for."""
        newer = self._collect(1, "id", Q(id__gt=event_id))
        older = self._collect(1, "-id", Q(id__lt=event_id))
        return (newer[0].pk if newer else None, older[0].pk if older else None)

    def around(self, event: AuditEvent, *, each: int = 3) -> list[AuditEvent]:
        """What the same person did and what happened to the same thing, in order."""
        same = Q(actor_id=event.actor_id) if event.actor_id else None
        thing = Q(target_id=event.target_id) if event.target_id else None
        rest = self._mine().exclude(action=Action.AUDIT_READ).exclude(pk=event.pk)
        found = {event.pk: event}
        for by in (same, thing):
            if by is not None:
                for row in [*rest.filter(by, id__lt=event.pk).order_by("-id")[:each]]:
                    found[row.pk] = row
                for row in [*rest.filter(by, id__gt=event.pk).order_by("id")[:each]]:
                    found[row.pk] = row
        return [found[pk] for pk in sorted(found)]

    def changes_with(self, event: AuditEvent, *, limit: int) -> list[AuditEvent]:
        """The field changes of the same target in the same request, in order.

        By target as well, since an id of a request says little: a proxy may repeat one, and older rows may hold ids that
        a client chose.
        """
        if not (event.request_id and event.target_id):
            return [event] if event.action == Action.RECORD_CHANGED else []
        same = self._mine().filter(request_id=event.request_id, target_id=event.target_id)
        return list(same.filter(action=Action.RECORD_CHANGED).order_by("id")[:limit])

    def rest_of_request(self, event: AuditEvent, *, limit: int) -> list[AuditEvent]:
        """The other events of the same request, in order."""
        if not event.request_id:
            return []
        others = self._mine().filter(request_id=event.request_id).exclude(pk=event.pk)
        return list(others.exclude(action=Action.AUDIT_READ).order_by("id")[:limit])

    def count(self, *, limit: int = COUNT_LIMIT) -> Counted:
        found = self._narrowed().order_by("-id").values_list("id", "actor_id", "target_type", "target_id")
        rows = {row[0]: row for branch in self._branches for row in found.filter(branch)[: limit + 1]}
        shown = [rows[pk] for pk in sorted(rows, reverse=True)[:limit]]
        return Counted(
            events=len(shown),
            people=len({actor for _, actor, _, _ in shown if actor}),
            documents=len({target for _, _, kind, target in shown if kind == "document"}),
            more=len(rows) > limit,
        )

    def total(self, *, until: int) -> int:
        """Exactly how many events an export will hold."""
        within = self._narrowed().filter(id__lte=until)
        if len(self._branches) == 1:
            return within.filter(self._branches[0]).count()
        ids: set[int] = set()
        for branch in self._branches:
            ids.update(within.filter(branch).values_list("id", flat=True).iterator(chunk_size=5000))
        return len(ids)

    def _mine(self) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(tenant_id=self.tenant_id)

    def _narrowed(self) -> QuerySet[AuditEvent]:
        wanted, found = self.filters, self._mine()
        if not wanted.looks and wanted.action != Action.AUDIT_READ:
            found = found.exclude(action=Action.AUDIT_READ)
        if wanted.action.endswith(":") and wanted.person:
            found = found.filter(action__in=_actions_of(wanted.action))
        elif wanted.action and not wanted.action.endswith(":"):
            found = found.filter(action=wanted.action)
        if wanted.outcome:
            found = found.filter(outcome=wanted.outcome)
        if wanted.q:
            found = found.filter(target_name__icontains=wanted.q)
        if wanted.document:
            found = found.filter(_document(wanted.document))
        if self._first is not None:
            found = found.filter(id__gte=self._first)
        if self._end is not None:
            found = found.filter(id__lte=self._end)
        return found

    def _branch(self, member: Membership) -> list[Q]:
        """Where one index cannot serve, several are walked, each by itself, and merged: a person acted or was acted
        upon, and a subject has many actions."""
        if self.filters.person:
            people = people_called(self.filters.person, member)
            return [Q(**{role: person}) for person in people for role in ("actor_id", "subject_id")]
        if self.filters.action.endswith(":"):
            return [Q(action=action) for action in _actions_of(self.filters.action)]
        return [Q()]

    def _bounds(self) -> tuple[int | None, int | None]:
        """Days as ids: ids rise with time, so the index by id serves both."""
        begin, end = self.filters.begin, self.filters.end
        first = last = None
        if begin:
            rows = self._mine().filter(occurred_at__gte=begin).order_by("occurred_at").values("id")[:SKEW]
            first = AuditEvent.objects.filter(id__in=rows).aggregate(at=Min("id"))["at"] or 2**62
        if end:
            rows = self._mine().filter(occurred_at__lt=end).order_by("-occurred_at").values("id")[:SKEW]
            last = AuditEvent.objects.filter(id__in=rows).aggregate(at=Max("id"))["at"] or 0
        return first, last

    def _collect(self, limit: int, order: str, within: Q) -> list[AuditEvent]:
        found = self._narrowed().filter(within).order_by(order)
        enough = limit + (SKEW if self.filters.begin or self.filters.end else 0)
        if len(self._branches) == 1:
            rows = list(found.filter(self._branches[0])[:enough])
        else:  # the ids of each, which an index holds, then the rows of those that come first
            ids = {pk for branch in self._branches for pk in found.filter(branch).values_list("id", flat=True)[:enough]}
            first = sorted(ids, reverse=order.startswith("-"))[:enough]
            rows = list(self._mine().filter(id__in=first).order_by(order))
        return list(self._in_time(rows))[:limit]

    def _in_time(self, rows: list[AuditEvent]) -> Iterator[AuditEvent]:
        begin, end = self.filters.begin, self.filters.end
        for row in rows:
            if (begin is None or row.occurred_at >= begin) and (end is None or row.occurred_at < end):
                yield row


def people_called(wanted: str, member: Membership) -> list[UUID]:
    """The ids behind an id, a name or an address, of people who are or were in the company."""
    try:
        return [UUID(wanted)]
    except ValueError:
        pass
    known = Membership.objects.for_tenant(member.tenant_id)
    called = known.filter(Q(user__name__icontains=wanted) | Q(user__email__icontains=wanted))
    return list(called.order_by("user__name").values_list("user_id", flat=True)[:PEOPLE_LIMIT])


def _actions_of(subject: str) -> list[str]:
    return [action.value for action in Action if action.value.startswith(subject)]


def _document(wanted: str) -> Q:
    try:
        return Q(target_id=str(UUID(wanted)))
    except ValueError:
        return Q(target_type="document", target_name__icontains=wanted)
