"""The hybrid query without the client's objects.

Weaviate's client makes a Python float of every number of every vector that comes back, which takes longer than the
search. The request is put together and sent by the client, three of whose private names stand here and nowhere else; the
answer is read as its protocol says (weaviate/v1/search_get.proto). The contract tests ask a real server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from weaviate.collections import Collection


class GrpcHit(NamedTuple):
    id: UUID
    explanation: str
    vector: bytes  # float32, little-endian
    labels: Mapping[str, Any]  # the protocol's values: `uuid_value`, `int_value`


def hybrid(
    tenant: Collection,
    words: str,
    *,
    vector: Sequence[float],
    alpha: float,
    filters: Any,
    limit: int,
    labels: Sequence[str],
) -> list[GrpcHit]:
    """What was found for these words and this vector, best first, and what each ranking said of it."""
    from weaviate.collections.classes.grpc import _MetadataQuery

    asked = tenant.query._query.hybrid(
        query=words,
        properties=["terms"],
        vector=vector,
        alpha=alpha,
        filters=filters,
        limit=limit,
        return_metadata=_MetadataQuery(vector=True, score=True, explain_score=True),
        return_properties=list(labels),
    )
    reply = tenant.query._connection.grpc_search(asked)
    return [_answer(each) for each in reply.results]


def _answer(result: Any) -> GrpcHit:
    """An id comes without its leading zeros."""
    about = result.metadata
    vector = about.vectors[0].vector_bytes if about.vectors else about.vector_bytes
    return GrpcHit(
        UUID(int=int.from_bytes(about.id_as_bytes)), about.explain_score, vector, result.properties.non_ref_props.fields
    )
