"""Which tenants' rows and index must be compared: asked for here, claimed, and deleted when a comparison has finished."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from knowledge import task_queue
from knowledge.jobs.queue_stats import now
from knowledge.models import IndexComparison
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

log = logging.getLogger("knowledge.indexes.comparison_queue")

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 15.0
AGAIN = timedelta(seconds=15)  # after a store that was away
RETRY_AFTER_FAILURE = timedelta(minutes=5)  # after a failure that is this tenant's own
ASKED_ONCE_IN = 2.0  # seconds, by one process

_asked: dict[UUID, float] = {}


@dataclass(frozen=True, slots=True)
class ComparisonClaim:
    tenant: Tenant
    requests: int  # those that this comparison answers
    in_doubt: bool  # somebody met what is missing; else a look at its time


def request(tenant_id: UUID) -> None:
    """The index is known to lack something. Also holds where the caller's transaction is rolled back, as a search's is
    that ends in an error."""
    if time.monotonic() - _asked.get(tenant_id, float("-inf")) < ASKED_ONCE_IN:
        return
    _asked[tenant_id] = time.monotonic()
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        threading.Thread(target=_request_apart, args=(tenant_id,), name="comparison", daemon=True).start()
    else:
        _request(tenant_id, in_doubt=True)


def request_everywhere() -> None:
    """Of every active tenant, at its time."""
    for tenant in Tenant.objects.filter(is_active=True).order_by("pk"):
        _request(tenant.pk, in_doubt=False)


def is_in_doubt(tenant_id: UUID) -> bool:
    """Whether the index lacks something, as far as anybody knows."""
    with in_tenant(Tenant(pk=tenant_id)):
        return IndexComparison.objects.for_tenant(tenant_id).filter(in_doubt=True).exists()


def waiting() -> list[UUID]:
    """Tenants whose comparison nobody is at work on, those in doubt first, at most 100."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT tenant_id FROM portal_tenants_to_compare(statement_timestamp())")
            return [tenant for (tenant,) in cursor.fetchall()]
    rows = IndexComparison.objects.across_tenants("the installation's own work: ids alone").filter(
        _unclaimed(), tenant__is_active=True
    )
    return list(rows.order_by("-in_doubt", "requested_at").values_list("tenant_id", flat=True)[:100])


def claim(tenant_id: UUID) -> ComparisonClaim | None:
    """The right to compare, for LEASE. None: another worker was first, or it is done."""
    with in_tenant(Tenant(pk=tenant_id)), transaction.atomic():
        rows = IndexComparison.objects.for_tenant(tenant_id)
        if not rows.filter(_unclaimed()).update(claimed_until=now() + LEASE):
            return None
        row = rows.get()
        return ComparisonClaim(Tenant.objects.get(pk=tenant_id), row.requests, row.in_doubt)


@contextmanager
def renewed_lease(claimed: ComparisonClaim) -> Iterator[None]:
    """Renews the lease for as long as the block lasts."""
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(claimed, over), name="comparison-lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()


def finish(claimed: ComparisonClaim) -> None:
    """Deleted, unless it was asked for again meanwhile."""
    with in_tenant(claimed.tenant), transaction.atomic():
        rows = IndexComparison.objects.for_tenant(claimed.tenant)
        rows.filter(requests=claimed.requests).delete()
        rows.update(claimed_until=None)


def postpone(claimed: ComparisonClaim, pause: timedelta) -> None:
    with in_tenant(claimed.tenant), transaction.atomic():
        IndexComparison.objects.for_tenant(claimed.tenant).update(claimed_until=now() + pause)


def _unclaimed() -> Q:
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=now())


def _request_apart(tenant_id: UUID) -> None:
    try:
        _request(tenant_id, in_doubt=True)
    except DatabaseError as error:  # whoever meets the same lack next asks again
        log.warning("A comparison could not be asked for: %s", error)
    finally:
        connections.close_all()


def _request(tenant_id: UUID, *, in_doubt: bool) -> None:
    with in_tenant(Tenant(pk=tenant_id)), transaction.atomic():
        rows = IndexComparison.objects.for_tenant(tenant_id)
        if not (_once_more(rows) if in_doubt else rows.exists()):
            try:
                with transaction.atomic():
                    IndexComparison.objects.create(tenant_id=tenant_id, in_doubt=in_doubt, requested_at=timezone.now())
            except IntegrityError:  # another process was first
                if in_doubt:
                    _once_more(rows)
    task_queue.notify_now(task_queue.COMPARE)  # one that comes before the row is seen costs a sweep


def _once_more(rows: QuerySet[IndexComparison]) -> int:
    return rows.update(requests=F("requests") + 1, in_doubt=True)


def _renew(claimed: ComparisonClaim, over: threading.Event) -> None:
    while not over.wait(HEARTBEAT_SECONDS):
        try:
            postpone(claimed, LEASE)
        except DatabaseError:
            log.warning("The lease of a comparison could not be renewed", exc_info=True)
        finally:
            connections.close_all()
