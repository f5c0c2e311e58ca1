"""How documents are called now, for the trail's pages: the ledger stores their ids alone.

`knowledge` registers the look-ups, because nothing here may import it. Both are called inside the tenant's block, for
auditors: they name every document of the tenant, as the targets of the trail do.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from audit.ledger.actions import Action
from audit.models import AuditEvent

CALLED_LIMIT = 20  # so many documents may some words of a title mean
ERASED_LIMIT = 50  # names of erased documents that are looked up for one page

NamesOf = Callable[[UUID, set[UUID]], dict[UUID, str]]
IdsCalled = Callable[[UUID, str, int], list[UUID]]
_names_of: dict[str, NamesOf] = {}
_ids_called: dict[str, IdsCalled] = {}


def register(object_type: str, names_of: NamesOf, ids_called: IdsCalled) -> None:
    _names_of[object_type], _ids_called[object_type] = names_of, ids_called


def names_of(tenant_id: UUID | None, object_type: str, ids: set[UUID]) -> dict[UUID, str]:
    """The present names; of an erased object the name that its last event gives."""
    if tenant_id is None or not ids or object_type not in _names_of:
        return {}
    names = _names_of[object_type](tenant_id, ids)
    missing = sorted(ids - names.keys())[:ERASED_LIMIT]
    if missing:
        erased = AuditEvent.objects.filter(
            tenant_id=tenant_id, target_id__in=map(str, missing), action=Action.DOCUMENT_ERASED
        )
        names |= {UUID(pk): name for pk, name in erased.values_list("target_id", "target_name") if name}
    return names


def ids_called(tenant_id: UUID, object_type: str, words: str) -> list[UUID]:
    """Those with these words in their present name, CALLED_LIMIT at most."""
    search = _ids_called.get(object_type)
    return search(tenant_id, words, CALLED_LIMIT) if search else []
