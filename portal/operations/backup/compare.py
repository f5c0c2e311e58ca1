"""Is a company here as a backup has it? Answers before a restore says that there is nothing to do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.db import models

from knowledge.models import Trashing
from portal.operations.backup import rows, tables
from portal.operations.backup.check import TenantBackup

PAGE_ROWS = 500

# What the portal itself changes while nobody does anything: a restored company differs in these after a minute.
SELF_CHANGING = {
    "knowledge.Job": None,  # the queue
    "knowledge.Reading": None,  # becomes an event of the trail after 10 minutes
    "tenants.User": {"last_login"},
    "tenants.ApiKey": {"last_used_at"},
}


def differences(part: TenantBackup) -> list[str]:
    """What differs from the backup, a phrase for each table, such as `Document: 1 changed, 0 missing`.

    Rows that came since are no difference: nothing of the backup is lost by them. Called inside `in_tenant`.
    """
    found = []
    for model in tables.owned():
        path = part.folder / "rows" / f"{model._meta.label}.jsonl"
        ignored = SELF_CHANGING.get(model._meta.label, set())
        if ignored is None or not path.exists() or model._meta.pk.get_internal_type().endswith("AutoField"):
            continue
        changed = missing = 0
        for page in _pages(rows.read(model, path)):
            here = model._base_manager.in_bulk([row.pk for row in page])
            for row in page:
                if row.pk not in here:
                    missing += 1
                elif not _same(row, here[row.pk], ignored):
                    changed += 1
        if changed or missing:
            found.append(f"{model._meta.verbose_name}: {changed} changed, {missing} missing")
    if trashed := _trashed_since(part):
        found.append(f"documents in the trash since: {trashed}")
    return found


def _trashed_since(part: TenantBackup) -> int:
    """Moving to the trash adds a row and changes none, yet people miss the document."""
    path = part.folder / "rows" / f"{Trashing._meta.label}.jsonl"
    before = {row.pk for row in rows.read(Trashing, path)} if path.exists() else set()
    return len(set(Trashing._base_manager.filter(tenant_id=part.id).values_list("pk", flat=True)) - before)


def _same(row: models.Model, here: models.Model, ignored: set[str]) -> bool:
    fields = [field for field in rows.stored_fields(type(row)) if field.name not in ignored]
    return all(getattr(row, field.attname) == getattr(here, field.attname) for field in fields)


def _pages(rows: Iterator[models.Model]) -> Iterator[list[models.Model]]:
    while page := list(islice(rows, PAGE_ROWS)):
        yield page
