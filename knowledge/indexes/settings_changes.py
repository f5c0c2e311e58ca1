"""When the settings ask for another embedding model or other passages than a tenant is answered from."""

from __future__ import annotations

from django.db import transaction

from audit.ledger.actors import system
from knowledge import task_queue
from knowledge.indexes import actions, versions
from knowledge.models import Generation
from tenants.isolation.scope import each_tenant
from tenants.models import Tenant


def follow_settings() -> int:
    """The index that they ask for is made beside the present one, and answers when it is complete. In how many tenants.

    Where somebody chose another index than the settings ask for, that stays until they ask for something else again.
    """
    configured, begun = versions.configured(), 0
    for tenant in each_tenant():
        with transaction.atomic():
            rows = Generation.objects.for_tenant(tenant)
            active = rows.filter(is_active=True).first()
            if active is None:
                continue
            _stop_others(tenant, configured.name)
            if active.name == configured.name:
                rows.filter(pk=active.pk).update(**versions.columns(configured))  # its address may have changed
            elif active.held_against != configured.name:
                row = rows.filter(name=configured.name).first()
                if row is None or row.state != Generation.State.BUILDING or not row.switches:
                    actions.begin(tenant, configured, by=system(tenant.pk), switches=True)
                begun += 1
    versions.spec_for.cache_clear()
    if begun:
        task_queue.notify_index_builders()
    return begun


def _stop_others(tenant: Tenant, wanted: str) -> None:
    """What was begun for settings that have changed again. One that has answered before is kept, for switching back."""
    begun = Generation.objects.for_tenant(tenant).filter(switches=True, is_active=False, held_against="")
    for row in begun.exclude(name=wanted):
        if row.switched_at is None:
            actions.remove(tenant, row.name, by=system(tenant.pk))
        else:
            actions.stop(tenant, row.name, by=system(tenant.pk))
