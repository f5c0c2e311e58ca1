"""The rows behind a running answer: its events, its heartbeat, and what others want of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from answers.events import Numbered
from answers.models import Answer, AnswerEvent, State
from answers.runtime.stop_signal import Why
from audit.ledger.actions import Action, Outcome
from audit.ledger.event_objects import ObjectRef, quoted_and_shown
from audit.ledger.record import record
from knowledge.permissions import access
from tenants.isolation.scope import in_tenant
from tenants.models import Membership, Tenant

HEARTBEAT_SECONDS = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Batch:
    member: Membership
    answer_id: UUID
    documents: set[UUID]
    events: Sequence[Numbered]


_beats: dict[UUID, float] = {}  # when an answer's heartbeat was last written
_versions: dict[UUID, int] = {}  # the tenant's corpus version under which an answer's documents were last checked


def save_events(batches: Iterable[Batch]) -> dict[UUID, Why]:
    """Writes the events of many answers, one transaction per tenant, and returns which of them should stop and why."""
    by_tenant: dict[UUID, list[Batch]] = {}
    for batch in batches:
        by_tenant.setdefault(batch.member.tenant_id, []).append(batch)
    wishes: dict[UUID, Why] = {}
    for own in by_tenant.values():
        with in_tenant(own[0].member.tenant):
            _write(own)
            wishes |= _wishes(own)
    return wishes


def note_version(answer_id: UUID, corpus_version: int) -> None:
    """The corpus as it was before the search: as long as it stays that, what was found may be read."""
    _versions[answer_id] = corpus_version


def version_of(answer_id: UUID) -> int | None:
    return _versions.get(answer_id)


def corpus_has_changed(answer_id: UUID, tenant_id: UUID) -> bool:
    """Whether visibility or content changed since this answer's documents were last found or checked."""
    return _versions.get(answer_id) != Tenant.objects.values_list("corpus_version", flat=True).get(pk=tenant_id)


def events_from_rows(rows: Iterable[AnswerEvent], after: int = 0) -> list[Numbered]:
    """The events that rows hold."""
    events: list[Numbered] = []
    for row in rows:
        if row.kind != "tokens":
            events.append(Numbered(row.number, row.kind, row.data))
            continue
        first = row.number - len(row.data["pieces"]) + 1
        events += [Numbered(first + at, "token", {"text": piece}) for at, piece in enumerate(row.data["pieces"])]
    return [event for event in events if event.number > after]


def _rows(batch: Batch) -> Iterator[AnswerEvent]:
    """Words that follow each other share a row, which has the number of the last one: SQLite writes rows, not words."""
    own = {"tenant_id": batch.member.tenant_id, "answer_id": batch.answer_id}
    for words, events in groupby(batch.events, key=lambda event: event.kind == "token"):
        if words:
            batch_events = list(events)
            pieces = [event.data["text"] for event in batch_events]
            yield AnswerEvent(**own, number=batch_events[-1].number, kind="tokens", data={"pieces": pieces})
        else:
            for event in events:
                yield AnswerEvent(**own, number=event.number, kind=event.kind, data=event.data)


def _write(batches: Sequence[Batch]) -> None:
    tenant_id, ids = batches[0].member.tenant_id, [batch.answer_id for batch in batches]
    rows = [row for batch in batches for row in _rows(batch)]
    now = timezone.now()
    stale = [each for each in ids if now.timestamp() - _beats.get(each, 0) > HEARTBEAT_SECONDS]
    if not rows and not stale:
        return
    with transaction.atomic():
        # A conversation may have been removed meanwhile; its events go with it.
        written = Answer.objects.for_tenant(tenant_id).filter(pk__in=ids).order_by("pk")
        alive = set(written.select_for_update(no_key=True).values_list("pk", flat=True))
        AnswerEvent.objects.bulk_create([row for row in rows if row.answer_id in alive], ignore_conflicts=True)
        running = Answer.objects.for_tenant(tenant_id).filter(pk__in=stale, state=State.RUNNING)
        running.update(heartbeat_at=now)
    for each in stale:
        _beats[each] = now.timestamp()
    for memory in (_beats, _versions):
        while len(memory) > 1000:
            memory.pop(next(iter(memory)))


def _wishes(batches: Sequence[Batch]) -> dict[UUID, Why]:
    tenant_id = batches[0].member.tenant_id
    ids = [batch.answer_id for batch in batches]
    stopped = Answer.objects.for_tenant(tenant_id).filter(pk__in=ids, stop_requested_at__isnull=False)
    wishes = dict.fromkeys(stopped.values_list("pk", flat=True), Why.READER)
    version = Tenant.objects.values_list("corpus_version", flat=True).get(pk=tenant_id)
    for batch in batches:
        if not batch.documents or _versions.get(batch.answer_id) == version:
            continue
        if access.still_readable(batch.member, batch.documents) != batch.documents:
            wishes[batch.answer_id] = Why.RIGHTS
        _versions[batch.answer_id] = version
    return wishes


def give_up(member: Membership, answer_id: UUID, message: str) -> Answer | None:
    """Marks a running answer as failed, and returns it as it is kept: one whose ending had been kept, before the word
    of that got lost, stays as it ended. None when it is not there any more."""
    with in_tenant(member.tenant), transaction.atomic():
        answer = Answer.objects.visible_to(member).filter(pk=answer_id).first()
        if answer is None:
            return None
        running = Answer.objects.for_tenant(member.tenant_id).filter(pk=answer_id, state=State.RUNNING)
        ended = running.update(
            state=State.FAILED, error_code="error", error_message=message, finished_at=timezone.now()
        )
        if ended:
            record(
                Action.QUESTION_ANSWERED,
                member,
                answer,
                outcome=Outcome.FAILED,
                objects=_documents_of(answer),
                state="failed",
                code="error",
            )
        answer.refresh_from_db()
        return answer


def _documents_of(answer: Answer) -> tuple[ObjectRef, ...]:
    """The documents that its follower was told of so far."""
    rows = AnswerEvent.objects.for_tenant(answer.tenant_id).filter(answer=answer, kind__in=("citation", "sources"))
    events = list(rows.values_list("kind", "data"))
    return quoted_and_shown(
        (data["document_id"] for kind, data in events if kind == "citation"),
        (each["document_id"] for kind, data in events if kind == "sources" for each in data["read"]),
    )
