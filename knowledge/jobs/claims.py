"""Who works on what. A job is a row; claiming it is a conditional update; a lease that is not renewed is lost."""

from __future__ import annotations

import os
import random
import secrets
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q

from knowledge.jobs.queue_stats import AHEAD, LONG_LEASE, now, tenants_waiting
from knowledge.models import Job, Status, Turn, Version
from knowledge.models.version import WORKING
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

LEASE = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=15)
MAX_ATTEMPTS = 5
# Then three times as long each time: the fifth attempt is some four minutes on
FIRST_RETRY_DELAY = timedelta(seconds=5)
OUTAGE_RETRY_DELAY = timedelta(seconds=30)
MAX_RETRY_DELAY = timedelta(minutes=10)
MAX_OUTAGE_RETRIES = 200  # more than a day of an index, a model or a disk that is out of order
JITTER = 0.3
MAX_CLAIM_ATTEMPTS = 5  # at what waits, while others are faster


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one version, as long as the lease is renewed."""

    job_id: UUID
    tenant_id: UUID
    version_id: UUID
    attempt: int
    holder: str
    suspect: bool = (
        False  # a worker died with it: it is read alone, so that a second death costs nobody else an attempt
    )
    held_up: int = 0

    @property
    def tenant(self) -> Tenant:
        """For `in_tenant`, which asks for its key alone."""
        return Tenant(pk=self.tenant_id)


def holder_name() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def claim_next(holder: str, *, limit: int = 1, up_to: int = Job.Priority.BULK) -> list[Claim]:
    """The next jobs by priority and, within it, by turns between tenants. Empty: nothing is due.

    `up_to` is the last priority that is taken: what serves people alone leaves imports to others.
    """
    for _ in range(MAX_CLAIM_ATTEMPTS):
        due = [(priority, tenant, count) for tenant, priority, count in tenants_waiting() if priority <= up_to]
        if not due:
            return []
        first = min(priority for priority, _, _ in due)
        waiting = {tenant: count for priority, tenant, count in due if priority == first}
        served = dict(Turn.objects.filter(tenant__in=waiting).values_list("tenant_id", "served"))
        claims: list[Claim] = []
        for tenant_id, share in shares(waiting, served, limit).items():
            claims += _take(tenant_id, first, share, holder)
        if claims:
            return claims
        # Other workers were faster: look again.
    return []


def shares(waiting: dict[UUID, int], served: dict[UUID, int], limit: int) -> dict[UUID, int]:
    """How many of `limit` each tenant gets: one each in turn, beginning with who was served longest ago."""
    line = sorted(waiting, key=lambda tenant: (served.get(tenant, 0), tenant.bytes))
    given = dict.fromkeys(line, 0)
    while limit and line:
        for tenant in line[:limit]:
            given[tenant] += 1
            limit -= 1
        line = [tenant for tenant in line if given[tenant] < waiting[tenant]]
    return {tenant: share for tenant, share in given.items() if share}


def _take(tenant_id: UUID, priority: int, limit: int, holder: str) -> list[Claim]:
    """Those that have waited longest. Rows that another worker is just taking are passed over."""
    with in_tenant(Tenant(pk=tenant_id)), transaction.atomic():
        jobs = Job.objects.for_tenant(tenant_id)
        due = jobs.filter(state=Job.State.WAITING, priority=priority, run_after__lte=now()).order_by("run_after")
        columns = ("pk", "version_id", "attempts", "lost", "held_up")
        chosen = list(due.select_for_update(skip_locked=True).values_list(*columns)[:limit])
        if not chosen:
            return []
        Job.objects.for_tenant_by_key(
            tenant_id, pk__in=[job[0] for job in chosen]
        ).update(  # locked, or (SQLite) everything is
            state=Job.State.RUNNING,
            attempts=F("attempts") + 1,
            lease_until=now() + LEASE,
            heartbeat_at=now(),
            claimed_by=holder,
        )
        _show(tenant_id, [job[1] for job in chosen], Status.PARSING)
        _note_turn(tenant_id)
    return [
        Claim(pk, tenant_id, version, attempts + 1, holder, suspect=lost > 0, held_up=held_up)
        for pk, version, attempts, lost, held_up in chosen
    ]


def _note_turn(tenant_id: UUID) -> None:
    """Two workers may count the same number, which does no harm."""
    last = Turn.objects.aggregate(last=Max("served"))["last"] or 0
    Turn.objects.bulk_create(
        [Turn(tenant_id=tenant_id, served=last + 1)],
        update_conflicts=True,
        unique_fields=["tenant"],
        update_fields=["served"],
    )


def renew(claims: Iterable[Claim]) -> None:
    for tenant, mine in _by_tenant(claims):
        with in_tenant(tenant):
            _held(mine).update(heartbeat_at=now(), lease_until=now() + LEASE)


def still_held(claims: Iterable[Claim], *, until_commit: bool = False) -> set[UUID]:
    """The ids of those jobs that are still ours; `until_commit`: and that stay ours in the caller's transaction."""
    held: set[UUID] = set()
    for tenant, mine in _by_tenant(claims):
        with in_tenant(tenant):
            rows = _held(mine).order_by("pk")
            held |= set((rows.select_for_update() if until_commit else rows).values_list("pk", flat=True))
    return held


