"""Does the index hold what the rows say? Asked when a search finds nothing or an answer would be a refusal, after the store
was away, and once a minute for whoever searches.

A count costs a few milliseconds and shows a wiped or half-wiped index. It does not show one that was restored from
yesterday's copy, where passages that have left stand for those that came; so the newest document is looked up as well.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, connections
from django.db.models import F, Q

from knowledge import backends
from knowledge.indexes import comparison_queue
from knowledge.models import Passage, Version
from knowledge.models.version import SEARCHABLE, WORKING
from knowledge.stores.base import Namespace, Query, Readable, StoreError, StoreUnavailable
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

log = logging.getLogger("knowledge.indexes.consistency")

TOLERANCE = 0.005  # of a tenant's passages: what deletions and new versions under way may make a count differ
CHECK_INTERVAL_SECONDS = 60.0  # seconds, of an index that was whole
INCOMPLETE_CHECK_INTERVAL_SECONDS = 2.0  # seconds, of one that was not
HINT = "Nothing is lost. Try again in a few minutes."


class IndexIncomplete(StoreUnavailable):
    """Passages that this reader may see are missing from the index, so that what is found is not all there is."""

    def __init__(self, searched: int, of: int) -> None:
        if searched < of:
            message = f"The search index is being rebuilt: {searched:,} of {of:,} passages searched."
        else:
            message = "The search index is being checked, so results may be incomplete."
        super().__init__(message, hint=HINT)


@dataclass(frozen=True, slots=True)
class IndexState:
    expected: int  # passages of current versions that nobody is working on and that are not in the trash
    stored: int
    has_newest: bool

    @property
    def is_whole(self) -> bool:
        return self.has_newest and self.expected - self.stored <= TOLERANCE * self.expected


_seen: dict[UUID, tuple[float, Namespace, IndexState]] = {}  # tenant -> when, which index, what


def check(there: Namespace) -> IndexState:
    """Asks rows and store. Rows come first: what is in them was in the store before."""
    store = backends.store()
    with in_tenant(Tenant(pk=there.tenant_id)):
        rows = Passage.objects.for_tenant(there.tenant_id).filter(generation=there.generation)
        expected = rows.count()
        stored = store.count(there)
        if stored < expected:  # the exact number costs a join of all passages
            settled = rows.filter(version__document__trashing__isnull=True).exclude(version__status__in=WORKING)
            expected = settled.count()
            stored = store.count(there)
        has_newest = not expected or (stored > 0 and _has_newest(there))
    state = IndexState(expected, stored, has_newest)
    _seen[there.tenant_id] = time.monotonic(), there, state
    return state


def require_complete(there: Namespace, readable: Readable) -> None:
    """Before anybody is told that nothing was found. Raises IndexIncomplete, and asks for a comparison."""
    if not check(there).is_whole:
        comparison_queue.request(there.tenant_id)
    elif not comparison_queue.is_in_doubt(there.tenant_id):
        return
    raise _incomplete(there, readable)


def check_after_search(there: Namespace) -> None:
    """After a search that found something. Looks at once where nobody has since this process began or the store was
    away, and otherwise beside the search."""
    at, seen_there, state = _seen.get(there.tenant_id, (0.0, None, None))
    age = time.monotonic() - at
    if state is not None and seen_there == there and state.is_whole:
        if age > CHECK_INTERVAL_SECONDS:
            _seen[there.tenant_id] = time.monotonic(), there, state  # one look, however many search
            threading.Thread(target=_watch_apart, args=(there,), name="index-state", daemon=True).start()
        return
    if state is None or seen_there != there or age > INCOMPLETE_CHECK_INTERVAL_SECONDS:
        _watch(there)


def is_incomplete(tenant_id: UUID) -> bool:
    """As far as this process has seen."""
    _, _, state = _seen.get(tenant_id, (0.0, None, None))
    return state is not None and not state.is_whole


def notice(tenant_id: UUID, readable: Readable) -> str:
    """One sentence for whoever is shown what was found in an index that is known to be short; else empty, and free."""
    _, there, state = _seen.get(tenant_id, (0.0, None, None))
    if there is None or state is None or state.is_whole or readable.nothing:
        return ""
    try:
        return _incomplete(there, readable).message
    except StoreError:
        return ""


def forget_all() -> None:
    """What it holds when it is back has to be looked at."""
    _seen.clear()


def forget(tenant_id: UUID) -> None:
    _seen.pop(tenant_id, None)


def _incomplete(there: Namespace, readable: Readable) -> IndexIncomplete:
    """In numbers of what this reader may see: nobody learns how much there is beside."""
    shelves = Q(version__document__collection__in=readable.collection_ids)
    shelves &= ~Q(version__document__number__in=readable.except_documents)
    mine = shelves | Q(version__document__number__in=readable.document_nos)
    with in_tenant(Tenant(pk=there.tenant_id)):
        rows = Passage.objects.for_tenant(there.tenant_id).filter(generation=there.generation)
        of = rows.filter(mine, version__document__trashing__isnull=True).count()
    return IndexIncomplete(min(of, backends.store().count(there, readable)), of)


def _has_newest(there: Namespace) -> bool:
    """By a search for its first passage among its own."""
    import numpy as np

    from knowledge.text.analysis import detect_language, terms

    versions = Version.objects.for_tenant(there.tenant_id).filter(
        status__in=SEARCHABLE, document__current_version=F("pk"), document__trashing__isnull=True
    )
    newest = versions.order_by("-ready_at").values_list("pk", "document__number", "language").first()
    if newest is None:
        return True
    version, number, language = newest
    rows = Passage.objects.for_tenant(there.tenant_id).filter(version=version, generation=there.generation)
    passage = rows.order_by("ordinal").values_list("pk", "text", "vector").first()
    if passage is None:  # the version is of another index
        return True
    pk, text, vector = passage
    asked = Query(text, terms(text, language or detect_language(text)), np.frombuffer(vector, dtype="<f4"))
    own = Readable(document_nos=frozenset([number]))
    return any(hit.passage_id == pk for hit in backends.store().search(there, asked, readable=own, limit=10))


def _watch(there: Namespace) -> None:
    try:
        if not check(there).is_whole:
            comparison_queue.request(there.tenant_id)
    except StoreError as error:
        log.warning("The index could not be looked at: %s", error)


def _watch_apart(there: Namespace) -> None:
    try:
        _watch(there)
    except DatabaseError as error:
        log.warning("The index could not be looked at: %s", error)
    finally:
        connections.close_all()
