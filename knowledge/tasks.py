"""Bells between verbs. The rows carry the work; a bell that is lost or doubled changes nothing.

Nothing heavy is imported here: every process that can ring loads this.
"""

from __future__ import annotations

import logging
import sys
import time

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

log = logging.getLogger("knowledge.tasks")

INTERACTIVE, BULK = "interactive", "bulk"  # queues, and the bells that hang in them
BUILD = "build"  # a bell in the bulk queue: making an index beside the one that answers
COMPARE = "compare"  # a bell where upkeep is done: tenants whose rows and index must be compared
BELL_LASTS = 5  # seconds after which a bell that nobody heard may be rung again
BELL_FADES = 60  # seconds after which one that nobody heard is no message any more
MANY = 4  # jobs that wait: with fewer, a second worker would find nothing left
JUMP = 20.0  # seconds that the clock may be off between two sweeps before leases are not believed

_last_sweep: tuple[float, float] | None = None
_followed = False


def ring(*, bulk: bool = False) -> None:
    """After this transaction, somebody looks for work. One bell at a time hangs in each queue: whoever hears it does
    all there is, and rings for one more worker while there is more."""
    transaction.on_commit(lambda: ring_now(BULK if bulk else INTERACTIVE))


def ring_now(bell: str = INTERACTIVE) -> None:
    try:
        if cache.add(_bell(bell), 1, timeout=BELL_LASTS):
            if settings.CELERY_BROKER_URL.startswith("filesystem"):
                (settings.QUEUE_DIR / "messages").mkdir(parents=True, exist_ok=True, mode=0o700)
            heard_by = {INTERACTIVE: ingest_next, BULK: ingest_bulk, BUILD: build_next, COMPARE: compare_next}
            heard_by[bell].apply_async(expires=BELL_FADES)
    except Exception as error:  # the rows are saved; the sweep rings again
        log.warning("The queue did not take a message, so the sweep will ring again: %s", error)


def ring_build() -> None:
    """After this transaction, somebody goes on making the indexes that are wanted."""
    transaction.on_commit(lambda: ring_now(BUILD))


@shared_task(ignore_result=True, acks_late=False)
def ingest_next() -> None:
    """What people wait for, and what is to be erased or moved. A worker of this queue alone is never deep in an import
    when somebody uploads a file; one that serves both takes people's files first."""
    from knowledge.models import Job

    _hear(INTERACTIVE)
    _work(up_to=Job.Priority.PERSON)


@shared_task(ignore_result=True, acks_late=False)
def ingest_bulk() -> None:
    """Everything that waits, people's files first."""
    from knowledge.models import Job

    _hear(BULK)
    _work(up_to=Job.Priority.BULK)


@shared_task(ignore_result=True, acks_late=False)
def build_next() -> None:
    """A few seconds of making an index beside the one that answers, and then again, behind whatever came meanwhile."""
    from knowledge.generations import work

    cache.delete(_bell(BUILD))
    if work.some():
        ring_now(BUILD)


@shared_task(ignore_result=True, acks_late=False)
def sweep() -> None:
    """Leases that ran out are given back, and the bells are rung while anything waits."""
    from knowledge import claims, comparisons, outcomes, upkeep, waiting
    from knowledge.generations import work
    from knowledge.models import Job

    if not _clock_jumped():
        for tenant in waiting.tenants_with_chores():
            outcomes.give_up_lost(claims.release_lost(tenant))
    _follow_settings_once()
    priorities = {priority for _, priority, _ in waiting.tenants_waiting()}
    if Job.Priority.PERSON in priorities or upkeep.store_work_waits():
        _ring_again(INTERACTIVE)
    if priorities:  # people's files too: nobody may be there who serves only them
        _ring_again(BULK)
    if any(work.building(tenant) for tenant in waiting.tenants_with_chores()):
        ring_now(BUILD)
    if comparisons.waiting():
        _ring_again(COMPARE)


@shared_task(ignore_result=True, acks_late=False)
def close_readings() -> None:
    """Pages that people read of a document become one event, 10 minutes after its opening."""
    from knowledge import readings
    from tenants.scope import each_tenant

    for tenant in each_tenant():
        readings.close_due(tenant)


@shared_task(ignore_result=True, acks_late=False)
def maintain() -> None:
    """Once in a while: what the grace period of the trash has passed is handed to erasing; lost files are removed."""
    from knowledge import upkeep

    upkeep.remove_orphans()
    upkeep.ask_for_compaction()


@shared_task(ignore_result=True, acks_late=False)
def let_sleep() -> None:
    """Once in a while: companies that nobody searched or wrote for hours give back the store's memory."""
    from knowledge import idle
    from knowledge.stores.base import StoreError

    try:
        idle.let_sleep()
    except StoreError as error:
        log.warning("Idle companies could not be put to sleep and are looked at again later: %s", error)


@shared_task(ignore_result=True, acks_late=False)
def compare() -> None:
    """Once in a while: rows, files and store of every tenant are to be compared."""
    from knowledge import comparisons

    comparisons.request_everywhere()


@shared_task(ignore_result=True, acks_late=False)
def compare_next() -> None:
    """One tenant that is to be compared, and what went astray is put right; then again, behind whatever came meanwhile."""
    from knowledge import comparison_work

    cache.delete(_bell(COMPARE))
    if comparison_work.run_next():
        ring_now(COMPARE)


@worker_shutting_down.connect
def _finish_what_is_begun(**_) -> None:
    if "knowledge.ingest" in sys.modules:
        from knowledge import ingest

        ingest.stop_soon()


def _work(*, up_to: int) -> None:
    from knowledge import ingest, upkeep

    upkeep.do_store_work()
    ingest.drain(up_to=up_to)


def _hear(queue: str) -> None:
    """The bell may hang again. Where more waits than one worker does in a moment, another one is called."""
    from knowledge import waiting

    cache.delete(_bell(queue))
    if queue == BULK and sum(count for _, _, count in waiting.tenants_waiting()) > MANY:
        ring_now(BULK)


def _follow_settings_once() -> None:
    """A process that has just started may have other settings than those that the indexes were made with."""
    global _followed
    if not _followed:
        from knowledge.generations.follow import follow_settings

        follow_settings()
        _followed = True


def _ring_again(queue: str) -> None:
    cache.delete(_bell(queue))
    ring_now(queue)


def _bell(queue: str) -> str:
    return f"knowledge:bell:{queue}"


def _clock_jumped() -> bool:
    """The clock was set since the last sweep here: leases written before look too old or too new. Those who live
    renew theirs before the next sweep."""
    global _last_sweep
    before, _last_sweep = _last_sweep, (time.time(), time.monotonic())
    if before is None:
        return False
    by_clock, in_truth = (new - old for new, old in zip(_last_sweep, before, strict=True))
    return abs(by_clock - in_truth) > JUMP
