"""Enqueues the tasks of this app by their names and imports none of them: every package may use it.

The rows are the queue; a message only wakes a worker, and one that is lost or doubled changes nothing.
"""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

log = logging.getLogger("knowledge.tasks")

INTERACTIVE, BULK = "interactive", "bulk"  # queues, and the bells that hang in them
BUILD = "build"  # a bell in the bulk queue: making an index beside the one that answers
COMPARE = "compare"  # a bell where upkeep is done: tenants whose rows and index must be compared
NOTIFY_AGAIN_AFTER_SECONDS = 5  # seconds after which a bell that nobody heard may be rung again
MESSAGE_EXPIRES_SECONDS = 60  # seconds after which one that nobody heard is no message any more
TASKS = {
    INTERACTIVE: "knowledge.tasks.ingest_next",
    BULK: "knowledge.tasks.ingest_bulk",
    BUILD: "knowledge.tasks.build_next",
    COMPARE: "knowledge.tasks.compare_next",
}


def notify_workers(*, bulk: bool = False) -> None:
    """After this transaction, somebody looks for work. One bell at a time hangs in each queue: whoever hears it does
    all there is, and rings for one more worker while there is more."""
    transaction.on_commit(lambda: notify_now(BULK if bulk else INTERACTIVE))


def notify_now(queue: str = INTERACTIVE) -> None:
    try:
        if cache.add(_dedupe_key(queue), 1, timeout=NOTIFY_AGAIN_AFTER_SECONDS):
            if settings.CELERY_BROKER_URL.startswith("filesystem"):
                (settings.QUEUE_DIR / "messages").mkdir(parents=True, exist_ok=True, mode=0o700)
            current_app.signature(TASKS[queue]).apply_async(expires=MESSAGE_EXPIRES_SECONDS)
    except Exception as error:  # the rows are saved; the sweep rings again
        log.warning("The queue did not take a message, so the sweep will ring again: %s", error)


def notify_index_builders() -> None:
    """After this transaction, somebody goes on making the indexes that are wanted."""
    transaction.on_commit(lambda: notify_now(BUILD))


def _dedupe_key(queue: str) -> str:
    return f"knowledge:bell:{queue}"
