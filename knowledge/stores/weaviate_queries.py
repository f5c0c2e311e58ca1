"""One search as one call, and what comes back as hits.

Weaviate ranks by meaning and by words, joins both and says of each hit what either ranking gave it. Those two numbers
are joined anew by `fuse`, as for the other store, so that an answer does not depend on which store is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from knowledge.ranking import PAIR_WEIGHT, fuse, word_pairs
from knowledge.stores.base import Hit, Query, Readable
from knowledge.stores.weaviate_filter import compiled

if TYPE_CHECKING:
    from weaviate.collections import Collection

CANDIDATES = 100
MOST_TERMS = 128
WORD_REPEATS = round(1 / PAIR_WEIGHT)
IDENTITY = ["document_id", "version_id", "collection_id", "document_no"]
LEAST_SAY, MOST_SAY = 0.05, 0.95  # at 0 or 1 Weaviate would leave one ranking out, and its scores unknown
_PART = re.compile(r"Result Set (\w+)[^)]*\) Document \S+: original score (\S+),")


def search(tenant: Collection, query: Query, readable: Readable, limit: int) -> list[Hit]:
    """The best `limit` of at least CANDIDATES, all of which the reader may see."""
    words, need = asked_words(query.terms), max(limit, CANDIDATES)
    if query.vector is None:
        found = _by_words(tenant, words, readable, need) if words else []
    elif words:
        found = _by_both(tenant, words, query, readable, need)
    else:
        found = _by_vector(tenant, query, readable, need)
    share = 0.0 if query.vector is None else query.dense_share
    scores = fuse([hit.dense for hit in found], [hit.lexical for hit in found], dense_share=share)
    return sorted(
        (_scored(hit, score) for hit, score in zip(found, scores, strict=True)),
        key=lambda hit: (-hit.score, -hit.dense, hit.passage_id.bytes),
    )[:limit]


def asked_words(terms: str) -> str:
    """A word asked for twice counts twice: so words outweigh their pairs."""
    asked = terms.split()[:MOST_TERMS]
    words = list(dict.fromkeys(asked)) * WORD_REPEATS
    return " ".join([*words, *dict.fromkeys(word_pairs(" ".join(asked)).split())])


def _by_words(tenant: Collection, words: str, readable: Readable, need: int) -> list[Hit]:
    from weaviate.classes.query import MetadataQuery

    found = tenant.query.bm25(
        words,
        query_properties=["terms"],
        filters=compiled(readable),
        limit=need,
        return_metadata=MetadataQuery(score=True),
        return_properties=IDENTITY,
    )
    return [_hit(each, 0.0, each.metadata.score / WORD_REPEATS) for each in found.objects]


def _by_vector(tenant: Collection, query: Query, readable: Readable, need: int) -> list[Hit]:
    from weaviate.classes.query import MetadataQuery

    found = tenant.query.near_vector(
        _floats(query.vector),
        filters=compiled(readable),
        limit=need,
        return_metadata=MetadataQuery(distance=True),
        return_properties=IDENTITY,
    )
    return [_hit(each, 1 - each.metadata.distance, 0.0) for each in found.objects]


def _by_both(tenant: Collection, words: str, query: Query, readable: Readable, need: int) -> list[Hit]:
    from weaviate.classes.query import MetadataQuery

    vector = _floats(query.vector)
    found = tenant.query.hybrid(
        words,
        query_properties=["terms"],
        vector=vector,
        alpha=min(max(query.dense_share, LEAST_SAY), MOST_SAY),
        filters=compiled(readable),
        limit=need,
        return_metadata=MetadataQuery(score=True, explain_score=True),
        return_properties=IDENTITY,
        include_vector=True,
    )
    hits = []
    for each in found.objects:
        parts = dict(_PART.findall(each.metadata.explain_score or ""))
        dense = float(parts["vector"]) if "vector" in parts else _cosine(each.vector["default"], vector)
        hits.append(_hit(each, dense, float(parts.get("keyword", 0)) / WORD_REPEATS))
    return hits


def _floats(vector: Any) -> list[float]:
    return vector.tolist() if hasattr(vector, "tolist") else list(vector)


def _cosine(one: list[float], other: list[float]) -> float:
    import numpy as np

    a, b = np.asarray(one, np.float32), np.asarray(other, np.float32)
    return float(np.dot(a, b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9))


def _hit(found: Any, dense: float, lexical: float) -> Hit:
    what = found.properties
    return Hit(
        passage_id=UUID(int=found.uuid.int),
        document_id=what["document_id"],
        version_id=what["version_id"],
        collection_id=what["collection_id"],
        document_no=int(what["document_no"]),
        score=0.0,
        dense=dense,
        lexical=lexical,
    )


def _scored(hit: Hit, score: float) -> Hit:
    from dataclasses import replace

    return replace(hit, score=score)
