"""The only writer of the vector store. What it writes can be rebuilt from the rows."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from knowledge import backends
from knowledge.models import Generation
from knowledge.stores.base import IndexedPassage, Namespace


def active_generation(tenant_id: UUID) -> str:
    """The index this tenant answers from. One that has none yet begins with the installation's."""
    name = Generation.objects.for_tenant(tenant_id).filter(is_active=True).values_list("name", flat=True).first()
    if name is None:
        row, _ = Generation.objects.for_tenant(tenant_id).get_or_create(
            name=settings.GENERATION, defaults={"tenant_id": tenant_id, "is_active": True}
        )
        name = row.name
    return name


def where(tenant_id: UUID, generation: str = "") -> Namespace:
    return Namespace(tenant_id, generation or active_generation(tenant_id))


def put(tenant_id: UUID, generation: str, passages: Iterable[IndexedPassage]) -> None:
    backends.store().put(where(tenant_id, generation), passages)


def drop(tenant_id: UUID, version_ids: Iterable[UUID]) -> None:
    """From every generation the tenant has: a deleted document is nowhere."""
    ids = list(version_ids)
    if not ids:
        return
    for name in Generation.objects.for_tenant(tenant_id).values_list("name", flat=True):
        backends.store().drop(Namespace(tenant_id, name), ids)


def move(tenant_id: UUID, document_id: UUID, collection_id: UUID) -> None:
    for name in Generation.objects.for_tenant(tenant_id).values_list("name", flat=True):
        backends.store().move(Namespace(tenant_id, name), document_id, collection_id)


def erase(tenant_id: UUID) -> None:
    """What was dropped leaves the files."""
    for name in Generation.objects.for_tenant(tenant_id).values_list("name", flat=True):
        backends.store().erase(Namespace(tenant_id, name))


def optimise(tenant_id: UUID) -> None:
    backends.store().optimise(where(tenant_id))
