"""Who works on what. A job is a row; claiming it is a conditional update; a lease that is not renewed is lost."""

from __future__ import annotations

import os
import random
import secrets
import socket
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from knowledge.models import Job, Status, Version
from knowledge.models.version import WORKING

LEASE = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=15)
MAX_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=5)  # then three times as long each time, so the fifth attempt is some ten minutes on
JITTER = 0.3
EVERY_TENANT = "the queue is one for all tenants, who take turns in it"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one version, as long as the lease is renewed."""

    job_id: UUID
    tenant_id: UUID
    version_id: UUID
    attempt: int
    holder: str


class Turns:
    """Tenants take turns: of those who wait, the one that was served longest ago comes next."""

    def __init__(self) -> None:
        self._served: dict[UUID, int] = {}
        self._count = 0

    def next(self, waiting: list[UUID]) -> UUID:
        chosen = min(waiting, key=lambda tenant: (self._served.get(tenant, 0), tenant.bytes))
        self._count += 1
        self._served[chosen] = self._count
        return chosen


def holder_name() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def claim_next(holder: str, turns: Turns, *, most: int = 1) -> list[Claim]:
    """The next jobs by priority and, within it, by turns between tenants. Empty: nothing is due."""
    while True:
        due = _jobs().filter(state=Job.State.WAITING, run_after__lte=timezone.now())
        first = due.order_by("priority").values_list("priority", flat=True).first()
        if first is None:
            return []
        chosen = _by_turns(due.filter(priority=first), turns, most)
        if chosen and (claims := _take(chosen, holder)):
            return claims
        # Another worker was faster: look again.


def _by_turns(due, turns: Turns, most: int) -> list[tuple]:
    """(job, tenant, version, attempts) of up to `most`, oldest first within a tenant."""
    columns = ("pk", "tenant_id", "version_id", "attempts")
    waiting = {
        tenant: deque(due.filter(tenant_id=tenant).order_by("created_at").values_list(*columns)[:most])
        for tenant in due.values_list("tenant_id", flat=True).distinct()
    }
    chosen = []
    while len(chosen) < most and (having := [tenant for tenant, jobs in waiting.items() if jobs]):
        chosen.append(waiting[turns.next(having)].popleft())
    return chosen


@transaction.atomic
def _take(chosen: list[tuple], holder: str) -> list[Claim]:
    now = timezone.now()
    wanted = _jobs().filter(pk__in=[job[0] for job in chosen])
    taken = wanted.filter(state=Job.State.WAITING).update(
        state=Job.State.RUNNING,
        attempts=F("attempts") + 1,
        lease_until=now + LEASE,
        heartbeat_at=now,
        claimed_by=holder,
    )
    if not taken:
        return []
    if taken < len(chosen):
        mine = set(wanted.filter(state=Job.State.RUNNING, claimed_by=holder).values_list("pk", flat=True))
        chosen = [job for job in chosen if job[0] in mine]
    _versions([job[2] for job in chosen]).update(status=Status.PARSING, progress_done=0, progress_total=0)
    return [Claim(pk, tenant, version, attempts + 1, holder) for pk, tenant, version, attempts in chosen]


def renew(claims: list[Claim]) -> None:
    if claims:
        now = timezone.now()
        _held(claims).update(heartbeat_at=now, lease_until=now + LEASE)


def still_held(claims: list[Claim]) -> set[UUID]:
    """The ids of those jobs that are still ours."""
    return set(_held(claims).values_list("pk", flat=True)) if claims else set()


def finish(claims: list[Claim], state: str = Job.State.DONE) -> int:
    """In the caller's transaction: how many were still ours. The work of one that was not may not be kept."""
    if not claims:
        return 0
    return _held(claims).update(state=state, finished_at=timezone.now(), lease_until=None)


def postpone(claim: Claim) -> bool:
    """Try again later, longer each time and not all at once. False when it has been tried often enough."""
    if claim.attempt >= MAX_ATTEMPTS:
        return False
    wait = FIRST_WAIT * 3 ** (claim.attempt - 1) * (1 + random.uniform(-JITTER, JITTER))  # noqa: S311 (no secret)
    with transaction.atomic():
        if _held([claim]).update(state=Job.State.WAITING, run_after=timezone.now() + wait, lease_until=None):
            _show_queued([claim.version_id])
    return True


def give_back(claims: list[Claim]) -> None:
    """Undone work of a worker that leaves in order: as if it had never been claimed."""
    for claim in claims:
        with transaction.atomic():
            if _held([claim]).update(state=Job.State.WAITING, attempts=F("attempts") - 1, lease_until=None):
                _show_queued([claim.version_id])


def release_lost() -> list[Claim]:
    """Work whose worker died goes back into the queue. Given back: what has lost its worker too often for that."""
    given_up = []
    lost = list(
        _jobs()
        .filter(state=Job.State.RUNNING, lease_until__lt=timezone.now())
        .values_list("pk", "tenant_id", "version_id", "attempts", "claimed_by")
    )
    for pk, tenant_id, version_id, attempts, holder in lost:
        claim = Claim(pk, tenant_id, version_id, attempts, holder)
        if not postpone(claim):
            given_up.append(claim)
    return given_up


def anything_waits() -> bool:
    return _jobs().filter(state=Job.State.WAITING, run_after__lte=timezone.now()).exists()


def _jobs():
    return Job.objects.across_tenants(EVERY_TENANT)


def _held(claims: list[Claim]):
    return _jobs().filter(
        pk__in=[claim.job_id for claim in claims], state=Job.State.RUNNING, claimed_by=claims[0].holder
    )


def _versions(ids: list[UUID]):
    return Version.objects.across_tenants(EVERY_TENANT).filter(pk__in=ids, status__in=WORKING)


def _show_queued(version_ids: list[UUID]) -> None:
    _versions(version_ids).update(status=Status.QUEUED, progress_done=0, progress_total=0)
