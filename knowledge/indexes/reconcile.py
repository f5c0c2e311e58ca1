"""Database, files and store are compared, tenant by tenant, and what went astray is put right.

The rows are right. What the store lacks is put there from them, without embedding anything again; what it has and they
do not is taken away. A file that no row knows goes when it is old enough to belong to no upload; a row whose file is
gone can only be reported, unless nobody has read it yet, and then its version says so.

It runs while people work: what looks astray is looked at once more before anything is done about it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from knowledge import backends
from knowledge.indexes import index_writer, rebuild
from knowledge.jobs import claims, outcomes, queue_stats
from knowledge.library import chunked_uploads, documents, stored_files
from knowledge.models import Blob, Document, Job, Passage, Status, Trashing, Version
from knowledge.models.version import SEARCHABLE, WORKING
from knowledge.stores.base import IndexedPassage, Namespace, VectorStore
from tenants.isolation.scope import in_tenant
from tenants.members.teams import touch_corpus
from tenants.models import Tenant

log = logging.getLogger("knowledge.indexes.reconcile")

BATCH_SIZE = 500  # passages in one write, versions in one question


@dataclass(slots=True)
class Report:
    """What was found in one tenant, by number. `repaired` says whether it was put right."""

    tenant: str
    repaired: bool
    passages: int = 0  # rows, in every index
    missing_passages: int = 0  # rows that the store lacks
    orphaned_passages: int = 0  # in the store, of versions that no row knows
    stale_passages: int = 0  # in the store, of versions that are no longer current, or cut otherwise since
    doubled_passages: int = 0  # more than once in the store
    wrong_labels: int = 0  # documents that the store has under a collection they left
    stale_rows: int = 0  # passages in the database of versions that are no longer current
    ready_without_passages: int = 0  # versions
    lost_jobs: int = 0  # versions on their way that nobody would ever come to
    lost_leases: int = 0  # jobs whose worker died
    files_without_row: int = 0
    rows_without_file: int = 0
    missing_files: list[str] = field(default_factory=list)  # ids of the documents concerned, as many as are told

    @property
    def astray(self) -> int:
        counted = (name for name in self.__slots__ if name not in ("tenant", "repaired", "passages", "missing_files"))
        return sum(getattr(self, name) for name in counted)


def everywhere(*, repair: bool) -> list[Report]:
    """Every active tenant. One whose store or files cannot be read does not keep the others back."""
    reports = []
    for tenant in Tenant.objects.filter(is_active=True).order_by("slug"):
        try:
            reports.append(report := of_tenant(tenant, repair=repair))
            if report.astray:
                log.warning("%s: %s astray, %s", tenant.slug, report.astray, "put right" if repair else "left")
        except Exception:
            log.exception("%s could not be compared and is tried again later.", tenant.slug)
    return reports


def of_tenant(tenant: Tenant, *, repair: bool) -> Report:
    report = Report(tenant.slug, repair)
    _rows(tenant, report)
    for generation in index_writer.complete_generations(tenant.pk):
        _index(tenant, generation, backends.store(), report)
    _jobs(tenant, report)
    _files(tenant, report)
    return report


def _rows(tenant: Tenant, report: Report) -> None:
    """Passages stand for current versions alone; a current version that is ready has some."""
    active = index_writer.active_generation(tenant.pk)
    with in_tenant(tenant), transaction.atomic():
        passages = Passage.objects.for_tenant(tenant)
        current = Document.objects.for_tenant(tenant).filter(current_version__isnull=False).values("current_version")
        stale = passages.exclude(version__in=current).exclude(version__status__in=WORKING)
        report.stale_rows = stale.count()
        empty = Version.objects.for_tenant(tenant).filter(pk__in=current, status__in=SEARCHABLE)
        empty = empty.exclude(pk__in=passages.filter(generation=active).values("version"))
        # Another index may be on its way; its documents are queued already.
        empty = empty.exclude(job__state__in=(Job.State.WAITING, Job.State.RUNNING))
        report.ready_without_passages = empty.count()
        if report.repaired:
            stale.delete()
            for version in empty:
                documents.queue(version)


def index(tenant: Tenant, generation: str, store: VectorStore | None = None, *, repair: bool = True) -> Report:
    """One index alone, in this store or the portal's: by those who make or move it."""
    report = Report(tenant.slug, repair)
    _index(tenant, generation, store or backends.store(), report)
    return report


def _index(tenant: Tenant, generation: str, store: VectorStore, report: Report) -> None:
    namespace = Namespace(tenant.pk, generation)
    before = _expected(tenant, generation)
    seen: Counter[UUID] = Counter()
    strange: dict[UUID, UUID] = {}  # passage -> version
    labels: dict[UUID, UUID] = {}  # document -> collection that the store has it under
    for stored in (each for page in store.listing(namespace) for each in page):
        seen[stored.passage_id] += 1
        if stored.passage_id in before:
            labels[stored.document_id] = stored.collection_id
        else:
            strange[stored.passage_id] = stored.version_id
    # While this looked, documents came and went. Who is worked on is asked before the rows are read again: what was
    # finished in between is in them.
    strange = _without_work(tenant, strange)
    after = _expected(tenant, generation)
    strange = {passage: version for passage, version in strange.items() if passage not in after}
    missing = [passage for passage in before if passage not in seen and passage in after]
    doubled = [passage for passage, times in seen.items() if times > 1 and passage in after]
    astray = _misplaced(tenant, labels)
    existing = _existing_versions(tenant, strange.values())
    report.passages += len(after)
    report.missing_passages += len(missing)
    report.stale_passages += sum(version in existing for version in strange.values())
    report.orphaned_passages += sum(version not in existing for version in strange.values())
    report.doubled_passages += len(doubled)
    report.wrong_labels += len(astray)
    if not report.repaired or not (strange or missing or doubled or astray):
        return
    store.discard(namespace, [*strange, *doubled])
    _put(tenant, namespace, store, sorted({after[passage] for passage in (*missing, *doubled)}))
    for document_id, collection_id in astray.items():
        store.move(namespace, document_id, collection_id)
    store.optimise(namespace)
    with in_tenant(tenant), transaction.atomic():
        touch_corpus(tenant)


