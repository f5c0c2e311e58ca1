"""Vectors of texts. One that the tenant has in any index of the same embedding model is not computed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from knowledge import backends
from knowledge.embedders.base import EmbedderUnavailable
from knowledge.index_spec import IndexSpec
from knowledge.indexes.versions import spec_of
from knowledge.models import Generation, Passage
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

if TYPE_CHECKING:
    import numpy as np

    Vectors = dict[str, np.ndarray]

SLICE = 64  # texts in one call to the embedder
DIGESTS_PER_QUERY = 500  # digests in one query


def of_texts(tenant: Tenant, made_with: IndexSpec, texts: dict[str, str], *, lives: Callable[[], None]) -> Vectors:
    """By digest."""
    vectors = _stored_vectors(tenant, made_with, list(texts))
    lacking = [digest for digest in texts if digest not in vectors]
    embedder = backends.embedder_of(made_with)
    if lacking and embedder is None:
        raise EmbedderUnavailable(
            f"The model {made_with.model or made_with.embedder} is not configured.",
            hint="Set EMBEDDING_BASE_URL and EMBEDDING_API_KEY to where it is, and start again.",
        )
    for start in range(0, len(lacking), SLICE):
        lives()
        part = lacking[start : start + SLICE]
        vectors.update(zip(part, embedder.embed([texts[digest] for digest in part]), strict=True))
    return vectors


def _stored_vectors(tenant: Tenant, made_with: IndexSpec, digests: list[str]) -> Vectors:
    import numpy as np

    vectors: Vectors = {}
    with in_tenant(tenant):
        alike = [g.name for g in Generation.objects.for_tenant(tenant) if spec_of(g).texts == made_with.texts]
    for start in range(0, len(digests), DIGESTS_PER_QUERY):
        with in_tenant(tenant):
            rows = Passage.objects.for_tenant(tenant).filter(
                generation__in=alike, digest__in=digests[start : start + DIGESTS_PER_QUERY]
            )
            for digest, vector in rows.values_list("digest", "vector"):
                vectors[digest] = np.frombuffer(vector, dtype="<f4")
    return vectors
