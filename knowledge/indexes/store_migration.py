"""From one vector store to the other: copied from the rows, compared, and only then answered from.

Nothing is embedded again. With VECTOR_STORE_ALSO both stores get every write while this runs, so nothing is lost in
between and the portal goes on answering; without it the portal should stand still. Cut off at any point it is begun
again, and takes up what is still missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from knowledge.indexes import index_writer, rebuild, reconcile
from knowledge.models import Collection, Passage
from knowledge.stores.base import IndexedPassage, Namespace, Query, Readable, StoreError, VectorStore
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

PASSAGES_PER_WRITE = 500  # passages
SAMPLE_QUESTIONS = 12  # questions a tenant
COMPARED_HITS = 5  # hits of each that are compared
MIN_AGREEMENT = 0.7  # two stores count words a little differently; one that lost something agrees on less

ProgressCallback = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class MigrationResult:
    tenant: str
    generation: str
    passages: int
    copied: int
    astray: int
    """Passages that are not as the rows say, after everything that was done about it."""
    asked: int
    agreement: float
    """Share of the first hits that both stores give. 1 when nothing was asked."""

    @property
    def well(self) -> bool:
        return not self.astray and self.agreement >= MIN_AGREEMENT


def indexes() -> Iterator[tuple[Tenant, str]]:
    """Everything that has to be moved."""
    for tenant in Tenant.objects.order_by("slug"):
        for generation in index_writer.generations(tenant.pk):
            yield tenant, generation


def move(
    tenant: Tenant, generation: str, old: VectorStore, new: VectorStore, *, on_progress: ProgressCallback
) -> MigrationResult:
    copied = _copy(tenant, generation, new, on_progress)
    for _ in range(3):  # what changed while it was copied
        report = reconcile.index(tenant, generation, new, repair=True)
        if not _astray(report):
            break
    left = reconcile.index(tenant, generation, new, repair=False)
    asked, agreement = _compare(tenant, generation, old, new)
    return MigrationResult(tenant.slug, generation, left.passages, copied, _astray(left), asked, agreement)


def _copy(tenant: Tenant, generation: str, new: VectorStore, on_progress: ProgressCallback) -> int:
    """What the new store lacks, a version at a time. How many passages."""
    namespace = Namespace(tenant.pk, generation)
    there = {stored.passage_id for page in new.listing(namespace) for stored in page}
    with in_tenant(tenant):
        rows = Passage.objects.for_tenant(tenant).filter(generation=generation).order_by("version")
        versions: dict[UUID, int] = {}
        for passage, version in rows.values_list("pk", "version").iterator():
            if passage not in there:
                versions[version] = versions.get(version, 0) + 1
    copied, batch, total = 0, list[IndexedPassage](), sum(versions.values())
    on_progress(0, total)
    for passages in rebuild.passages_of(tenant, generation, list(versions)):
        batch += passages
        if len(batch) >= PASSAGES_PER_WRITE:
            new.put(namespace, batch)
            copied, batch = copied + len(batch), []
            on_progress(min(copied, total), total)
    new.put(namespace, batch)
    new.optimise(namespace)
    on_progress(total, total)
    return copied + len(batch)


def _astray(report: reconcile.Report) -> int:
    return (
        report.missing_passages
        + report.orphaned_passages
        + report.stale_passages
        + report.doubled_passages
        + report.wrong_labels
    )


def _compare(tenant: Tenant, generation: str, old: VectorStore, new: VectorStore) -> tuple[int, float]:
    """The same questions to both: beginnings of passages, as somebody might ask for them. An old store that is out of
    reach cannot be asked; the counts stand for themselves then."""
    namespace = Namespace(tenant.pk, generation)
    with in_tenant(tenant):
        everything = Readable(frozenset(Collection.objects.for_tenant(tenant).values_list("pk", flat=True)))
        queries = [_question(row) for row in _sample(tenant, generation)]
    shares = []
    for query in queries:
        try:
            before = {hit.passage_id for hit in old.search(namespace, query, readable=everything, limit=COMPARED_HITS)}
        except StoreError:
            return 0, 1.0
        after = {hit.passage_id for hit in new.search(namespace, query, readable=everything, limit=COMPARED_HITS)}
        shares.append(len(before & after) / max(len(before), len(after), 1) if before or after else 1.0)
    return len(shares), sum(shares) / len(shares) if shares else 1.0


def _sample(tenant: Tenant, generation: str) -> list[Passage]:
    rows = Passage.objects.for_tenant(tenant).filter(generation=generation).order_by("pk")
    step = max(1, rows.count() // SAMPLE_QUESTIONS)
    return list(rows[::step])[:SAMPLE_QUESTIONS]


def _question(row: Passage) -> Query:
    import numpy as np

    from knowledge.text.analysis import terms

    text = " ".join(row.text.split()[:12])
    return Query(text, terms(text), np.frombuffer(row.vector, dtype="<f4"))
