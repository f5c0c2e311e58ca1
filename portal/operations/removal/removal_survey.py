"""What a company has here, counted before it goes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import models

from audit.models import AuditEvent
from knowledge import backends
from knowledge.models import Blob, Generation
from knowledge.stores.base import Namespace, StoreError
from portal.operations.backup import forget, registry, tables
from portal.operations.removal.removal_cache import keys_of
from tenants.isolation.scope import as_person, in_tenant
from tenants.models import Membership, Team, Tenant, User


def survey(tenant: Tenant) -> dict[str, Any]:
    with in_tenant(tenant):
        counted = {model._meta.label: _counted(rows) for model, rows in rows_that_go(tenant)}
        blobs = list(Blob.objects.for_tenant(tenant).order_by("sha256").values_list("sha256", "size"))
        generations = set(Generation.objects.for_tenant(tenant).values_list("name", flat=True)) | {settings.GENERATION}
        events = AuditEvent.objects.filter(tenant_id=tenant.pk).count()
        people = sorted(map(str, leaving(tenant)))
    sha256 = hashlib.sha256("".join(f"{digest}\n" for digest, _ in blobs).encode()).hexdigest()
    return {
        "rows": counted,
        "files": {"count": len(blobs), "bytes": sum(size for _, size in blobs), "list_sha256": sha256},
        "index": {name: _passages(tenant.pk, name) for name in sorted(generations)},
        "people": people,
        "sessions": sum(1 for _ in sessions_of(people)),
        "cached": sum(1 for _ in keys_of(tenant.pk)),
        "audit_events": events,
        "backups": [each.folder for each in registry.holding(str(tenant.pk))] + list(map(str, forget.copies())),
    }


def rows_that_go(tenant: Tenant) -> Iterator[tuple[tables.Model, models.QuerySet]]:
    """Everything with the tenant's key. Foreign keys are checked at the end of the transaction, so order is free."""
    for model in tables.owned():
        yield model, model._base_manager.filter(tenant_id=tenant.pk)
    groups = list(Team.objects.for_tenant(tenant).values_list("group_id", flat=True))
    yield tables.GroupMember, tables.GroupMember._base_manager.filter(group_id__in=groups)
    yield Group, Group.objects.filter(pk__in=groups)
    yield Tenant, Tenant.objects.filter(pk=tenant.pk)


def leaving(tenant: Tenant) -> set[UUID]:
    """Who belongs, and belonged, to this company alone. Inside `in_tenant`."""
    gone, here = set(), Membership.objects.for_tenant(tenant).values_list("user_id", flat=True)
    for user in User.objects.filter(pk__in=list(here), is_superuser=False):
        with as_person(user):  # shows a person's memberships, whosever they are
            if not Membership.objects.of_user(user).exclude(tenant=tenant).exists():
                gone.add(user.pk)
    return gone


def sessions_of(people: Iterable[str]) -> Iterator[Session]:
    wanted = set(people)
    for session in Session.objects.iterator(chunk_size=500) if wanted else ():
        if session.get_decoded().get("_auth_user_id") in wanted:
            yield session


def _passages(tenant_id: UUID, generation: str) -> int:
    try:
        return backends.store().count(Namespace(tenant_id, generation))
    except StoreError:
        return 0


def _counted(rows: models.QuerySet) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    for pk in rows.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2000):
        digest.update(f"{pk}\n".encode())
        count += 1
    return {"rows": count, "ids_sha256": digest.hexdigest()}
