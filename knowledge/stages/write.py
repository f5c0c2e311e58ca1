"""The last stage: passages into the store, then rows and the switch to the new version in one transaction."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from knowledge import claims, indexing, outcomes
from knowledge.claims import Claim
from knowledge.models import Content, Document, Job, Passage, Status, Version
from knowledge.models.passage import passage_id
from knowledge.stages.work import Work
from knowledge.stores.base import IndexedPassage, StoreError
from tenants.scope import in_tenant
from tenants.teams import touch_corpus

log = logging.getLogger("knowledge.ingest")


def save(works: list[Work]) -> None:
    """All of them, tenant by tenant. One that cannot be saved does not keep the others back."""
    for tenant_id in {work.claim.tenant_id for work in works}:
        mine = [work for work in works if work.claim.tenant_id == tenant_id]
        try:
            _save(tenant_id, mine)
        except Exception as error:
            if len(mine) > 1:
                for work in mine:
                    save([work])
            else:
                _postpone(mine[0], error)


def settle(claim: Claim, version: Version) -> None:
    """After a version became current: what it replaced leaves the store, and only then is the work done."""
    older = list(
        Version.objects.for_tenant(claim.tenant_id)
        .filter(document_id=version.document_id, number__lt=version.number)
        .values_list("pk", flat=True)
    )
    indexing.drop(claim.tenant_id, older)
    with transaction.atomic():
        claims.finish([claim])


def tidy(tenant_ids: Iterable[UUID], *, after: int = indexing.TIDY_AFTER) -> None:
    for tenant_id in tenant_ids:
        try:
            indexing.tidy(tenant_id, after=after)
        except StoreError:
            log.warning("Compacting the search index failed and is tried again later.", exc_info=True)


def _save(tenant_id: UUID, works: list[Work]) -> None:
    held = claims.still_held([work.claim for work in works])
    works = [work for work in works if work.claim.job_id in held]
    if not works:
        return
    for work in works:
        if work.claim.attempt > 1:  # an earlier attempt may have cut the text differently
            indexing.drop(tenant_id, [work.version.pk])
        work.progress.tell(Status.INDEXING, 0, work.weight)
    indexing.put(tenant_id, works[0].generation, [passage for work in works for passage in _indexed(work)])
    tenant = works[0].version.tenant
    with in_tenant(tenant), transaction.atomic():
        kept = _still_ours(tenant_id, works)
        _write_rows(tenant_id, kept)
        documents = Document.objects.for_tenant(tenant_id).select_related("current_version")
        fresh = documents.in_bulk([work.version.document_id for work in kept])
        for work in kept:
            _make_current(work, fresh[work.version.document_id])
        claims.finish([work.claim for work in kept if not _replaces(work)])
        if kept:
            touch_corpus(tenant)
    for work in works:
        if work not in kept:
            _take_back(work)
        elif _replaces(work):
            settle(work.claim, work.version)
    tidy([tenant_id], after=10 * indexing.TIDY_AFTER)


def _still_ours(tenant_id: UUID, works: list[Work]) -> list[Work]:
    """Still claimed, and the document neither gone nor in the trash. Asked in the transaction that writes."""
    held = claims.still_held([work.claim for work in works])
    documents = Document.objects.for_tenant(tenant_id).present()
    present = set(documents.filter(pk__in=[work.version.document_id for work in works]).values_list("pk", flat=True))
    return [work for work in works if work.claim.job_id in held and work.version.document_id in present]


def _replaces(work: Work) -> bool:
    return work.version.number > 1


def _write_rows(tenant_id: UUID, works: list[Work]) -> None:
    versions = [work.version.pk for work in works]
    Passage.objects.for_tenant(tenant_id).filter(version__in=versions).delete()
    Content.objects.for_tenant(tenant_id).filter(version__in=versions).delete()
    Passage.objects.bulk_create([row for work in works for row in _rows(work)])
    Content.objects.bulk_create([_content(work) for work in works])


def _make_current(work: Work, document: Document) -> None:
    version, parsed = work.version, work.parsed
    warnings = [{"code": warning.code, "message": warning.message} for warning in parsed.warnings]
    version.status = Status.READY_WITH_WARNINGS if warnings else Status.READY
    version.warnings = warnings
    version.media_type = parsed.media_type[:120]
    version.language = work.language[:8]
    version.page_count = len(parsed.pages)
    version.passage_count = len(work.chunks)
    version.progress_done = version.progress_total = len(work.chunks)
    version.error_code = version.error_message = version.error_hint = ""
    outcomes.note_ready(version)
    version.save()
    if document.current_version and document.current_version.number > version.number:
        return
    older = Passage.objects.for_tenant(version.tenant_id).filter(
        version__document_id=document.pk, version__number__lt=version.number
    )
    if version.number > 1:
        older.delete()
    document.current_version = version
    if document.title == version.document.title:  # nobody renamed it meanwhile
        document.title = work.title
    document.author = document.author or parsed.author[:200]
    document.dated = document.dated or _date(parsed.created)
    if document.collection_id != _label(work):  # moved while it was read
        document.indexed_under = _label(work)
    document.save(update_fields=["current_version", "title", "author", "dated", "indexed_under", "changed_at"])


def _take_back(work: Work) -> None:
    """Trashed, deleted or cancelled while it was read: nothing of it stays in the store.

    A job that somebody else holds by now is left to them; they put the same ids.
    """
    job = Job.objects.for_tenant(work.claim.tenant_id).filter(pk=work.claim.job_id).first()
    if job is None or job.state == Job.State.CANCELLED or job.claimed_by == work.claim.holder:
        indexing.drop(work.claim.tenant_id, [work.version.pk])
    if job is not None and job.state == Job.State.RUNNING:
        claims.finish([work.claim], Job.State.CANCELLED)


def _label(work: Work) -> UUID:
    """The collection under which the store holds it."""
    document = work.version.document
    return document.indexed_under or document.collection_id


def _indexed(work: Work) -> list[IndexedPassage]:
    document = work.version.document
    return [
        IndexedPassage(
            passage_id=passage_id(work.version.pk, work.generation, chunk.ordinal),
            document_id=document.pk,
            document_no=document.number,
            version_id=work.version.pk,
            collection_id=_label(work),
            text=chunk.text,
            terms=terms,
            vector=vector,
        )
        for chunk, terms, vector in zip(work.chunks, work.terms, work.vectors, strict=True)
    ]


def _rows(work: Work) -> list[Passage]:
    return [
        Passage(
            pk=passage_id(work.version.pk, work.generation, chunk.ordinal),
            tenant_id=work.claim.tenant_id,
            version=work.version,
            generation=work.generation,
            ordinal=chunk.ordinal,
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            page=chunk.page,
            heading_path=list(chunk.heading_path),
            digest=digest,
            vector=vector.astype("<f4").tobytes(),
        )
        for chunk, digest, vector in zip(work.chunks, work.digests, work.vectors, strict=True)
    ]


def _content(work: Work) -> Content:
    parsed = work.parsed
    return Content(
        tenant_id=work.claim.tenant_id,
        version=work.version,
        text=parsed.text,
        pages=[[page.number, page.start, page.end, page.label] for page in parsed.pages],
        blocks=[
            [block.kind, block.start, block.end, block.level, [list(cell) for cell in block.cells]]
            for block in parsed.blocks
        ],
    )


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if date(1970, 1, 1) < found <= timezone.localdate() else None


def _postpone(work: Work, error: Exception) -> None:
    full = getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT) or "full" in str(error)
    if not isinstance(error, (StoreError, OperationalError, OSError)):
        log.error("Saving version %s failed", work.claim.version_id, exc_info=error)
    if full:
        outcomes.try_later(
            work.claim, "no_room", "The disk of the portal is full. The file itself is safe.", "Tell your operator."
        )
        return
    outcomes.try_later(
        work.claim,
        "index_unavailable",
        getattr(error, "message", "") or "The search index could not be written. The file itself is safe.",
        getattr(error, "hint", "") or "Try again in a moment.",
    )
