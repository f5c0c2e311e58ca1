"""The worker's side of comparisons: one tenant at a time, until a comparison of each has finished."""

from __future__ import annotations

import logging
import time

from knowledge.indexes import comparison_queue, consistency, reconcile
from knowledge.stores.base import StoreUnavailable

log = logging.getLogger("knowledge.indexes.comparison_queue")

LOST_SHARE = 0.02  # of its passages missing from one tenant's index: what happened to it may have happened to all
OTHERS_EVERY = 20.0  # seconds; where all have lost something, each of them would ask for all

_others_asked_at = float("-inf")


def run_next() -> bool:
    """Compares the tenant that waits longest. Returns whether another one may be next."""
    for tenant_id in comparison_queue.waiting():
        claimed = comparison_queue.claim(tenant_id)
        if claimed is None:
            continue
        try:
            with comparison_queue.held(claimed):
                report = reconcile.of_tenant(claimed.tenant, repair=True)
        except StoreUnavailable as error:
            log.warning("%s is compared later: %s", claimed.tenant.slug, error)
            comparison_queue.put_off(claimed, comparison_queue.AGAIN)
            return False  # nor could the next one be
        except Exception:
            log.exception("%s could not be compared and is tried again later.", claimed.tenant.slug)
            comparison_queue.put_off(claimed, comparison_queue.MUCH_LATER)
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
    """Before they ask their questions."""
    global _others_asked_at
    if time.monotonic() - _others_asked_at > OTHERS_EVERY:
        _others_asked_at = time.monotonic()
        comparison_queue.request_everywhere()
