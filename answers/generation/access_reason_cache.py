"""Why a reader may read a document, remembered as long as nothing about rights or documents changes.

For showing alone: what may be read is never decided from here.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from knowledge.permissions import access
from tenants.models import Membership

REMEMBERED = 256  # readers

_cached_reasons: OrderedDict[tuple[UUID, int], dict[UUID, str]] = OrderedDict()
_lock = threading.Lock()


def access_reasons(member: Membership, document_ids: Iterable[UUID], corpus_version: int | None) -> dict[UUID, str]:
    ids = set(document_ids)
    if corpus_version is None:
        return access.access_reasons(member, ids)
    key = (member.pk, corpus_version)
    cached = _cached_reasons.get(key, {})
    if missing := ids - cached.keys():
        fresh_reasons = access.access_reasons(member, missing)
        cached = cached | {each: fresh_reasons.get(each, "") for each in missing}
        with _lock:
            _cached_reasons[key] = cached
            _cached_reasons.move_to_end(key)
            while len(_cached_reasons) > REMEMBERED:
                _cached_reasons.popitem(last=False)
    return {each: cached[each] for each in ids if cached[each]}
