"""One page of search results, as the API, the command and the search page show it."""

from __future__ import annotations

from typing import Any

from audit.ledger.actions import Action
from audit.ledger.event_objects import Relation, document_refs
from audit.ledger.record import record
from knowledge.permissions import access
from knowledge.retrieval.highlights import Highlighter
from knowledge.retrieval.search import Filters, Found, find, notice
from tenants.models import Membership

UNTOLD = "en"  # for a text that does not say its language: one stemmer instead of one for each that it may be


def search_page(
    member: Membership, query: str, *, k: int = 10, offset: int = 0, filters: Filters = Filters()
) -> dict[str, Any]:
    """`next_offset` is None on the last page; `notice` says that the index is being rebuilt, and else nothing."""
    standing = access.read_scope(member, just_fetched=True)  # who asks was looked up for this very request
    found = find(member, [query], limit=offset + k + 1, filters=filters, standing=standing)
    page = found[offset : offset + k]
    record(
        Action.SEARCH_RUN,
        member,
        objects=document_refs(Relation.SHOWN, (each.document_id for each in page)),
        personal={"query": query[:500]},
        found=len(page),
        **({"offset": offset} if offset else {}),
    )
    highlights = Highlighter(query)
    return {
        "results": [_shown(each, highlights) for each in page],
        "next_offset": offset + k if len(found) > offset + k else None,
        "notice": notice(member),
    }


def _shown(found: Found, highlights: Highlighter) -> dict[str, Any]:
    return {
        "document_id": str(found.document_id),
        "title": found.title,
        "filename": found.filename,
        "page": found.page,
        "heading_path": list(found.heading_path),
        "text": found.text,
        "start": found.start,
        "end": found.end,
        "score": round(found.score, 4),
        "highlights": [list(span) for span in highlights(found.text, found.language or UNTOLD)],
        "passage_id": str(found.passage_id),
        "version_id": str(found.version_id),
        "version": found.version_number,
        "collection": str(found.collection_id),
        "superseded": found.superseded,
    }
