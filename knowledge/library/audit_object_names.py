"""The names of documents for the audit trail (audit/ledger/object_names.py). Whoever may read the trail may read
them."""

from __future__ import annotations

from uuid import UUID

from knowledge.models import Document


def names_of(tenant_id: UUID, ids: set[UUID]) -> dict[UUID, str]:
    return dict(Document.objects.for_tenant_by_key(tenant_id, pk__in=ids).values_list("pk", "title"))


def ids_called(tenant_id: UUID, words: str, limit: int) -> list[UUID]:
    called = Document.objects.for_tenant(tenant_id).filter(title__icontains=words)
    return list(called.order_by("title", "pk").values_list("pk", flat=True)[:limit])
