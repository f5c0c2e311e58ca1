"""Documents that wait, as an import would leave them: rows only, as many as one likes, by copying one in the database."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from knowledge.models import Blob, Collection, Document, Job, Version
from tenants.models import Membership

_NUMBERS = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n)",
    "postgresql": "generate_series(1, {count}) AS n(i)",
}
_ID = {
    "sqlite": "substr(o.{column}, 1, 20) || printf('%012x', {base} + i)",
    "postgresql": "(substr(replace(o.{column}::text, '-', ''), 1, 20) || lpad(to_hex({base} + i), 12, '0'))::uuid",
}


def queue(member: Membership, shelf: Collection, count: int, *, priority: int = Job.Priority.BULK) -> None:
    """`count` documents of this member's that wait. Their files are not there: they are claimed, not read."""
    tenant = member.tenant
    blob, _ = Blob.objects.for_tenant(tenant).get_or_create(
        tenant=tenant, sha256="0" * 64, defaults={"size": 1, "path": f"{tenant.pk}/00/none"}
    )
    number = 1_000_000 + Document.objects.for_tenant(tenant).count()
    document = Document.objects.create(
        tenant=tenant, collection=shelf, number=number, title="One of many", filename="many.txt", owner=member
    )
    version = Version.objects.create(
        tenant=tenant, document=document, number=1, blob=blob, filename="many.txt", created_by=member
    )
    since = timezone.now() - timedelta(hours=1)
    Job.objects.create(tenant=tenant, version=version, priority=priority, run_after=since)
    if count > 1:
        _copy(Document, document.pk, count - 1, number="o.number + i")
        _copy(Version, version.pk, count - 1, document_id=_id("document_id"))
        _copy(Job, Job.objects.for_tenant(tenant).get(version=version).pk, count - 1, version_id=_id("version_id"))
        if connection.vendor == "postgresql":  # as its autovacuum would within a minute
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE knowledge_document, knowledge_version, knowledge_job")


def _copy(model, pk, count: int, **changes: str) -> None:
    columns = [field.column for field in model._meta.local_fields]
    values = [_id("id") if column == "id" else changes.get(column, f'o."{column}"') for column in columns]
    table, names = model._meta.db_table, ", ".join(f'"{column}"' for column in columns)
    numbers = _NUMBERS[connection.vendor].format(count=count)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} FROM "{table}" o CROSS JOIN {numbers} '
            "WHERE o.id = %s",
            [model._meta.pk.get_db_prep_value(pk, connection)],
        )


def _id(column: str) -> str:
    # Followed from the original's id, so that document, version and job agree. "%" is for the driver.
    return _ID[connection.vendor].format(column=column, base=1).replace("%", "%%")
