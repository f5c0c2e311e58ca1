"""One search as one call, and what comes back as hits.

Weaviate ranks by meaning and by words, joins both and says of each hit what either ranking gave it. Those two numbers
are joined anew by `fuse`, as for the other store, so that an answer does not depend on which store is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from knowledge.stores.base import Hit, Query, Readable
from knowledge.stores.rank_fusion import PAIR_WEIGHT, fuse, word_pairs
from knowledge.stores.weaviate import grpc_query, schema
from knowledge.stores.weaviate.scope_filter import compiled

if TYPE_CHECKING:
    from weaviate.collections import Collection

CANDIDATES = 80
MAX_QUERY_TERMS = 128
WORD_REPEATS = round(1 / PAIR_WEIGHT)
WORD_SCALE = (schema.K1 + 1) / WORD_REPEATS  # Weaviate leaves out the factor k1 + 1 of BM25
LABELS = ["collection_id", "document_no"]
MIN_ALPHA, MAX_ALPHA = 0.05, 0.95  # at 0 or 1 Weaviate would leave one ranking out, and its scores unknown
_PART = re.compile(r"Result Set (\w+)[^)]*\) Document \S+: original score (\S+),")


class _ScoredPassage(NamedTuple):
    passage_id: UUID
    collection_id: UUID
    document_no: int
    dense: float
    lexical: float


def search(tenant: Collection, query: Query, readable: Readable, limit: int) -> list[Hit]:
    """The best `limit` of at least CANDIDATES, all of which the reader may see."""
    words, need = asked_words(query.terms), max(limit, CANDIDATES)
    if query.vector is None:
        passages, share = _by_words(tenant, words, readable, need) if words else [], 0.0
    else:
        vector = _floats(query.vector)
        share = query.dense_share
        if words:
            passages = _by_both(tenant, words, vector, share, readable, need)
        else:
            passages = _by_vector(tenant, vector, readable, need)
    scores = fuse([each.dense for each in passages], [each.lexical for each in passages], dense_share=share)
    order = sorted(
        zip(scores, passages, strict=True), key=lambda each: (-each[0], -each[1].dense, each[1].passage_id.bytes)
    )
    return [Hit(score=score, **each._asdict()) for score, each in order[:limit]]


def count(tenant: Collection, readable: Readable | None) -> int:
    seen = None if readable is None else compiled(readable)
    return tenant.aggregate.over_all(total_count=True, filters=seen).total_count or 0


def asked_words(terms: str) -> str:
    """A word asked for twice counts twice: so words outweigh their pairs."""
    asked = terms.split()[:MAX_QUERY_TERMS]
    words = list(dict.fromkeys(asked)) * WORD_REPEATS
    return " ".join([*words, *dict.fromkeys(word_pairs(" ".join(asked)).split())])


def _by_words(tenant: Collection, words: str, readable: Readable, need: int) -> list[_ScoredPassage]:
    from weaviate.classes.query import MetadataQuery

    passages = tenant.query.bm25(
        words,
        query_properties=["terms"],
        filters=compiled(readable),
        limit=need,
        return_metadata=MetadataQuery(score=True),
        return_properties=LABELS,
    )
    return [_scored_passage(each, 0.0, each.metadata.score * WORD_SCALE) for each in passages.objects]


def _by_vector(tenant: Collection, vector: list[float], readable: Readable, need: int) -> list[_ScoredPassage]:
    from weaviate.classes.query import MetadataQuery

    passages = tenant.query.near_vector(
        vector,
        filters=compiled(readable),
        limit=need,
        return_metadata=MetadataQuery(distance=True),
        return_properties=LABELS,
    )
    return [_scored_passage(each, 1 - each.metadata.distance, 0.0) for each in passages.objects]


def _by_both(
    tenant: Collection, words: str, vector: list[float], share: float, readable: Readable, need: int
) -> list[_ScoredPassage]:
    """The vectors come along for those that were found by their words alone: their cosine is worked out here."""
    answer = grpc_query.hybrid(
        tenant,
        words,
        vector=vector,
        alpha=min(max(share, MIN_ALPHA), MAX_ALPHA),
        filters=compiled(readable),
        limit=need,
        labels=LABELS,
    )
    parts = [dict(_PART.findall(each.explanation)) for each in answer]
    silent = [at for at, part in enumerate(parts) if "vector" not in part]
    cosines = dict(zip(silent, _cosines([answer[at].vector for at in silent], vector), strict=True))
    return [
        _ScoredPassage(
            each.id,
            UUID(each.labels["collection_id"].uuid_value),
            each.labels["document_no"].int_value,
            cosines[at] if at in cosines else float(part["vector"]),
            float(part.get("keyword", 0)) * WORD_SCALE,
        )
        for at, (each, part) in enumerate(zip(answer, parts, strict=True))
    ]


def _scored_passage(passage: Any, dense: float, lexical: float) -> _ScoredPassage:
    labels = passage.properties
    return _ScoredPassage(
        UUID(int=passage.uuid.int), labels["collection_id"], int(labels["document_no"]), dense, lexical
    )


def _floats(vector: Any) -> list[float]:
    import numpy as np

    return np.asarray(vector, np.float32).tolist()


def _cosines(vectors: list[bytes], vector: list[float]) -> list[float]:
    import numpy as np

    if not vectors:
        return []
    one = np.asarray(vector, np.float32)
    rows = np.frombuffer(b"".join(vectors), "<f4").reshape(len(vectors), -1)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(one)
    return (np.einsum("ij,j->i", rows, one) / np.maximum(lengths, 1e-9)).tolist()
