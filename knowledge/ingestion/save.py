"""The last stage: passages into the store, then rows and the switch to the new version in one transaction."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterable
from datetime import date
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from knowledge.indexes import comparison_queue, index_writer
from knowledge.ingestion.work_items import Work, WorkWithdrawn
from knowledge.jobs import claims, outcomes
from knowledge.jobs.claims import Claim
from knowledge.library import version_text
from knowledge.models import Content, Document, Job, Passage, Status, Version
from knowledge.models.passage import passage_id
from knowledge.stores.base import IndexedPassage, StoreError, StoreUnavailable
from tenants.isolation.scope import in_tenant
from tenants.members.teams import touch_corpus

log = logging.getLogger("knowledge.ingestion")

FIELDS_FROM_PARSING = (  # about a version, by reading it
    *("status", "warnings", "media_type", "language", "page_count", "passage_count", "progress_done", "progress_total"),
    *("error_code", "error_message", "error_hint", "ready_at"),
)
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 8.0  # seconds between two tries of a store that is away


class _Overtaken(Exception):
    """The tenant answers from another index since the work began: it is done again, for that one."""


def save(works: list[Work], *, hold: float = 0, sleep: Callable[[float], bool] = lambda seconds: True) -> None:
    """All of them, index by index. One that cannot be saved does not keep the others back.

    A store that is away is waited for, `hold` seconds, with the work in hand: what was read and embedded is not thrown
    away, and no more is read meanwhile. `sleep` sleeps, and says True when there is no more time.
    """
    for index in {work.index for work in works}:
        mine = [work for work in works if work.index == index]
        try:
            _save(index[0], mine, hold, sleep)
        except Exception as error:
            if len(mine) > 1:
                for work in mine:
                    save([work])
            else:
                _stop(mine[0], error)


def remove_superseded(claim: Claim, version: Version) -> None:
    """After a version became current: what it replaced leaves the store, and only then is the work done."""
    with in_tenant(claim.tenant):
        versions = Version.objects.for_tenant(claim.tenant_id).filter(document_id=version.document_id)
        older = list(versions.filter(number__lt=version.number).values_list("pk", flat=True))
    index_writer.drop(claim.tenant_id, older)
    with in_tenant(claim.tenant), transaction.atomic():
        claims.finish([claim])


def discard_work(claim: Claim) -> None:
    """Trashed, deleted or cancelled while it was read: nothing of it stays in the store.

    A job that somebody else holds by now is left to them; they put the same ids.
    """
    with in_tenant(claim.tenant):
        job = Job.objects.for_tenant(claim.tenant_id).filter(pk=claim.job_id).first()
    if job is None or job.state == Job.State.CANCELLED or job.claimed_by == claim.holder:
        index_writer.drop(claim.tenant_id, [claim.version_id])
    if job is not None and job.state == Job.State.RUNNING:
        with in_tenant(claim.tenant), transaction.atomic():
            claims.finish([claim], Job.State.CANCELLED)


def tidy(tenant_ids: Iterable[UUID], *, after: int = index_writer.TIDY_AFTER) -> None:
    for tenant_id in tenant_ids:
        try:
            index_writer.tidy(tenant_id, after=after)
        except StoreError:
            log.warning("Compacting the search index failed and is tried again later.", exc_info=True)


def _save(tenant_id: UUID, works: list[Work], hold: float, sleep: Callable[[float], bool]) -> None:
    held = claims.still_held([work.claim for work in works])
    for work in works:
        if work.claim.job_id not in held:
            discard_work(work.claim)
    works = [work for work in works if work.claim.job_id in held]
    if not works:
        return
    if len(works) == 1:  # several are small files, and ready before anything about them need be said
        works[0].progress.report(Status.INDEXING, 0, works[0].weight)
    _into_store(tenant_id, works, hold, sleep)
    tenant = works[0].version.tenant
    with in_tenant(tenant), transaction.atomic():
        if not index_writer.still_active(tenant_id, works[0].generation):
            raise _Overtaken
        held = claims.still_held([work.claim for work in works], until_commit=True)
        fresh = _present(tenant_id, works)
        saved = [work for work in works if work.claim.job_id in held and work.version.document_id in fresh]
        reread = _write_rows(tenant_id, saved)
        late = [work for work in saved if not _make_current(work, fresh[work.version.document_id])]
        outcomes.note_ready(
            tenant_id, [(work.version, _title(work, fresh[work.version.document_id])) for work in saved]
        )
        claims.finish([work.claim for work in saved if not _replaces(work)])
        if saved:
            touch_corpus(tenant)
    for work in works:
        if work not in saved:
            discard_work(work.claim)
        elif _replaces(work):
            remove_superseded(work.claim, work.version)
    index_writer.drop(tenant_id, [work.version.pk for work in late])
    for name in set(index_writer.generations(tenant_id)) - {works[0].generation} if reread else ():
        index_writer.drop(tenant_id, reread, generation=name)
    tidy([tenant_id], after=10 * index_writer.TIDY_AFTER)


def _into_store(tenant_id: UUID, works: list[Work], hold: float, sleep: Callable[[float], bool]) -> None:
    until, pause = time.monotonic() + hold, SHORTEST_PAUSE
    # An earlier attempt, or an earlier reading, may have cut the text differently.
    again = [w.version.pk for w in works if w.claim.attempt > 1 or w.claim.held_up or w.version.ready_at]
    was_away = any(work.claim.held_up for work in works)
    while True:
        try:
            index_writer.drop(tenant_id, again, generation=works[0].generation)
            index_writer.put(tenant_id, works[0].generation, [passage for work in works for passage in _indexed(work)])
            if was_away:  # one that fell over with a full disk has been seen to lack what it had confirmed
                comparison_queue.request(tenant_id)
            return
        except StoreUnavailable as error:
            was_away = True
            if error.permanent or time.monotonic() + pause > until or sleep(pause):
                raise
            pause = min(2 * pause, LONGEST_PAUSE)


def _present(tenant_id: UUID, works: list[Work]) -> dict[UUID, Document]:
    """Their documents as they are now, and stay in the transaction that writes; none that is gone or in the trash."""
    documents = Document.objects.for_tenant_by_key(
        tenant_id, pk__in=[work.version.document_id for work in works]
    ).present()
    return documents.select_for_update(of=("self",)).order_by("pk").select_related("current_version").in_bulk()


def _replaces(work: Work) -> bool:
    return work.version.number > 1


def _write_rows(tenant_id: UUID, works: list[Work]) -> list[UUID]:
    """The versions whose text is another than before: what other indexes cut from it went, too, and is cut again there
    when they are needed."""
    versions = [work.version.pk for work in works]
    former = Content.objects.for_tenant_by_key(tenant_id, version__in=versions)
    before = dict(former.values_list("version", "text"))
    reread = [w.version.pk for w in works if w.version.pk in before and before[w.version.pk] != w.parsed.text]
    former.delete()
    earlier = Passage.objects.for_tenant_by_key(tenant_id, version__in=versions)
    earlier.filter(generation__in={work.generation for work in works}).delete()
    Passage.objects.for_tenant_by_key(tenant_id, version__in=reread).delete()
    Passage.objects.bulk_create([row for work in works for row in _rows(work)])
    contents = [_content(work) for work in works]
    leaves = version_text.prepare(contents)
    Content.objects.bulk_create(contents)
    version_text.store_leaves(leaves)
    return reread


def _make_current(work: Work, document: Document) -> bool:
    """False: a newer version was ready before it, and nothing is found in this one."""
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
    version.ready_at = version.ready_at or timezone.now()
    version.save(update_fields=FIELDS_FROM_PARSING)
    if document.current_version and document.current_version.number > version.number:
        Passage.objects.for_tenant(version.tenant_id).filter(version=version).delete()
        return False
    older = Passage.objects.for_tenant(version.tenant_id).filter(
        version__document_id=document.pk, version__number__lt=version.number
    )
    if version.number > 1:
        older.delete()
    moved = document.collection_id != _label(work)  # while it was read
    # Not by `save`: what the reader found out about a document is told by its own event, and is nobody's change of it.
    Document.objects.for_tenant(version.tenant_id).filter(pk=document.pk).update(
        current_version=version,
        title=_title(work, document),
        author=document.author or parsed.author[:200],
        dated=document.dated or _date(parsed.created),
        indexed_under=_label(work) if moved else document.indexed_under,
        changed_at=timezone.now(),
    )
    return True


def _title(work: Work, document: Document) -> str:
    """What the reader found, unless somebody renamed the document meanwhile."""
    return work.title if document.title == work.version.document.title else document.title


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


def _stop(work: Work, error: Exception) -> None:
    """Neither a full disk nor a store or database that is away is the file's fault."""
    if isinstance(error, _Overtaken):
        index_writer.drop(work.claim.tenant_id, [work.version.pk], generation=work.generation)
        claims.return_to_queue([work.claim])
        return
    message, hint = getattr(error, "message", ""), getattr(error, "hint", "")
    if isinstance(error, WorkWithdrawn):
        discard_work(work.claim)
    elif getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in str(error):
        outcomes.defer_outage(
            work.claim, "no_room", "The disk of the portal is full. The file itself is safe.", "Tell your operator."
        )
    else:
        if not isinstance(error, (StoreError, OperationalError, OSError)):
            log.error("Saving version %s failed", work.claim.version_id, exc_info=error)
        away = isinstance(error, (StoreUnavailable, OperationalError, OSError))
        end = outcomes.defer_outage if away and not getattr(error, "permanent", False) else outcomes.retry_later
        end(
            work.claim,
            "index_unavailable",
            message or "The search index could not be written. The file itself is safe.",
            hint or "Try again in a moment.",
        )
