"""Rows as JSON Lines, and back: the same on every database. Keys to what `migrate` makes are written as names."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from portal.operations.backup.tables import LEDGER, Model
from tenants.errors import Invalid

ROWS_PER_READ = 500  # rows read at once
NAMED = (Permission, ContentType, Group)


def lines(model: Model, rows: models.QuerySet) -> Iterator[bytes]:
    """In the order of the primary key, page by page."""
    fields = stored_fields(model)
    names = ["pk", *(field.attname for field in fields)]
    names_of = _Names()
    rows, last = rows.order_by("pk"), None
    while True:
        page = list((rows if last is None else rows.filter(pk__gt=last)).values_list(*names)[:ROWS_PER_READ])
        for _, *values in page:
            row = {f.attname: _written(f, value, names_of) for f, value in zip(fields, values, strict=True)}
            yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        if len(page) < ROWS_PER_READ:
            return
        last = page[-1][0]


def read(model: Model, path: Path) -> Iterator[models.Model]:
    """Unsaved rows, as they were. A column that is new since has its default."""
    fields = {field.attname: field for field in stored_fields(model)}
    names_of = _Names()
    with path.open("rb") as file:
        for line in file:
            row = json.loads(line)
            if unknown := row.keys() - fields.keys():
                raise Invalid(
                    f"The backup has columns of {model._meta.label} that this version does not know: "
                    f"{', '.join(sorted(unknown))}.",
                    hint="Restore it with the version that made it, then update.",
                )
            yield model(**{name: _read(fields[name], value, names_of) for name, value in row.items()})


def insert(model: Model, rows: Iterable[models.Model], *, with_ids: bool = True) -> int:
    """As they are: no default, no `auto_now`, no signal. How many."""
    fields = [f for f in model._meta.local_concrete_fields if with_ids or not f.primary_key]
    if _auto(model) and model not in LEDGER:
        fields = stored_fields(model)
    count, batch = 0, []
    size = max(1, min(ROWS_PER_READ, connection.ops.bulk_batch_size(fields, [None] * ROWS_PER_READ)))
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            count += _insert(model, batch, fields)
            batch = []
    return count + (_insert(model, batch, fields) if batch else 0)


def stored_fields(model: Model) -> list[models.Field]:
    """Without numbers that only the database they come from gives a meaning."""
    return [f for f in model._meta.local_concrete_fields if not (f.primary_key and _auto(model)) or model in LEDGER]


def _insert(model: Model, batch: list[models.Model], fields: list[models.Field]) -> int:
    model._base_manager.get_queryset()._insert(batch, fields=fields, using="default", raw=True)
    return len(batch)


def _auto(model: Model) -> bool:
    return isinstance(model._meta.pk, models.AutoField)


def _written(field: models.Field, value: Any, names: _Names) -> Any:
    if value is None:
        return None
    if field.related_model in NAMED:
        return names.name(field.related_model, value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value  # JSON refuses what it cannot hold


def _read(field: models.Field, value: Any, names: _Names) -> Any:
    if value is None:
        return None
    if field.related_model in NAMED:
        return names.number(field.related_model, value)
    if isinstance(field, models.JSONField):
        return value
    return field.to_python(value)


class _Names:
    """What stands in place of numbers, looked up once for each table that is written or read."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def name(self, of: Model, pk: int) -> Any:
        if (of, pk) not in self._known:
            self._known[of, pk] = self._name(of, pk)
        return self._known[of, pk]

    def number(self, of: Model, name: Any) -> int:
        key = of, name if isinstance(name, str) else tuple(name)
        if key not in self._known:
            self._known[key] = self._number(of, name)
        return self._known[key]

    def _name(self, of: Model, pk: int) -> Any:
        if of is Group:
            return Group.objects.values_list("name", flat=True).get(pk=pk)
        found = of.objects.get(pk=pk)
        if of is ContentType:
            return [found.app_label, found.model]
        return [found.content_type.app_label, found.content_type.model, found.codename]

    def _number(self, of: Model, name: Any) -> int:
        if of is Group:
            return Group.objects.values_list("pk", flat=True).get(name=name)
        if of is ContentType:
            return ContentType.objects.get(app_label=name[0], model=name[1]).pk
        return Permission.objects.get_by_natural_key(name[2], name[0], name[1]).pk
