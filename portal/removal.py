"""Removing a company: hidden at once, then erased from the store, the files and the database. The trail stays."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from audit.actions import Action
from audit.models import PersonKey
from audit.record import Actor, record
from knowledge import backends
from knowledge.models import Generation
from knowledge.stores.base import Namespace
from tenants.models import Membership, Team, Tenant, User
from tenants.scope import in_tenant


@dataclass(frozen=True, slots=True)
class Removal:
    rows: int
    people: int  # who belonged to this company alone, and are gone with it


def remove_tenant(tenant: Tenant, *, by: Actor) -> Removal:
    """Everything the company owned, and the sign-ins of people who belonged to it alone.

    Can be called again after an interruption: the tenant's row goes last. The audit trail keeps what happened; for
    people who are gone their keys are destroyed, so that it no longer says who they were.
    """
    Tenant.objects.filter(pk=tenant.pk).update(is_active=False)
    store = backends.store()
    with in_tenant(tenant):
        generations = set(Generation.objects.for_tenant(tenant).values_list("name", flat=True)) | {settings.GENERATION}
    for generation in generations:
        store.destroy(Namespace(tenant.pk, generation))
    shutil.rmtree(Path(settings.MEDIA_ROOT) / str(tenant.pk), ignore_errors=True)
    with in_tenant(tenant), transaction.atomic():
        members = Membership.objects.for_tenant(tenant)
        theirs = set(members.values_list("user_id", flat=True))
        elsewhere = set(
            Membership.objects.across_tenants("who also belongs to another company stays")
            .filter(user__in=theirs)
            .exclude(tenant=tenant)
            .values_list("user_id", flat=True)
        )
        groups = list(Team.objects.for_tenant(tenant).values_list("group_id", flat=True))
        rows = sum(
            model._base_manager.filter(tenant_id=tenant.pk)._raw_delete("default") for model in _owned_by_tenants()
        )
        leaving = theirs - elsewhere
        record(Action.TENANT_REMOVED, by, tenant, rows=rows, people=len(leaving))
        Group.objects.filter(pk__in=groups).delete()
        User.objects.filter(pk__in=leaving, is_superuser=False).delete()
        tenant.delete()
        PersonKey.objects.filter(pk__in=leaving).delete()  # last: what is recorded above still names who did it
    return Removal(rows=rows, people=len(leaving))


def _owned_by_tenants():
    """Every table with a tenant's key. Foreign keys are checked at the end of the transaction, so order is free."""
    for model in apps.get_models(include_auto_created=True):
        field = next((f for f in model._meta.local_fields if f.name == "tenant"), None)
        if field is not None and field.related_model is Tenant:
            yield model
