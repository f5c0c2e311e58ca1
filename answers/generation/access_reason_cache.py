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

_known: OrderedDict[tuple[UUID, int], dict[UUID, str]] = OrderedDict()
_lock = threading.Lock()


def access_reasons(member: Membership, document_ids: Iterable[UUID], corpus_version: int | None) -> dict[UUID, str]:
    wanted = set(document_ids)
    if corpus_version is None:
        return access.access_reasons(member, wanted)
    key = (member.pk, corpus_version)
    known = _known.get(key, {})
    if missing := wanted - known.keys():
        found = access.access_reasons(member, missing)
        known = known | {each: found.get(each, "") for each in missing}
        with _lock:
            _known[key] = known
            _known.move_to_end(key)
            while len(_known) > REMEMBERED:
                _known.popitem(last=False)
    return {each: known[each] for each in wanted if known[each]}
