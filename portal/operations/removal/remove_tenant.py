"""Removing a company: hidden at once, then erased from rows, files, index, caches and backups. The trail stays.

The plan of a removal is kept until its certificate is written (portal/operations/removal/removal_plan.py), so that one
that was interrupted is finished by the same call.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.actors import Actor, Target
from audit.ledger.person_keys import destroy_key
from audit.ledger.record import record
from audit.models import AuditEvent
from knowledge import backends
from knowledge.stores.base import Namespace
from portal.operations.backup import forget, registry, tables
from portal.operations.removal import certificates, removal_cache, removal_plan
from portal.operations.removal.removal_survey import leaving, rows_that_go, sessions_of, survey
from portal.operations.version import product_version
from tenants.errors import Unavailable
from tenants.isolation.scope import in_tenant
from tenants.isolation.secure_delete import overwritten
from tenants.models import Tenant, User

DELETION_STATEMENTS = {
    "sqlite": "The rows were overwritten with zeros in the database file (secure_delete) and its log was emptied.",
    "postgresql": "The rows were deleted; the server uses their space again after its next vacuum. Its own archives "
    "and physical backups, where there are any, keep them until they expire.",
}


@dataclass(frozen=True, slots=True)
class Removal:
    rows: int
    people: int  # who belonged to this company alone, and are gone with it
    certificate: certificates.Certificate | None


def remove_tenant(tenant: Tenant, *, by: Actor, certify: bool = True) -> Removal:
    """Everything the company owned, and the sign-ins of people who belonged to it alone.

    The audit trail keeps what happened; for people who are gone their keys are destroyed, so that it no longer says
    who they were. Without `certify` no certificate is left: for companies that existed for a measurement.
    """
    plan = removal_plan.unfinished_of(str(tenant.pk))
    if plan is None:
        with in_tenant(tenant):
            Tenant.objects.filter(pk=tenant.pk).update(is_active=False)
        plan = {
            "id": str(uuid.uuid4()),
            "tenant": {"id": str(tenant.pk), "slug": tenant.slug, "name": tenant.name},
            "by": {"kind": by.kind, "name": by.name},
            "asked_at": timezone.now().isoformat(),
            "certify": certify,
            "found": survey(tenant),
        }
        removal_plan.save_plan(plan)
    return finish(plan, by=by)


def finish(plan: dict[str, Any], *, by: Actor) -> Removal:
    """From wherever it was interrupted: every step may be repeated."""
    tenant = Tenant.objects.filter(pk=plan["tenant"]["id"]).first()
    if tenant is not None:
        _erase_content(plan)
        _erase_rows(tenant, plan, by)
    _erase_content(plan)  # what somebody was still writing when the rows went
    with overwritten():
        for person in plan["people"]:
            destroy_key(UUID(person))
    for session in list(sessions_of(plan["people"])):
        session.delete()
    removal_cache.forget(UUID(plan["tenant"]["id"]))
    now = timezone.now().isoformat()
    reached = forget.forget_tenant(plan["tenant"], plan["people"], certificate=plan["id"], at=now)
    _require_nothing_left(plan)
    certificate = certificates.issue(_content(plan, reached)) if plan["certify"] else None
    registry.drop_tenant(plan["tenant"]["id"], {each.id for each in reached if each.outcome == "removed"})
    removal_plan.done(plan)
    rows = sum(each["rows"] for each in plan["removed"].values())
    return Removal(rows, len(plan["people"]), certificate)


def _erase_content(plan: dict[str, Any]) -> None:
    tenant_id = UUID(plan["tenant"]["id"])
    for generation in plan["found"]["index"]:
        backends.store().destroy(Namespace(tenant_id, generation))
    _erase_folder(str(tenant_id))


def _erase_folder(path: str) -> None:
    for name in _files_under(path):
        default_storage.delete(name)
    for folder in _folders_under(path):
        default_storage.delete(folder)  # an empty one; a service has none


def _files_under(path: str) -> Iterator[str]:
    folders, names = _listing(path)
    for name in names:
        yield f"{path}/{name}"
    for folder in folders:
        yield from _files_under(f"{path}/{folder}")


def _folders_under(path: str) -> Iterator[str]:
    folders, _ = _listing(path)
    for folder in folders:
        yield from _folders_under(f"{path}/{folder}")
    yield path


def _listing(path: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return [], []


def _erase_rows(tenant: Tenant, plan: dict[str, Any], by: Actor) -> None:
    with overwritten(), transaction.atomic():
        with in_tenant(tenant):
            gone = leaving(tenant)
            plan["people"] = sorted(map(str, gone))
            data = {"certificate": plan["id"], "people": len(gone)}
            record(Action.TENANT_REMOVED, replace(by, tenant_id=tenant.pk), tenant, **data)
            plan["removed"] = {
                model._meta.label: plan["found"]["rows"][model._meta.label] | {"rows": rows._raw_delete("default")}
                for model, rows in reversed(list(rows_that_go(tenant)))
                if model is not Tenant
            }
            plan["removed"]["tenants.Tenant"] = plan["found"]["rows"]["tenants.Tenant"]
            tenant.delete()
        User.objects.filter(pk__in=gone).delete()  # with no tenant at work: their mails of no tenant go with them
        record(Action.TENANT_REMOVED, replace(by, tenant_id=None), _target(plan), **data)
        plan["removed_at"] = timezone.now().isoformat()
        removal_plan.save_plan(plan)


def _target(plan: dict[str, Any]) -> Target:
    return Tenant(pk=UUID(plan["tenant"]["id"]), name=plan["tenant"]["name"]).audit_target()


def _require_nothing_left(plan: dict[str, Any]) -> None:
    tenant_id = UUID(plan["tenant"]["id"])
    left = [name for name in plan["found"]["index"] if backends.store().count(Namespace(tenant_id, name))]
    left += list(_files_under(str(tenant_id)))
    with in_tenant(Tenant(pk=tenant_id)):
        for model in tables.owned():
            if model._base_manager.filter(tenant_id=tenant_id).exists():
                left.append(model._meta.label)
    if left:
        raise Unavailable(
            f"Not everything of {plan['tenant']['slug']} could be removed: {left[0]}.", hint="Run it again."
        )


def _content(plan: dict[str, Any], reached: list[forget.Reached]) -> dict[str, Any]:
    found, tenant_id = plan["found"], UUID(plan["tenant"]["id"])
    with in_tenant(Tenant(pk=tenant_id)):
        events = AuditEvent.objects.filter(tenant_id=tenant_id).count()
    return {
        "id": plan["id"], "product": product_version(), "tenant": plan["tenant"], "by": plan["by"],
        "asked_at": plan["asked_at"], "removed_at": plan["removed_at"], "finished_at": timezone.now().isoformat(),
        "removed": {
            "rows": plan["removed"], "files": found["files"], "index": found["index"], "people": len(plan["people"]),
            "sessions": found["sessions"], "cached": found["cached"],
        },
        "kept": {"audit_events": events},
        "database": DELETION_STATEMENTS[connection.vendor],
        "backups": [asdict(each) for each in reached],
    }  # fmt: skip
