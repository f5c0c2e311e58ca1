"""What people decide about indexes. Rows alone change here; whoever writes the store follows them in a moment."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.actors import HasActor
from audit.ledger.record import record
from knowledge import task_queue
from knowledge.index_spec import IndexSpec
from knowledge.indexes import missing_documents, versions
from knowledge.models import Generation
from tenants.errors import Conflicting
from tenants.models import Tenant

State = Generation.State


@transaction.atomic
def begin(tenant: Tenant, made_with: IndexSpec, *, by: HasActor, switches: bool = False) -> Generation:
    """An index is made beside the one that answers. One of that name is brought up to date. With `switches` people are
    answered from it as soon as nothing is missing."""
    rows = Generation.objects.for_tenant(tenant).select_for_update()
    row = rows.filter(name=made_with.name).first()
    if row is not None and row.is_active:
        raise Conflicting("This index is already in use.", code="already_active")
    if row is None:
        row = Generation(tenant=tenant, name=made_with.name)
    for column, value in versions.columns(made_with).items():
        setattr(row, column, value)
    _start(row, switches=switches)
    record(Action.INDEX_STARTED, by, row, switches=switches)
    task_queue.notify_index_builders()
    return row


@transaction.atomic
def prefer(tenant: Tenant, name: str, *, by: HasActor) -> Generation:
    """Answer from this one, as soon as it has caught up with what came since. The settings may ask for another:
    it stays chosen until they ask for something else again."""
    row = find(tenant, name)
    if row.is_active:
        return row
    if row.leaving:
        raise Conflicting("This index is being removed.", hint="Create it again.", code="being_removed")
    _start(row, switches=True)
    record(Action.INDEX_CHOSEN, by, row)
    task_queue.notify_index_builders()
    return row


@transaction.atomic
def stop(tenant: Tenant, name: str, *, by: HasActor) -> None:
    """It is not made any further. What was made is kept for the next time."""
    row = find(tenant, name)
    if row.state != State.BUILDING:
        raise Conflicting("This index is not being built.", code="not_building")
    row.finished_at, row.switches, row.error = timezone.now(), False, ""
    row.save()
    record(Action.INDEX_STOPPED, by, row)


@transaction.atomic
def remove(tenant: Tenant, name: str, *, by: HasActor) -> None:
    """It is erased within moments, where the store is written. The one that answers stays."""
    row = find(tenant, name)
    if row.is_active:
        raise Conflicting(
            "This index is in use, so it was not removed.", hint="Switch to another one first.", code="active"
        )
    if not row.leaving:
        row.leaving, row.switches = True, False
        row.save()
        record(Action.INDEX_REMOVED, by, row)
    task_queue.notify_workers()


def find(tenant: Tenant, name: str) -> Generation:
    row = Generation.objects.for_tenant(tenant).select_for_update().filter(name=name).first()
    if row is None:
        raise Http404
    return row


def _start(row: Generation, *, switches: bool) -> None:
    row.started_at, row.finished_at, row.error = timezone.now(), None, ""
    row.switches, row.leaving = switches, False
    wanted = versions.configured().name
    row.held_against = wanted if switches and wanted != row.name else ""
    row.documents_all = missing_documents.expected_documents(row.tenant_id).count()
    row.documents_done = row.documents_all - missing_documents.lacking(row.tenant_id, row.name).count()
    row.save()
