"""Who works on what. A job is a row; claiming it is a conditional update; a lease that is not renewed is lost."""

from __future__ import annotations

import os
import random
import secrets
import socket
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


def claim_next(holder: str, turns: Turns) -> Claim | None:
    """The next job by priority and, within it, by turns between tenants. None when nothing is due."""
    while True:
        due = _jobs().filter(state=Job.State.WAITING, run_after__lte=timezone.now())
        first = due.order_by("priority").values_list("priority", flat=True).first()
        if first is None:
            return None
        tenants = list(due.filter(priority=first).values_list("tenant_id", flat=True).distinct())
        candidate = (
            due.filter(priority=first, tenant_id=turns.next(tenants))
            .order_by("created_at")
            .values_list("pk", "tenant_id", "version_id", "attempts")
            .first()
        )
        if candidate is None:
            continue
        pk, tenant_id, version_id, attempts = candidate
        now = timezone.now()
        with transaction.atomic():
            taken = (
                _jobs()
                .filter(pk=pk, state=Job.State.WAITING)
                .update(
                    state=Job.State.RUNNING,
                    attempts=F("attempts") + 1,
                    lease_until=now + LEASE,
                    heartbeat_at=now,
                    claimed_by=holder,
                )
            )
            if taken:
                Version.objects.for_tenant(tenant_id).filter(pk=version_id, status__in=WORKING).update(
                    status=Status.PARSING, progress_done=0, progress_total=0
                )
                return Claim(pk, tenant_id, version_id, attempts + 1, holder)
        # Another worker was faster: look again.


def renew(claims: list[Claim]) -> None:
    if claims:
        now = timezone.now()
        _held(claims).update(heartbeat_at=now, lease_until=now + LEASE)


def still_held(claims: list[Claim]) -> set[UUID]:
    """The ids of the jobs among these that are still ours."""
    return set(_held(claims).values_list("pk", flat=True)) if claims else set()


def finish(claim: Claim, state: str = Job.State.DONE) -> bool:
    """In the caller's transaction. False: the claim was lost or cancelled, and nothing of this work may be kept."""
    now = timezone.now()
    return bool(_held([claim]).update(state=state, finished_at=now, lease_until=None))


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


def _show_queued(version_ids: list[UUID]) -> None:
    Version.objects.across_tenants(EVERY_TENANT).filter(pk__in=version_ids, status__in=WORKING).update(
        status=Status.QUEUED, progress_done=0, progress_total=0
    )