def finish(claims: Iterable[Claim], state: str = Job.State.DONE) -> int:
    """In the caller's transaction: how many were still ours. The work of one that was not may not be kept."""
    return sum(
        _held(mine).update(state=state, finished_at=now(), lease_until=None, held_up=0)
        for _, mine in _by_tenant(claims)
    )


def postpone(claim: Claim, *, lost: bool = False) -> bool:
    """Try again later, longer each time and not all at once. False when it has been tried often enough."""
    if claim.attempt >= MAX_ATTEMPTS:
        return False
    with in_tenant(claim.tenant), transaction.atomic():
        _postpone(claim, FIRST_RETRY_DELAY * 3 ** (claim.attempt - 1), **({"lost": F("lost") + 1} if lost else {}))
    return True


def hold_up(claim: Claim) -> bool:
    """Try again when what stopped it, which was not the file, may be over. It does not count as an attempt."""
    if claim.held_up >= MAX_OUTAGE_RETRIES:
        return False
    with in_tenant(claim.tenant), transaction.atomic():
        wait = min(OUTAGE_RETRY_DELAY * 1.5 ** min(claim.held_up, 20), MAX_RETRY_DELAY)
        _postpone(claim, wait, attempts=F("attempts") - 1, held_up=F("held_up") + 1)
    return True


def return_to_queue(claims: Iterable[Claim]) -> None:
    """Undone work of a worker that leaves in order: as if it had never been claimed."""
    for tenant, mine in _by_tenant(claims):
        with in_tenant(tenant), transaction.atomic():
            returned = still_held(mine, until_commit=True)
            _held(mine).update(state=Job.State.WAITING, attempts=F("attempts") - 1, lease_until=None)
            _show(tenant.pk, [claim.version_id for claim in mine if claim.job_id in returned], Status.QUEUED)


def release_lost(tenant: Tenant) -> list[Claim]:
    """Work whose worker died goes back into the queue. Given back: what has lost its worker too often for that."""
    given_up = []
    with in_tenant(tenant), transaction.atomic():
        jobs = Job.objects.for_tenant(tenant)
        lost = jobs.filter(
            Q(lease_until__lt=now()) | Q(lease_until__gt=now() + LONG_LEASE), state=Job.State.RUNNING
        ).select_for_update(skip_locked=True)
        for pk, version_id, attempts, holder in list(lost.values_list("pk", "version_id", "attempts", "claimed_by")):
            claim = Claim(pk, tenant.pk, version_id, attempts, holder)
            if not postpone(claim, lost=True):
                given_up.append(claim)
        # A clock that went back leaves times that nobody set: due at once.
        jobs.filter(state=Job.State.WAITING, run_after__gt=now() + AHEAD).update(run_after=now())
    return given_up


def _postpone(claim: Claim, wait: timedelta, **changes) -> None:
    wait *= 1 + random.uniform(-JITTER, JITTER)  # noqa: S311 (no secret)
    if _held([claim]).update(state=Job.State.WAITING, run_after=now() + wait, lease_until=None, **changes):
        _show(claim.tenant_id, [claim.version_id], Status.QUEUED)


def _by_tenant(claims: Iterable[Claim]) -> Iterator[tuple[Tenant, list[Claim]]]:
    by_tenant: dict[UUID, list[Claim]] = {}
    for claim in claims:
        by_tenant.setdefault(claim.tenant_id, []).append(claim)
    for mine in by_tenant.values():
        yield mine[0].tenant, mine


def _held(claims: list[Claim]):
    """One tenant's."""
    mine = Job.objects.for_tenant_by_key(claims[0].tenant_id, pk__in=[claim.job_id for claim in claims])
    return mine.filter(state=Job.State.RUNNING, claimed_by=claims[0].holder)


def _show(tenant_id: UUID, version_ids: list[UUID], status: str) -> None:
    versions = Version.objects.for_tenant_by_key(tenant_id, pk__in=version_ids)
    versions.filter(status__in=WORKING).update(status=status, progress_done=0, progress_total=0)
