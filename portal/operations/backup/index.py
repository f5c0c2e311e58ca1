"""The search index of a restored tenant, from its rows alone: no text is embedded again."""

from __future__ import annotations

from knowledge import backends
from knowledge.indexes import rebuild
from knowledge.models import Generation
from knowledge.stores.base import IndexedPassage, Namespace, VectorStore
from tenants.errors import Unavailable
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

PASSAGES_PER_WRITE = 500  # passages in one write, or a little more: a version is not divided


def remake(tenant: Tenant) -> int:
    """Every generation the tenant has. How many passages. Repeating it is harmless."""
    with in_tenant(tenant):
        generations = list(Generation.objects.for_tenant(tenant).values_list("name", flat=True))
    return sum(_remake(backends.store(), tenant, name) for name in generations)


def _remake(store: VectorStore, tenant: Tenant, generation: str) -> int:
    namespace, expected = Namespace(tenant.pk, generation), 0
    store.destroy(namespace)
    waiting: list[IndexedPassage] = []
    for passages in rebuild.passages_of(tenant, generation):
        waiting += passages
        if len(waiting) >= PASSAGES_PER_WRITE:
            store.put(namespace, waiting)
            expected, waiting = expected + len(waiting), []
    if waiting:
        store.put(namespace, waiting)
    expected += len(waiting)
    if store.count(namespace) != expected:
        raise Unavailable(
            f"The search index holds {store.count(namespace)} passages of {tenant.slug}, and should hold {expected}.",
            hint="Run the same command again: it continues with the index.",
        )
    store.optimise(namespace)
    return expected
