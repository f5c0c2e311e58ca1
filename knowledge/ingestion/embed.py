"""The second stage: a vector for every text, and none computed twice in a tenant."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from knowledge import backends
from knowledge.embedders.base import EmbedderError, EmbedderUnavailable
from knowledge.indexes import versions
from knowledge.ingestion import save
from knowledge.ingestion.work_items import Work, WorkWithdrawn
from knowledge.jobs import outcomes
from knowledge.models import Passage
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

if TYPE_CHECKING:
    import numpy as np

    from knowledge.embedders.base import Embedder

log = logging.getLogger("knowledge.ingestion")

SLICE = 96  # texts in one call to the embedder: progress is told between them
DIGESTS_PER_QUERY = 500  # digests in one query


def embed_works(works: list[Work]) -> Iterator[Work]:
    """The works with their vectors, as they get them. One that failed does not come out; its version says why."""
    try:
        _embed(works)
    except Exception as error:
        if len(works) > 1:
            for work in works:
                yield from embed_works([work])
            return
        _stop(works[0], error)
        return
    yield from works


def _embed(works: list[Work]) -> None:
    import numpy as np

    vectors: dict[tuple[UUID, str, str], np.ndarray] = {}
    for tenant_id, generation in {work.index for work in works}:
        digests = {digest for work in works if work.index == (tenant_id, generation) for digest in work.digests}
        for digest, vector in _stored(tenant_id, generation, digests).items():
            vectors[tenant_id, generation, digest] = vector
    wanted: dict[tuple[UUID, str, str], str] = {}
    for work in works:
        for digest, text in zip(work.digests, work.texts, strict=True):
            if (*work.index, digest) not in vectors:
                wanted[*work.index, digest] = text
    reported = 0
    for embedder, keys in _by_embedder(wanted):
        for start in range(0, len(keys), SLICE):
            part = keys[start : start + SLICE]
            for key, vector in zip(part, embedder.embed([wanted[key] for key in part]), strict=True):
                vectors[key] = vector
            reported += len(part)
            if len(works) == 1:
                works[0].progress.passages(reported, works[0].weight)
    for work in works:
        work.vectors = np.stack([vectors[*work.index, digest] for digest in work.digests])


def _by_embedder(wanted: Iterable[tuple[UUID, str, str]]) -> list[tuple[Embedder, list[tuple[UUID, str, str]]]]:
    """Nearly always one for all: small files of several tenants are embedded together."""
    found: dict[int, tuple[Embedder, list[tuple[UUID, str, str]]]] = {}
    of_index = {index: _embedder(*index) for index in {key[:2] for key in wanted}}
    for key in wanted:
        embedder = of_index[key[:2]]
        found.setdefault(id(embedder), (embedder, []))[1].append(key)
    return list(found.values())


def _embedder(tenant_id: UUID, generation: str) -> Embedder:
    found = backends.embedder_of(versions.spec_for(tenant_id, generation))
    if found is None:
        raise EmbedderUnavailable(
            "The model that this company's search index was made with is no longer configured.",
            hint="The file will be read when the new index is complete, or EMBEDDING_BASE_URL names that model again.",
        )
    return found


def _stored(tenant_id: UUID, generation: str, digests: set[str]) -> dict[str, np.ndarray]:
    import numpy as np

    found: dict[str, np.ndarray] = {}
    asked = sorted(digests)
    for start in range(0, len(asked), DIGESTS_PER_QUERY):
        with in_tenant(Tenant(pk=tenant_id)):
            rows = Passage.objects.for_tenant(tenant_id).filter(
                generation=generation, digest__in=asked[start : start + DIGESTS_PER_QUERY]
            )
            for digest, vector in rows.values_list("digest", "vector"):
                found[digest] = np.frombuffer(vector, dtype="<f4")
    return found


def _stop(work: Work, error: Exception) -> None:
    if isinstance(error, WorkWithdrawn):
        save.discard_work(work.claim)
        return
    end = outcomes.retry_later
    if isinstance(error, EmbedderError):
        end = outcomes.retry_later if error.permanent else outcomes.defer_outage
    else:
        log.error("Embedding version %s failed", work.claim.version_id, exc_info=error)
    end(
        work.claim,
        "embedder_unavailable",
        getattr(error, "message", "") or "The embedding model did not answer.",
        getattr(error, "hint", "") or "Tell the operator of the portal, then try again.",
    )
