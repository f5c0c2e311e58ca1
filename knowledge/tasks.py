"""Bells between verbs. The rows carry the work; a bell that is lost or doubled changes nothing.

Nothing heavy is imported here: every process that can ring loads this.
"""

from __future__ import annotations

import logging
import sys

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

log = logging.getLogger("knowledge.tasks")

BELL = "knowledge:bell"
BELL_LASTS = 5  # seconds after which a bell that nobody heard may be rung again


def ring() -> None:
    """After this transaction, somebody looks for work. One bell at a time: whoever hears it does all there is."""
    transaction.on_commit(ring_now)


def ring_now() -> None:
    try:
        if cache.add(BELL, 1, timeout=BELL_LASTS):
            (settings.QUEUE_DIR / "messages").mkdir(parents=True, exist_ok=True, mode=0o700)
            ingest_next.delay()
    except Exception as error:  # the rows are saved; the sweep rings again
        log.warning("The queue did not take a message, so the sweep will ring again: %s", error)


@shared_task(ignore_result=True, acks_late=False)
def ingest_next() -> None:
    """Does whatever waits: documents to read, moves to follow, what is to be erased."""
    cache.delete(BELL)
    from knowledge import ingest, upkeep

    upkeep.do_store_work()
    ingest.drain()


@shared_task(ignore_result=True, acks_late=False)
def sweep() -> None:
    """Leases that ran out are given back, and the bell is rung while anything waits."""
    from knowledge import claims, outcomes, upkeep

    outcomes.give_up_lost(claims.release_lost())
    if claims.anything_waits() or upkeep.store_work_waits():
        cache.delete(BELL)
        ring_now()


@shared_task(ignore_result=True, acks_late=False)
def maintain() -> None:
    """Once in a while: what the grace period of the trash has passed is handed to erasing; lost files are removed."""
    from knowledge import upkeep

    upkeep.remove_orphans()
    upkeep.ask_for_compaction()


@worker_shutting_down.connect
def _finish_what_is_begun(**_) -> None:
    if "knowledge.ingest" in sys.modules:
        from knowledge import ingest

        ingest.stop_soon()
