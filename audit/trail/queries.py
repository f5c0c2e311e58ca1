"""Reading the trail of one tenant, quickly however long it is: along an index, a page at a time, never by offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet

from audit.ledger.actions import Action
from audit.ledger.event_objects import DOCUMENT, Relation
from audit.ledger.object_names import ids_called
from audit.models import AuditEvent, EventObject
from audit.trail.filters import AuditFilters
from tenants.models import Membership

PEOPLE_LIMIT = 20  # so many people may one name or address mean
COUNT_LIMIT = 10_000  # beyond this a count is "more than"
# Events around midnight that are looked at one by one, since clocks and ids may differ by moments
MAX_CLOCK_SKEW_EVENTS = 100


@dataclass(frozen=True, slots=True)
class Counted:
    events: int
    people: int
    documents: int
    more: bool  # there are more than were counted


@dataclass(frozen=True, slots=True)
class Branch:
    """Events that one index leads to: by columns of their own, or by one of their objects."""

    where: Q = field(default_factory=Q)
    object_id: UUID | None = None


class Trail:
    """What one auditor asked for."""

    def __init__(self, member: Membership, filters: AuditFilters) -> None:
        self.tenant_id = member.tenant_id
        self.filters = filters
        self._first, self._end = self._bounds()
        self.documents = self._documents()  # that the filter means, by id or title
        self._people = people_called(filters.person, member) if filters.person else []
        self._branches = self._branch()

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
        names = ("id", "actor_id", "target_type", "target_id")
        rows = {
            row[0]: row for branch in self._branches for row in self._rows(branch, Q(), "-id", limit + 1, names=names)
        }
        shown = [rows[pk] for pk in sorted(rows, reverse=True)[:limit]]
        return Counted(
            events=len(shown),
            people=len({actor for _, actor, _, _ in shown if actor}),
            documents=len({target for _, _, kind, target in shown if kind == "document"}),
            more=len(rows) > limit,
        )

    def total(self, *, until: int) -> int:
        """Exactly how many events an export will hold."""
        within = Q(id__lte=until)
        if self._is_simple:
            return self._narrowed().filter(within, self._branches[0].where).count()
        ids: set[int] = set()
        for branch in self._branches:
            ids.update(pk for (pk,) in self._rows(branch, within, "id", None, names=("id",)).iterator(chunk_size=5000))
        return len(ids)

    def _mine(self) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(tenant_id=self.tenant_id)

    def _narrowed(self) -> QuerySet[AuditEvent]:
        return self._mine().filter(self._conditions())

    def _conditions(self) -> Q:
        """What holds for every branch."""
        filters, found = self.filters, Q()
        if not filters.looks and filters.action != Action.AUDIT_READ:
            found &= ~Q(action=Action.AUDIT_READ)
        if filters.action.endswith(":") and (filters.person or filters.document):
            found &= Q(action__in=_actions_of(filters.action))
        elif filters.action and not filters.action.endswith(":"):
            found &= Q(action=filters.action)
        if filters.outcome:
            found &= Q(outcome=filters.outcome)
        if filters.q:
            found &= Q(target_name__icontains=filters.q)
        if self._first is not None:
            found &= Q(id__gte=self._first)
        if self._end is not None:
            found &= Q(id__lte=self._end)
        return found

    def _branch(self) -> list[Branch]:
        """Where one index cannot serve, several are walked, each by itself, and merged: a person acted or was acted
        upon, a subject has many actions, a document is the target of an event or one of its objects."""
        filters = self.filters
        people = [Q(**{role: person}) for person in self._people for role in ("actor_id", "subject_id")]
        if filters.document:
            anybody = Q(actor_id__in=self._people) | Q(subject_id__in=self._people) if filters.person else Q()
            objects = [Branch(anybody, document) for document in self.documents]
            if _is_id(filters.document):
                return [Branch(Q(target_id=str(UUID(filters.document))) & anybody), *objects]
            named = Q(target_type="document", target_name__icontains=filters.document)
            return [Branch(named & each) for each in (people if filters.person else [Q()])] + objects
        if filters.person:
            return [Branch(each) for each in people]
        if filters.action.endswith(":"):
            return [Branch(Q(action=action)) for action in _actions_of(filters.action)]
        return [Branch()]

    @property
    def _is_simple(self) -> bool:
        return len(self._branches) == 1 and self._branches[0].object_id is None

    def _documents(self) -> list[UUID]:
        filters = self.filters.document
        if not filters:
            return []
        return [UUID(filters)] if _is_id(filters) else ids_called(self.tenant_id, DOCUMENT, filters)

    def _rows(self, branch: Branch, within: Q, order: str, limit: int | None, *, names: Sequence[str]) -> QuerySet:
        """Columns of the branch's events, along its index. An event may come once for each of its relations."""
        conditions = self._conditions() & branch.where & within
        if branch.object_id is None:
            return self._mine().filter(conditions).order_by(order).values_list(*names)[:limit]
        mine = EventObject.objects.filter(tenant_id=self.tenant_id, object_id=branch.object_id)
        found = mine.filter(_prefixed(conditions)).order_by(order.replace("id", "event_id"))
        most = None if limit is None else limit * len(Relation)
        return found.values_list(*(f"event__{name}" for name in names))[:most]

    def _bounds(self) -> tuple[int | None, int | None]:
        """Days as ids: ids rise with time, so the index by id serves both."""
        begin, end = self.filters.begin, self.filters.end
        first = last = None
        if begin:
            rows = (
                self._mine().filter(occurred_at__gte=begin).order_by("occurred_at").values("id")[:MAX_CLOCK_SKEW_EVENTS]
            )
            first = AuditEvent.objects.filter(id__in=rows).aggregate(at=Min("id"))["at"] or 2**62
        if end:
            rows = (
                self._mine().filter(occurred_at__lt=end).order_by("-occurred_at").values("id")[:MAX_CLOCK_SKEW_EVENTS]
            )
            last = AuditEvent.objects.filter(id__in=rows).aggregate(at=Max("id"))["at"] or 0
        return first, last

    def _collect(self, limit: int, order: str, within: Q) -> list[AuditEvent]:
        enough = limit + (MAX_CLOCK_SKEW_EVENTS if self.filters.begin or self.filters.end else 0)
        if self._is_simple:
            rows = list(self._narrowed().filter(within, self._branches[0].where).order_by(order)[:enough])
        else:  # the ids of each, which an index holds, then the rows of those that come first
            ids = {pk for each in self._branches for (pk,) in self._rows(each, within, order, enough, names=("id",))}
            first = sorted(ids, reverse=order.startswith("-"))[:enough]
            rows = list(self._mine().filter(id__in=first).order_by(order))
        return list(self._in_time(rows))[:limit]

    def _in_time(self, rows: list[AuditEvent]) -> Iterator[AuditEvent]:
        begin, end = self.filters.begin, self.filters.end
        for row in rows:
            if (begin is None or row.occurred_at >= begin) and (end is None or row.occurred_at < end):
                yield row


def people_called(text: str, member: Membership) -> list[UUID]:
    """The ids behind an id, a name or an address, of people who are or were in the company."""
    try:
        return [UUID(text)]
    except ValueError:
        pass
    members = Membership.objects.for_tenant(member.tenant_id)
    called = members.filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))
    return list(called.order_by("user__name").values_list("user_id", flat=True)[:PEOPLE_LIMIT])


def _actions_of(subject: str) -> list[str]:
    return [action.value for action in Action if action.value.startswith(subject)]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _prefixed(condition: Q) -> Q:
    """A condition on events as one on the rows of their objects."""
    children = [
        _prefixed(each) if isinstance(each, Q) else (f"event__{each[0]}", each[1]) for each in condition.children
    ]
    return Q(*children, _connector=condition.connector, _negated=condition.negated)
