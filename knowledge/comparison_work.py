"""The worker's side of comparisons: one tenant at a time, until a comparison of each has finished."""

from __future__ import annotations

import logging

from knowledge import comparisons, index_state, reconcile
from knowledge.stores.base import StoreUnavailable

log = logging.getLogger("knowledge.comparisons")

LOST_SHARE = 0.5  # of its passages missing from one tenant's index: the store itself was wiped or replaced


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
        if report.missing_passages > LOST_SHARE * report.passages:
            comparisons.request_everywhere()  # before others ask their questions
        return True
    return False
