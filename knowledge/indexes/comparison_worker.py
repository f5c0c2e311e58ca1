"""The worker's side of comparisons: one tenant at a time, until a comparison of each has finished."""

from __future__ import annotations

import logging
import time

from knowledge import comparisons, index_state, reconcile
from knowledge.stores.base import StoreUnavailable

log = logging.getLogger("knowledge.comparisons")

LOST_SHARE = 0.02  # of its passages missing from one tenant's index: what happened to it may have happened to all
OTHERS_EVERY = 20.0  # seconds; where all have lost something, each of them would ask for all

_others_asked_at = float("-inf")


def run_next() -> bool:
    """Compares the tenant that waits longest. Returns whether another one may be next."""
    for tenant_id in comparisons.waiting():
        claimed = comparisons.claim(tenant_id)
        if claimed is None:
            continue
        try:
            with comparisons.held(claimed):
                report = reconcile.of_tenant(claimed.tenant, repair=True)
        except StoreUnavailable as error:
            log.warning("%s is compared later: %s", claimed.tenant.slug, error)
            comparisons.put_off(claimed, comparisons.AGAIN)
            return False  # nor could the next one be
        except Exception:
            log.exception("%s could not be compared and is tried again later.", claimed.tenant.slug)
            comparisons.put_off(claimed, comparisons.MUCH_LATER)
            return True
        comparisons.finish(claimed)
        index_state.forget(tenant_id)
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
        comparisons.request_everywhere()
