"""Which rows a backup holds. Every table has its place here; a test fails for one that has none."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import Group
from django.db import DEFAULT_DB_ALIAS, models

from audit.ledger.crypto import NOBODY
from audit.models import AuditEvent, EventObject, FieldChange, PersonKey
from tenants.models import Team, Tenant, User

Model = type[models.Model]

LEDGER: tuple[Model, ...] = (AuditEvent, FieldChange)  # the tenant as a plain id; the numbers are part of the trail
OF_EVENTS: tuple[Model, ...] = (EventObject,)  # follow the numbers of their events; their own mean nothing
GroupMember: Model = User.groups.through
PEOPLE: tuple[Model, ...] = (User, PersonKey, Group, GroupMember)  # the installation's, as far as a tenant needs them

# What is made anew, or belongs to a moment.
LEFT_OUT = {
    "sessions.Session": "people sign in again",
    "contenttypes.ContentType": "made by migrate, named in the rows that point to it",
    "tenants.SetupCode": "for an empty installation alone",
    "auth.Permission": "made by migrate, named in the rows that point to it",
    "auth.Group_permissions": "not used: rights stand on objects",
    "tenants.User_user_permissions": "not used: rights stand on objects",
    "guardian.UserObjectPermission": "not used: rights have tables of their own",
    "guardian.GroupObjectPermission": "not used: rights have tables of their own",
}


def owned() -> list[Model]:
    """Tables with a key to the tenant, parents before children. Keys that may be empty do not count for the order:
    foreign keys are checked at the end of the transaction."""
    waiting = [model for model in every_table() if _tenant_field(model)]
    ordered: list[Model] = []
    while waiting:
        ready = [model for model in waiting if not (_needs(model) & (set(waiting) - {model}))]
        if not ready:
            raise RuntimeError(f"These tables need each other: {', '.join(m._meta.label for m in waiting)}")
        ordered += ready
        waiting = [model for model in waiting if model not in ready]
    return ordered


def every_table() -> Iterator[Model]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def homeless() -> list[str]:
    """Tables of which nobody has said whether a backup holds them."""
    listed = {Tenant, *LEDGER, *OF_EVENTS, *PEOPLE, *owned()}
    return [m._meta.label for m in every_table() if m not in listed and m._meta.label not in LEFT_OUT]


def rows_of_tenant(tenant_id: UUID, using: str = DEFAULT_DB_ALIAS) -> Iterator[tuple[Model, models.QuerySet]]:
    """Everything that is needed to have this tenant again, in the order in which it can be put back."""
    yield Tenant, Tenant.objects.using(using).filter(pk=tenant_id)
    for model in (*LEDGER, *OF_EVENTS):
        yield model, model._base_manager.using(using).filter(tenant_id=tenant_id)
    users = people_of(tenant_id, using)
    groups = list(Team.plain.using(using).filter(tenant_id=tenant_id).values_list("group_id", flat=True))
    yield User, User.objects.using(using).filter(pk__in=users)
    yield PersonKey, PersonKey.objects.using(using).filter(pk__in=users | _on_the_trail(tenant_id, using) | {NOBODY})
    yield Group, Group.objects.using(using).filter(pk__in=groups)
    yield GroupMember, GroupMember._base_manager.using(using).filter(group_id__in=groups, user_id__in=users)
    for model in owned():
        yield model, model._base_manager.using(using).filter(tenant_id=tenant_id)


def rows_of_installation(people: set[UUID], using: str = DEFAULT_DB_ALIAS) -> Iterator[tuple[Model, models.QuerySet]]:
    """What belongs to no tenant, and people that no tenant has."""
    for model in (*LEDGER, *OF_EVENTS):
        yield model, model._base_manager.using(using).filter(tenant_id__isnull=True)
    yield User, User.objects.using(using).exclude(pk__in=people)
    yield PersonKey, PersonKey.objects.using(using).exclude(pk__in=people)
    for model in owned():
        if model._meta.get_field("tenant").null:
            yield model, model._base_manager.using(using).filter(tenant_id__isnull=True)


def people_of(tenant_id: UUID, using: str = DEFAULT_DB_ALIAS) -> set[UUID]:
    """Everybody that a row of this tenant points to."""
    found: set[UUID] = set()
    for model in owned():
        for field in model._meta.local_fields:
            if field.related_model is User:
                rows = model._base_manager.using(using).filter(tenant_id=tenant_id).exclude(**{field.attname: None})
                found.update(rows.order_by().values_list(field.attname, flat=True).distinct())
    return found


def _on_the_trail(tenant_id: UUID, using: str) -> set[UUID]:
    found: set[UUID | None] = set()
    for model, name in ((AuditEvent, "actor_id"), (AuditEvent, "subject_id"), (FieldChange, "actor_id")):
        rows = model._base_manager.using(using).filter(tenant_id=tenant_id).order_by()
        found.update(rows.values_list(name, flat=True).distinct())
    return found - {None}


def _tenant_field(model: Model) -> models.Field | None:
    return next((f for f in model._meta.local_fields if f.name == "tenant" and f.related_model is Tenant), None)


def _needs(model: Model) -> set[Model]:
    return {f.related_model for f in model._meta.local_fields if f.is_relation and not f.null}