def _expected(tenant: Tenant, generation: str) -> dict[UUID, UUID]:
    """Passage -> version, of what is found in this index or would be when it is taken out of the trash."""
    with in_tenant(tenant):
        going = Trashing.objects.for_tenant(tenant).filter(erase_after__lte=timezone.now()).values("document")
        rows = Passage.objects.for_tenant(tenant).filter(generation=generation).exclude(version__document__in=going)
        return dict(rows.values_list("pk", "version_id"))


def _misplaced(tenant: Tenant, labels: dict[UUID, UUID]) -> dict[UUID, UUID]:
    """Documents that the store has under another collection than the rows say -> where they belong. A move that the
    store is still to follow is no mistake."""
    with in_tenant(tenant):
        rows = Document.objects.for_tenant(tenant).filter(indexed_under__isnull=True)
        return {pk: shelf for pk, shelf in rows.values_list("pk", "collection_id") if labels.get(pk, shelf) != shelf}


def _without_work(tenant: Tenant, strange: dict[UUID, UUID]) -> dict[UUID, UUID]:
    """Versions on their way are in the store before they are in the rows, and put right by those who work on them."""
    busy: set[UUID] = set()
    with in_tenant(tenant):
        for some in _slices(set(strange.values())):
            on_their_way = Version.objects.for_tenant(tenant).filter(pk__in=some, status__in=WORKING)
            busy |= set(on_their_way.values_list("pk", flat=True))
    return {passage: version for passage, version in strange.items() if version not in busy}


def _existing_versions(tenant: Tenant, versions: Iterable[UUID]) -> set[UUID]:
    existing: set[UUID] = set()
    with in_tenant(tenant):
        for some in _slices(set(versions)):
            existing |= set(Version.objects.for_tenant(tenant).filter(pk__in=some).values_list("pk", flat=True))
    return existing


def _put(tenant: Tenant, namespace: Namespace, store: VectorStore, versions: list[UUID]) -> None:
    batch: list[IndexedPassage] = []
    for passages in rebuild.passages_of(tenant, namespace.generation, versions):
        batch += passages
        if len(batch) >= BATCH_SIZE:
            store.put(namespace, batch)
            batch = []
    store.put(namespace, batch)


def _jobs(tenant: Tenant, report: Report) -> None:
    """A version on its way has a job that waits or runs, and one that runs has a lease."""
    with in_tenant(tenant), transaction.atomic():
        active = (Job.State.WAITING, Job.State.RUNNING)
        forgotten = Version.objects.for_tenant(tenant).filter(status__in=WORKING, document__trashing__isnull=True)
        forgotten = forgotten.exclude(job__state__in=active).select_related("document")
        report.lost_jobs = len(lost := list(forgotten))
        running = Job.objects.for_tenant(tenant).filter(state=Job.State.RUNNING)
        report.lost_leases = running.filter(lease_until__lt=queue_stats.now()).count()
        if report.repaired:
            for version in lost:
                if version.document.latest_version_id == version.pk:
                    documents.queue(version)  # as if it had just come in
                else:
                    version.status, version.error_code = Status.FAILED, "overtaken"
                    version.error_message = "A newer version was uploaded before this one was read."
                    version.save(update_fields=["status", "error_code", "error_message"])
    if report.repaired:
        outcomes.give_up_lost(claims.release_lost(tenant))


def _files(tenant: Tenant, report: Report) -> None:
    with in_tenant(tenant):
        blob_ids = dict(Blob.objects.for_tenant(tenant).values_list("path", "pk"))
        begun = chunked_uploads.paths(tenant)
    there = set()
    for path, is_old in stored_files.of_tenant(tenant):
        there.add(path)
        if path not in blob_ids and path not in begun and is_old:
            report.files_without_row += 1
            if report.repaired:
                stored_files.remove(path)
    gone = [blob for path, blob in blob_ids.items() if path not in there and not stored_files.is_there(path)]
    if not gone:
        return
    with in_tenant(tenant), transaction.atomic():
        still = [blob for some in _slices(gone) for blob in Blob.objects.for_tenant(tenant).filter(pk__in=some)]
        lost = [blob.pk for blob in still if not stored_files.is_there(blob.path)]
        report.rows_without_file = len(lost)
        versions = [
            version
            for some in _slices(lost)
            for version in Version.objects.for_tenant(tenant)
            .filter(blob__in=some)
            .values_list("document_id", flat=True)
        ]
        report.missing_files = sorted({str(document) for document in versions})[:100]


def _slices(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rows = list(ids)
    for start in range(0, len(rows), BATCH_SIZE):
        yield rows[start : start + BATCH_SIZE]
