"""What a collection looks like in Weaviate: one for each index generation, with a Weaviate tenant for each tenant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    import weaviate

PREFIX = "Portal"
K1, B = 1.2, 0.75  # of BM25, as LanceDB has them
# Below so many allowed passages every one of them is compared, which is exact; above, the graph is walked.
EXACT_UP_TO = 20_000
_DIMENSIONS = re.compile(r"(\d+) dimensions")


def collection_name(prefix: str, generation: str) -> str:
    """Weaviate takes letters, digits and underscores, and names that differ in case alone are one to it."""
    written = re.sub(r"[^a-z0-9]", lambda each: f"_{ord(each.group()):x}_", generation)
    return f"{prefix}_{written}"


def tenant_name(tenant_id: UUID) -> str:
    return tenant_id.hex


def create(client: weaviate.WeaviateClient, name: str, *, dimensions: int, copies: int) -> None:
    from weaviate.classes.config import (
        Configure,
        DataType,
        Property,
        StopwordsPreset,
        Tokenization,
        VectorDistances,
        VectorFilterStrategy,
    )

    def identity(name: str, kind: DataType = DataType.UUID, **more: bool) -> Property:
        return Property(name=name, data_type=kind, index_filterable=True, **more)

    client.collections.create(
        name,
        description=f"Passages of the knowledge portal, {dimensions} dimensions.",
        multi_tenancy_config=Configure.multi_tenancy(
            enabled=True, auto_tenant_creation=True, auto_tenant_activation=True
        ),
        replication_config=Configure.replication(factor=copies),
        inverted_index_config=Configure.inverted_index(stopwords_preset=StopwordsPreset.NONE, bm25_k1=K1, bm25_b=B),
        vector_config=Configure.Vectors.self_provided(
            vector_index_config=Configure.VectorIndex.hnsw(
                quantizer=Configure.VectorIndex.Quantizer.none(),
                distance_metric=VectorDistances.COSINE,
                filter_strategy=VectorFilterStrategy.ACORN,
                flat_search_cutoff=EXACT_UP_TO,
                ef_construction=128,
                max_connections=24,
                ef=-1,
                dynamic_ef_min=200,
                dynamic_ef_max=800,
                dynamic_ef_factor=8,
            ),
        ),
        properties=[
            Property(
                name="terms",
                data_type=DataType.TEXT,
                tokenization=Tokenization.WHITESPACE,
                index_searchable=True,
                index_filterable=False,
            ),
            identity("document_id"),
            identity("version_id"),
            identity("collection_id"),
            identity("document_no", DataType.INT, index_range_filters=True),
        ],
    )


def dimensions(client: weaviate.WeaviateClient, name: str) -> int | None:
    """Of the vectors that a collection was made for; None where it is not there."""
    if not client.collections.exists(name):
        return None
    match = _DIMENSIONS.search(client.collections.use(name).config.get(simple=True).description or "")
    return int(match.group(1)) if match else 0
