"""The worker's side of comparisons: one tenant at a time, until a comparison of each has finished."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, connections

from knowledge.indexes import comparison_queue, consistency, reconcile
from knowledge.stores.base import StoreUnavailable

log = logging.getLogger("knowledge.indexes.comparison_queue")

LOST_SHARE = 0.02  # of its passages missing from one tenant's index: what happened to it may have happened to all
OTHER_TENANTS_INTERVAL_SECONDS = 20.0  # seconds; where all have lost something, each of them would ask for all

_others_asked_at = float("-inf")  # by time.monotonic(); in the future: a request is planned for then
_asking = threading.Lock()


def run_next() -> bool:
    """Compares the tenant that waits longest. Returns whether another one may be next."""
    for tenant_id in comparison_queue.waiting():
        claimed = comparison_queue.claim(tenant_id)
        if claimed is None:
            continue
        try:
            with comparison_queue.renewed_lease(claimed):
                report = reconcile.of_tenant(claimed.tenant, repair=True)
        except StoreUnavailable as error:
            log.warning("%s is compared later: %s", claimed.tenant.slug, error)
            comparison_queue.postpone(claimed, comparison_queue.AGAIN)
            return False  # nor could the next one be
        except Exception:
            log.exception("%s could not be compared and is tried again later.", claimed.tenant.slug)
            comparison_queue.postpone(claimed, comparison_queue.RETRY_AFTER_FAILURE)
            return True
        comparison_queue.finish(claimed)
        consistency.forget(tenant_id)
        if report.astray:
            log.warning("%s: %s astray, put right", claimed.tenant.slug, report.astray)
        if claimed.in_doubt and report.missing_passages > LOST_SHARE * report.passages:
            _ask_for_others()
        return True
    return False


def _ask_for_others() -> None:
    """Before they ask their questions. A loss that is found too soon after the last request asks for them later: it may be
    another one, and nobody may ask a question of those others for hours."""
    global _others_asked_at
    with _asking:
        now = time.monotonic()
        if _others_asked_at > now:
            return
        _others_asked_at = max(now, _others_asked_at + OTHER_TENANTS_INTERVAL_SECONDS)
        pause = _others_asked_at - now
    if pause:
        call_later(pause, comparison_queue.request_everywhere)
    else:
        comparison_queue.request_everywhere()


def call_later(seconds: float, function: Callable[[], None]) -> None:
    """Calls it on a thread of its own. Lost with the process; the request of every six hours remains."""

    def call() -> None:
        try:
            function()
        except DatabaseError as error:
            log.warning("Comparisons of the other companies could not be requested: %s", error)
        finally:
            connections.close_all()

    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
