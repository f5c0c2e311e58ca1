"""One page of search results, as the API, the command and the search page show it."""

from __future__ import annotations

from typing import Any

from audit.ledger.actions import Action
from audit.ledger.event_objects import Relation, document_refs
from audit.ledger.record import record
from knowledge.permissions import access
from knowledge.retrieval.highlights import Highlighter
from knowledge.retrieval.search import FoundPassage, SearchFilters, find, notice
from tenants.models import Membership

DEFAULT_LANGUAGE = "en"  # for a text that does not say its language: one stemmer instead of one for each that it may be


def search_page(
    member: Membership, query: str, *, k: int = 10, offset: int = 0, filters: SearchFilters = SearchFilters()
) -> dict[str, Any]:
    """`next_offset` is None on the last page; `notice` says that the index is being rebuilt, and else nothing."""
    read_scope = access.read_scope(member, just_fetched=True)  # who asks was looked up for this very request
    passages = find(member, [query], limit=offset + k + 1, filters=filters, read_scope=read_scope)
    page = passages[offset : offset + k]
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
        "next_offset": offset + k if len(passages) > offset + k else None,
        "notice": notice(member),
    }


def _shown(passage: FoundPassage, highlights: Highlighter) -> dict[str, Any]:
    return {
        "document_id": str(passage.document_id),
        "title": passage.title,
        "filename": passage.filename,
        "page": passage.page,
        "heading_path": list(passage.heading_path),
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": round(passage.score, 4),
        "highlights": [list(span) for span in highlights(passage.text, passage.language or DEFAULT_LANGUAGE)],
        "passage_id": str(passage.passage_id),
        "version_id": str(passage.version_id),
        "version": passage.version_number,
        "collection": str(passage.collection_id),
        "superseded": passage.superseded,
    }
