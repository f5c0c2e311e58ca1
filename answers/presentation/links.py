"""Addresses that answers point to."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from answers.grounding.draft import Address

_SOMETHING = UUID(int=0)


@lru_cache(maxsize=256)
def viewer(slug: str) -> Address:
    """Where a citation opens: the page, with the passage marked. Resolved once per tenant, since tokens wait for it."""
    try:
        base = reverse("knowledge:document", kwargs={"slug": slug, "document_id": _SOMETHING})
    except NoReverseMatch:
        base = f"/t/{slug}/documents/{_SOMETHING}/"
    before, after = base.split(str(_SOMETHING))

    def address(document_id: UUID, citation_id: UUID, page: int) -> str:
        return f"{before}{document_id}{after}?citation={citation_id}&page={page}#quote"

    return address


def document_page(slug: str, document_id: UUID, page: int = 0) -> str:
    address = viewer(slug)(document_id, _SOMETHING, page).partition("?")[0]
    return f"{address}?page={page}" if page else address
