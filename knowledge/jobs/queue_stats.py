"""Who waits for the reader: asked of all tenants at once, and answered with ids and numbers alone.

Under row-level security nobody sees every tenant's jobs, so there PostgreSQL functions answer that only the owner's
role could write (tenants/isolation/rls/). Both ways count only so far, because a tenant may have 100,000 files waiting.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from knowledge.models import Job
from tenants.errors import TooMany
from tenants.models import Tenant

COUNTED = 100  # of one tenant's jobs; further back there are simply many
RETRY_AFTER_SECONDS = 30  # seconds after which there may be room again
AHEAD = timedelta(
    hours=1
)  # no job is ever put off for longer, so a time further ahead is from before the clock changed
LONG_LEASE = timedelta(minutes=10)  # and no lease is longer

_WAITING = f"""
SELECT t.id, p.priority,
       (SELECT count(*) FROM (SELECT 1 FROM knowledge_job j WHERE j.state = 'waiting' AND j.tenant_id = t.id
                                 AND j.priority = p.priority AND j.run_after <= %s LIMIT {COUNTED})) AS waiting
  FROM tenants_tenant t CROSS JOIN (SELECT 0 AS priority UNION ALL SELECT 5) p
 WHERE t.is_active AND waiting > 0
"""  # noqa: S608 - a number of ours

_MAINTENANCE_DUE = """
SELECT t.id FROM tenants_tenant t WHERE t.is_active AND (
    EXISTS (SELECT 1 FROM knowledge_job j WHERE j.state = 'running' AND j.tenant_id = t.id
               AND (j.lease_until < %(now)s OR j.lease_until > %(long_lease)s))
 OR EXISTS (SELECT 1 FROM knowledge_job j WHERE j.state = 'waiting' AND j.tenant_id = t.id
               AND j.priority IN (0, 5) AND j.run_after > %(ahead)s)
 OR EXISTS (SELECT 1 FROM knowledge_document d WHERE d.tenant_id = t.id AND d.indexed_under IS NOT NULL)
 OR EXISTS (SELECT 1 FROM knowledge_trashing g WHERE g.tenant_id = t.id AND g.erase_after <= %(now)s)
 OR EXISTS (SELECT 1 FROM knowledge_generation g WHERE g.tenant_id = t.id AND NOT g.is_active
               AND (g.leaving OR (g.started_at IS NOT NULL AND g.finished_at IS NULL))))
"""


def now():
    """By the database's clock where it is another machine's: of several workers each may have its own time."""
    return Now() if connection.vendor == "postgresql" else timezone.now()


def tenants_waiting() -> list[tuple[UUID, int, int]]:
    """(tenant, priority, how many, counted up to COUNTED) of all jobs that are due."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tenant_id, priority, waiting FROM portal_waiting_tenants(statement_timestamp())")
            return list(cursor.fetchall())
        cursor.execute(_WAITING, [_text(timezone.now())])
        return [(UUID(hex=tenant), priority, count) for tenant, priority, count in cursor.fetchall()]


def tenants_with_maintenance_due() -> list[Tenant]:
    """Tenants where something is to be put right or followed up: lost leases, moves, indexes that are being made, what
    is to be erased."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT * FROM portal_tenants_with_chores(statement_timestamp())")
            ids = [tenant for (tenant,) in cursor.fetchall()]
        else:
            at = timezone.now()
            times = {"now": at, "long_lease": at + LONG_LEASE, "ahead": at + AHEAD}
            cursor.execute(_MAINTENANCE_DUE, {name: _text(each) for name, each in times.items()})
            ids = [UUID(hex=tenant) for (tenant,) in cursor.fetchall()]
    return list(Tenant.objects.filter(pk__in=ids).order_by("pk")) if ids else []


def require_queue_space(tenant: Tenant) -> None:
    """Imports wait outside while so much waits inside that more would only be further back."""
    most = settings.INGEST_WAITING_LIMIT
    waiting = Job.objects.for_tenant(tenant).filter(state=Job.State.WAITING, priority=Job.Priority.BULK)
    if waiting[:most].count() >= most:
        raise TooMany(
            f"{most:,} imported documents are waiting to be read, which is as many as may wait at once. "
            "This one was not taken.",
            hint=f"Send it again in {RETRY_AFTER_SECONDS} seconds. Files that a person uploads are still taken at once.",
            retry_after=RETRY_AFTER_SECONDS,
            first=False,  # a busy import is not a refusal of rights: it stands on no trail
        )


def _text(moment: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(moment))
