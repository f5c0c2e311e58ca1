"""Weaviate: one collection for each index generation, and in it one Weaviate tenant for each tenant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from knowledge.stores.base import Hit, IndexedPassage, Namespace, Query, Readable, Stored, StoreError
from knowledge.stores.weaviate import batch_writes, hybrid_query, schema
from knowledge.stores.weaviate.connection import Address, CollectionMissing, WeaviateConnection

if TYPE_CHECKING:
    import weaviate

T = TypeVar("T")


class WeaviateStore:
    """Opens nothing before the first call, and in a forked child opens anew. Weaviate itself lets writers take turns."""

    def __init__(
        self,
        url: str,
        *,
        grpc_port: int = 50051,
        grpc_host: str = "",
        api_key: str = "",
        ca: str = "",
        copies: int = 1,
        consistency: str = "QUORUM",
        prefix: str = schema.PREFIX,
    ) -> None:
        self._connection = WeaviateConnection(Address(url, grpc_port, grpc_host, api_key, ca))
        self._copies = copies
        self._consistency = consistency.upper()
        self._prefix = prefix

    # Writing

    def put(self, namespace: Namespace, passages: Iterable[IndexedPassage]) -> None:
        rows = list({passage.passage_id: passage for passage in passages}.values())
        if not rows:
            return

        def put(client: weaviate.WeaviateClient) -> None:
            self._ensure(client, namespace, len(rows[0].vector))
            batch_writes.put(self._tenant(client, namespace), rows)

        self._call(put)

    def drop(self, namespace: Namespace, version_ids: Iterable[UUID]) -> None:
        ids = sorted(set(version_ids))
        if ids:
            self._there(namespace, lambda tenant: batch_writes.drop(tenant, ids), None)

    def discard(self, namespace: Namespace, passage_ids: Iterable[UUID]) -> None:
        ids = sorted(set(passage_ids))
        if ids:
            self._there(namespace, lambda tenant: batch_writes.discard(tenant, ids), None)

    def move(self, namespace: Namespace, document_id: UUID, collection_id: UUID) -> None:
        self._there(namespace, lambda tenant: batch_writes.move(tenant, document_id, collection_id), None)

    def optimise(self, namespace: Namespace) -> None:
        """Weaviate does so by itself."""

    def erase(self, namespace: Namespace) -> None:
        """Weaviate forgets what was dropped by itself, when it merges the files that hold it."""

    def destroy(self, namespace: Namespace) -> None:
        def destroy(client: weaviate.WeaviateClient) -> None:
            client.collections.use(self._name(namespace)).tenants.remove([schema.tenant_name(namespace.tenant_id)])

        try:
            self._call(lambda client: destroy(client) if client.collections.exists(self._name(namespace)) else None)
        except CollectionMissing:
            return

    # Reading

    def search(self, namespace: Namespace, query: Query, *, readable: Readable, limit: int) -> list[Hit]:
        if readable.nothing or limit < 1:
            return []
        hits = self._there(namespace, lambda tenant: hybrid_query.search(tenant, query, readable, limit), [])
        return [hit for hit in hits if readable.allows(hit.collection_id, hit.document_no)]

    def count(self, namespace: Namespace, readable: Readable | None = None) -> int:
        if readable is not None and readable.nothing:
            return 0
        return self._there(namespace, lambda tenant: hybrid_query.count(tenant, readable), 0)

    def listing(self, namespace: Namespace) -> Iterator[list[Stored]]:
        after = None
        while page := self._there(namespace, lambda tenant, after=after: batch_writes.page(tenant, after), []):
            yield page
            after = page[-1].passage_id

    # Upkeep

    def is_ready(self) -> bool:
        """It answers, and takes questions."""
        return self._connection.is_ready()

    def deactivate_idle(self, in_use: Collection[UUID]) -> int:
        """Tenants but for those in use give back memory and files; each wakes by itself when it is asked. How many."""

        def deactivate(client: weaviate.WeaviateClient) -> int:
            from weaviate.classes.tenants import TenantActivityStatus

            keep = {schema.tenant_name(tenant_id) for tenant_id in in_use}
            idle = 0
            for name in client.collections.list_all(simple=True):
                if not name.startswith(f"{self._prefix}_"):
                    continue
                tenants = client.collections.use(name).tenants
                active = [
                    each.name
                    for each in tenants.get().values()
                    if each.activity_status == TenantActivityStatus.ACTIVE and each.name not in keep
                ]
                for start in range(0, len(active), 100):
                    tenants.deactivate(active[start : start + 100])
                idle += len(active)
            return idle

        return self._call(deactivate)

    def close(self) -> None:
        self._connection.close()

    # The parts

    def _name(self, namespace: Namespace) -> str:
        return schema.collection_name(self._prefix, namespace.generation)

    def _tenant(self, client: weaviate.WeaviateClient, namespace: Namespace) -> Any:
        from weaviate.classes.config import ConsistencyLevel

        collection = client.collections.use(self._name(namespace), skip_argument_validation=True)  # number by number
        tenant = collection.with_tenant(schema.tenant_name(namespace.tenant_id))
        return tenant.with_consistency_level(ConsistencyLevel[self._consistency]) if self._copies > 1 else tenant

    def _ensure(self, client: weaviate.WeaviateClient, namespace: Namespace, dimensions: int) -> None:
        """Asked before every write: into a collection that is not there Weaviate would write as into one of its own
        making, without tenants."""
        name = self._name(namespace)
        known = schema.dimensions(client, name)
        if known is None:
            try:
                schema.create(client, name, dimensions=dimensions, copies=self._copies)
            except Exception:
                if not client.collections.exists(name):
                    raise
            known = schema.dimensions(client, name)
        if known and known != dimensions:
            raise StoreError(
                f"This index holds vectors of {known} numbers, not {dimensions}.",
                hint="A different embedding model needs an index generation of its own.",
                permanent=True,
            )

    def _there(self, namespace: Namespace, work: Callable[[Any], T], otherwise: T) -> T:
        try:
            return self._call(lambda client: work(self._tenant(client, namespace)))
        except CollectionMissing:
            return otherwise

    def _call(self, work: Callable[[weaviate.WeaviateClient], T]) -> T:
        return self._connection.call(work)
