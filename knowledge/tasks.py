"""Bells between verbs. The rows carry the work; a bell that is lost or doubled changes nothing.

Nothing heavy is imported here: every process that can ring loads this.
"""

from __future__ import annotations

import logging
import sys
import time

from celery import shared_task
from celery.signals import worker_shutting_down
from django.core.cache import cache

from knowledge.task_queue import BUILD, BULK, COMPARE, INTERACTIVE, _dedupe_key, notify_now

log = logging.getLogger("knowledge.tasks")

MANY = 4  # jobs that wait: with fewer, a second worker would find nothing left
JUMP = 20.0  # seconds that the clock may be off between two sweeps before leases are not believed

_last_sweep: tuple[float, float] | None = None
_followed = False


@shared_task(ignore_result=True, acks_late=False)
def ingest_next() -> None:
    """What people wait for, and what is to be erased or moved. A worker of this queue alone is never deep in an import
    when somebody uploads a file; one that serves both takes people's files first."""
    from knowledge.models import Job

    _acknowledge(INTERACTIVE)
    _work(up_to=Job.Priority.PERSON)


@shared_task(ignore_result=True, acks_late=False)
def ingest_bulk() -> None:
    """Everything that waits, people's files first."""
    from knowledge.models import Job

    _acknowledge(BULK)
    _work(up_to=Job.Priority.BULK)


@shared_task(ignore_result=True, acks_late=False)
def build_next() -> None:
    """A few seconds of making an index beside the one that answers, and then again, behind whatever came meanwhile."""
    from knowledge.indexes import scheduler

    cache.delete(_dedupe_key(BUILD))
    if scheduler.run_one_slice():
        notify_now(BUILD)


@shared_task(ignore_result=True, acks_late=False)
def sweep() -> None:
    """Leases that ran out are given back, and the bells are rung while anything waits."""
    from knowledge import maintenance
    from knowledge.indexes import comparison_queue, scheduler
    from knowledge.jobs import claims, outcomes, queue_stats
    from knowledge.models import Job

    if not _clock_jumped():
        for tenant in queue_stats.tenants_with_maintenance_due():
            outcomes.give_up_lost(claims.release_lost(tenant))
    _follow_settings_once()
    priorities = {priority for _, priority, _ in queue_stats.tenants_waiting()}
    if Job.Priority.PERSON in priorities or maintenance.store_work_waits():
        _notify_again(INTERACTIVE)
    if priorities:  # people's files too: nobody may be there who serves only them
        _notify_again(BULK)
    if any(scheduler.building(tenant) for tenant in queue_stats.tenants_with_maintenance_due()):
        notify_now(BUILD)
    if comparison_queue.waiting():
        _notify_again(COMPARE)


@shared_task(ignore_result=True, acks_late=False)
def close_readings() -> None:
    """Pages that people read of a document become one event, 10 minutes after its opening."""
    from knowledge.library import reading_log
    from tenants.isolation.scope import each_tenant

    for tenant in each_tenant():
        reading_log.close_due(tenant)


@shared_task(ignore_result=True, acks_late=False)
def maintain() -> None:
    """Once in a while: what the grace period of the trash has passed is handed to erasing; lost files are removed."""
    from knowledge import maintenance

    maintenance.remove_orphans()
    maintenance.ask_for_compaction()


@shared_task(ignore_result=True, acks_late=False)
def let_sleep() -> None:
    """Once in a while: companies that nobody searched or wrote for hours give back the store's memory."""
    from knowledge.indexes import tenant_activity
    from knowledge.stores.base import StoreError

    try:
        tenant_activity.deactivate_idle()
    except StoreError as error:
        log.warning("Idle companies could not be put to sleep and are looked at again later: %s", error)


@shared_task(ignore_result=True, acks_late=False)
def compare() -> None:
    """Once in a while: rows, files and store of every tenant are to be compared."""
    from knowledge.indexes import comparison_queue

    comparison_queue.request_everywhere()


@shared_task(ignore_result=True, acks_late=False)
def compare_next() -> None:
    """One tenant that is to be compared, and what went astray is put right; then again, behind whatever came meanwhile."""
    from knowledge.indexes import comparison_worker

    cache.delete(_dedupe_key(COMPARE))
    if comparison_worker.run_next():
        notify_now(COMPARE)


@worker_shutting_down.connect
def _finish_what_is_begun(**_) -> None:
    if "knowledge.ingestion.pipeline" in sys.modules:
        from knowledge.ingestion import pipeline

        pipeline.stop_soon()


def _work(*, up_to: int) -> None:
    from knowledge import maintenance
    from knowledge.ingestion import pipeline

    maintenance.do_store_work()
    pipeline.drain(up_to=up_to)


def _acknowledge(queue: str) -> None:
    """The bell may hang again. Where more waits than one worker does in a moment, another one is called."""
    from knowledge.jobs import queue_stats

    cache.delete(_dedupe_key(queue))
    if queue == BULK and sum(count for _, _, count in queue_stats.tenants_waiting()) > MANY:
        notify_now(BULK)


def _follow_settings_once() -> None:
    """A process that has just started may have other settings than those that the indexes were made with."""
    global _followed
    if not _followed:
        from knowledge.indexes.settings_changes import follow_settings

        follow_settings()
        _followed = True


def _notify_again(queue: str) -> None:
    cache.delete(_dedupe_key(queue))
    notify_now(queue)


def _clock_jumped() -> bool:
    """The clock was set since the last sweep here: leases written before look too old or too new. Those who live
    renew theirs before the next sweep."""
    global _last_sweep
    before, _last_sweep = _last_sweep, (time.time(), time.monotonic())
    if before is None:
        return False
    by_clock, in_truth = (new - old for new, old in zip(_last_sweep, before, strict=True))
    return abs(by_clock - in_truth) > JUMP
