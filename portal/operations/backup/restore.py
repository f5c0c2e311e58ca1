"""Putting a backup back: everything into an empty installation, or one tenant into one that runs.

A tenant's rows come in one transaction; people enter when its index stands. Interrupted, the same command goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import IntegrityError, models, transaction

from audit.ledger.actions import Action
from audit.ledger.actors import system
from audit.ledger.record import record
from audit.models import AuditEvent, EventObject, PersonKey
from knowledge import task_queue
from knowledge.models import Blob
from portal.operations.backup import compare, files, index, person_keys, rows, sequences, tables
from portal.operations.backup.check import Backup, TenantBackup, open_backup
from portal.operations.removal.removal_plan import unfinished_of
from tenants.errors import Conflicting
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant, User

Writer = Callable[[str], None]


@dataclass(slots=True)
class Restored:
    tenants: list[str] = field(default_factory=list)
    rows: int = 0
    files: int = 0
    passages: int = 0
    renumbered: bool = False  # events got new numbers, because theirs were taken
    unchanged: list[str] = field(default_factory=list)  # companies that are here exactly as the backup has them
    changed: dict[str, list[str]] = field(default_factory=dict)  # restored earlier, differ from the backup now: how
    closed_names: int = 0  # people whose names in the trail cannot be read here


def restore(
    folder: Path, *, slug: str = "", new_slug: str = "", signed_by: str = "", keys: Path | None = None,
    lose_names: bool = False, write_line: Writer = print,
) -> Restored:  # fmt: skip
    """Raises Problems; what is checked first changes nothing."""
    backup = open_backup(
        folder, slug=slug, signed_by=signed_by, keys=keys, lose_names=lose_names, write_line=write_line
    )
    waiting = [part for part in backup.parts if _state(backup, part) != "whole"]
    _require_free_place(backup, waiting, new_slug, alone=bool(slug))
    result = Restored()
    if waiting and not slug:
        sequences.reserve(backup)
    for part in waiting:
        if _state(backup, part) == "absent":
            _bring(backup, part, new_slug or part.slug, result, same_event_numbers=not slug, write_line=write_line)
        _open(backup, part, result, write_line)
        result.tenants.append(new_slug or part.slug)
    for part in backup.parts:
        if part not in waiting:
            _compare(part, result)
    if backup.installation:
        _bring_installation(backup, result, write_line)
    task_queue.notify_now()
    return result


def _state(backup: Backup, part: TenantBackup) -> str:
    """`absent`, `rows` (its rows are here, its index is not yet), `whole`, or `other` (a tenant of that id is here)."""
    tenant = Tenant.objects.filter(pk=part.id).first()
    if tenant is None:
        return "absent"
    with in_tenant(tenant):
        ours = AuditEvent.objects.filter(
            tenant_id=part.id, action=Action.TENANT_RESTORED.value, data__backup=backup.id
        ).exists()
    if not ours:
        return "other"
    return "whole" if tenant.is_active else "rows"


def _compare(part: TenantBackup, result: Restored) -> None:
    tenant = Tenant.objects.get(pk=part.id)
    with in_tenant(tenant):
        differences = compare.differences(part)
    if differences:
        result.changed[tenant.slug] = differences
    else:
        result.unchanged.append(tenant.slug)


def _require_free_place(backup: Backup, waiting: list[TenantBackup], new_slug: str, *, alone: bool) -> None:
    ids = {part.id for part in backup.parts}
    strangers = [t for t in Tenant.objects.all() if str(t.pk) not in ids]
    if strangers and not alone:
        raise Conflicting(
            f"This installation has companies of its own ({strangers[0].slug}). Nothing was changed.",
            hint="Restore into an empty installation, or one tenant at a time: --tenant SLUG.",
        )
    for part in backup.parts if new_slug else ():
        here = Tenant.objects.filter(pk=part.id).exclude(slug=new_slug).first()
        if here is not None and part not in waiting:
            raise Conflicting(
                f"This company was restored from this backup already and is called {here.slug} here. Nothing was changed.",
                hint="A company can be here only once. To restore it under another name, remove it first: "
                f"manage.py delete_tenant {here.slug}",
            )
    for part in waiting:
        slug = new_slug or part.slug
        if _state(backup, part) == "other":
            raise Conflicting(
                f"The tenant {part.slug} is in this installation. Nothing was changed.",
                hint=f"To go back to the backup, remove it first: manage.py delete_tenant {part.slug}",
            )
        if Tenant.objects.filter(slug=slug).exclude(pk=part.id).exists():
            raise Conflicting(
                f"Another tenant is called {slug} here. Nothing was changed.", hint="Choose another: --as NEW_SLUG."
            )
        if unfinished_of(part.id):
            raise Conflicting(
                f"{part.slug} is being removed. Nothing was changed.",
                hint=f"Finish that first: manage.py delete_tenant {part.slug}",
            )
        _require_matching_users(part)


def _require_matching_users(part: TenantBackup) -> None:
    """A sign-in of the same address but another id is another person, as far as anybody can tell."""
    for person in rows.read(User, part.folder / "rows" / "tenants.User.jsonl"):
        existing = User.objects.filter(email__iexact=person.email).exclude(pk=person.pk).first()
        if existing is not None:
            raise Conflicting(
                f"{person.email} signs in here already, and is not the person of the backup. Nothing was changed.",
                hint="Change one of the two addresses, or restore into an empty installation.",
            )


def _bring(
    backup: Backup, part: TenantBackup, slug: str, result: Restored, *, same_event_numbers: bool, write_line: Writer
) -> None:
    tenant = next(rows.read(Tenant, _file(part.folder, Tenant)))
    tenant.slug, tenant.is_active = slug, False
    blobs = rows.read(Blob, _file(part.folder, Blob))
    result.files += files.copy_in(part.folder, blobs, tick=lambda: None)
    write_line(f"{slug}: {part.files} files are back; writing {sum(part.rows.values())} rows")
    if same_event_numbers:
        try:
            return _bring_rows(backup, part, tenant, result, same_event_numbers=True)
        except _NumbersTaken:
            write_line(f"{slug}: its events get new numbers, because theirs are taken")
    _bring_rows(backup, part, tenant, result, same_event_numbers=False)


class _NumbersTaken(Exception):
    pass


def _bring_rows(
    backup: Backup, part: TenantBackup, tenant: Tenant, result: Restored, *, same_event_numbers: bool
) -> None:
    with transaction.atomic(), in_tenant(tenant):
        events, count = _trail(part.folder, tenant.pk, same_event_numbers)
        count += rows.insert(Tenant, [tenant])
        count += _people(part.folder)
        brought, closed = person_keys.bring(_file(part.folder, PersonKey), backup.encryption_key)
        groups = {group.name for group in rows.read(Group, _file(part.folder, Group))}
        existing_groups = set(Group.objects.filter(name__in=groups).values_list("name", flat=True))
        count += brought + rows.insert(Group, [Group(name=name) for name in sorted(groups - existing_groups)])
        for model in (*tables.owned(), tables.GroupMember):
            if _file(part.folder, model).exists():
                count += rows.insert(model, rows.read(model, _file(part.folder, model)))
        record(
            Action.TENANT_RESTORED, system(tenant.pk), tenant, backup=backup.id, made_at=backup.made_at, rows=count,
            numbers="kept" if same_event_numbers else "new",
        )  # fmt: skip
    result.rows += count
    result.closed_names += closed
    result.renumbered = result.renumbered or (events > 0 and not same_event_numbers)


def _open(backup: Backup, part: TenantBackup, result: Restored, write_line: Writer) -> None:
    """The index, and then the doors."""
    tenant = Tenant.objects.get(pk=part.id)
    result.passages += index.remake(tenant)
    was_active = next(rows.read(Tenant, _file(part.folder, Tenant))).is_active
    with in_tenant(tenant):
        Tenant.objects.filter(pk=part.id).update(is_active=was_active)
    write_line(f"{tenant.slug}: its index stands")


def _bring_installation(backup: Backup, result: Restored, write_line: Writer) -> None:
    """What belongs to no tenant. Once: its trail says when."""
    folder = backup.installation
    done = AuditEvent.objects.filter(tenant_id=None, action=Action.TENANT_RESTORED.value, data__backup=backup.id)
    if done.exists():
        return
    for keep in (True, False):
        try:
            with transaction.atomic():
                count = _trail(folder, None, keep)[1] + _people(folder)
                count += person_keys.bring(_file(folder, PersonKey), backup.encryption_key)[0]
                for model in tables.owned():
                    if _file(folder, model).exists():
                        count += rows.insert(model, rows.read(model, _file(folder, model)))
                record(Action.TENANT_RESTORED, system(None), backup=backup.id, made_at=backup.made_at, rows=count)
            break
        except _NumbersTaken:
            result.renumbered = True
    result.rows += count
    write_line(f"Of no tenant: {count} rows")


def _trail(folder: Path, tenant_id: UUID | None, same_event_numbers: bool) -> tuple[int, int]:
    """(rows of the ledger, rows with the objects of its events)."""
    here = AuditEvent.objects.filter(tenant_id=tenant_id) if tenant_id else AuditEvent.objects.none()
    existing_events = dict(here.values_list("pk", "occurred_at"))
    events = sum(_ledger(model, folder, tenant_id, same_event_numbers) for model in tables.LEDGER)
    brought = [
        e.pk for e in rows.read(AuditEvent, _file(folder, AuditEvent)) if existing_events.get(e.pk) != e.occurred_at
    ]
    here_now = brought
    if not same_event_numbers:  # new numbers are above all that were there, and rise in the order of the backup
        newest = AuditEvent.objects.filter(tenant_id=tenant_id).order_by("-pk")[: len(brought)]
        here_now = list(newest.values_list("pk", flat=True))[::-1]
    return events, events + _objects(folder, dict(zip(brought, here_now, strict=True)))


def _objects(folder: Path, renumbering: dict[int, int]) -> int:
    """The objects of those events. A backup from before they were stored has none."""
    path = _file(folder, EventObject)
    if not path.exists():
        return 0
    found = (row for row in rows.read(EventObject, path) if row.event_id in renumbering)
    return rows.insert(EventObject, (_renumbered(row, renumbering) for row in found))


def _renumbered(row: EventObject, renumbering: dict[int, int]) -> EventObject:
    row.event_id = renumbering[row.event_id]
    return row


def _ledger(model: tables.Model, folder: Path, tenant_id: UUID | None, same_event_numbers: bool) -> int:
    """Events as they were. A tenant that was removed here has left its trail, and that stays as it is."""
    time_field = "occurred_at" if model is AuditEvent else "timestamp"
    here = dict(model._base_manager.filter(tenant_id=tenant_id).values_list("pk", time_field)) if tenant_id else {}
    missing = (row for row in rows.read(model, _file(folder, model)) if here.get(row.pk) != getattr(row, time_field))
    try:
        count = rows.insert(model, missing, with_ids=same_event_numbers)
    except IntegrityError:
        if same_event_numbers:
            raise _NumbersTaken from None
        raise
    if same_event_numbers:
        sequences.reserve_up_to(model, model._base_manager.aggregate(n=models.Max("pk"))["n"] or 0)
    return count


def _people(folder: Path) -> int:
    """Whoever is here already stays as they are here."""
    people = list(rows.read(User, _file(folder, User)))
    existing_ids = set(User.objects.filter(pk__in=[person.pk for person in people]).values_list("pk", flat=True))
    return rows.insert(User, [person for person in people if person.pk not in existing_ids])


def _file(folder: Path, model: type[models.Model]) -> Path:
    return folder / "rows" / f"{model._meta.label}.jsonl"
