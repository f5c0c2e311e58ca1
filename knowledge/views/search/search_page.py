"""Search: the rows of the Ctrl K dialog, and the page with all results and filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from audit.ledger.actions import Action
from audit.ledger.event_objects import Relation, document_refs
from audit.ledger.record import record
from knowledge.hooks.search_dialog import own_questions
from knowledge.library import media_types
from knowledge.models import Collection
from knowledge.permissions.access import access_reasons
from knowledge.retrieval import search
from knowledge.retrieval.highlights import Highlighter
from knowledge.retrieval.search import FoundPassage, SearchFilters
from knowledge.views.file_kinds import kind_of
from knowledge.views.library.listing import collections_with_counts
from knowledge.views.search.snippets import MAX_CHARACTERS, ONE_LINE, HighlightedText, snippet
from tenants.models import Membership
from tenants.requests.gates import member_view

IN_DIALOG, RESULTS_PER_PAGE, MAX_RESULTS = 6, 20, 200
LONGEST = 400  # characters of a search that are looked at


@dataclass(frozen=True, slots=True)
class SearchParameters:
    words: str = ""
    collection: UUID | None = None
    kind: str = ""
    dated_from: date | None = None
    dated_to: date | None = None
    author: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> SearchParameters:
        page = query.get("page", "")
        return cls(
            words=" ".join(query.get("q", "").split())[:LONGEST],
            collection=_uuid(query.get("collection", "")),
            kind=query.get("type", "") if query.get("type", "") in media_types.NAMES else "",
            dated_from=_day(query.get("from", "")),
            dated_to=_day(query.get("to", "")),
            author=query.get("author", "").strip()[:200],
            page=int(page)
            if page.isdecimal() and len(page) < 5 and 0 < int(page) <= MAX_RESULTS // RESULTS_PER_PAGE
            else 1,
        )

    def filters(self) -> SearchFilters:
        return SearchFilters(
            collections=(self.collection,) if self.collection else (),
            types=(self.kind,) if self.kind else (),
            dated_from=self.dated_from,
            dated_to=self.dated_to,
            author=self.author,
        )

    def query(self, **changes) -> str:
        pairs = {
            "q": self.words,
            "collection": self.collection,
            "type": self.kind,
            "from": self.dated_from,
            "to": self.dated_to,
            "author": self.author,
        } | changes
        address = QueryDict(mutable=True)
        address.update({key: str(value) for key, value in pairs.items() if value})
        return f"?{address.urlencode()}"


@dataclass(frozen=True, slots=True)
class SearchResultRow:
    passage: FoundPassage
    url: str
    icon: str
    where: str
    freshness: tuple[str, str]
    title: list[HighlightedText]
    snippet: list[HighlightedText]
    access_reason: str = ""


@require_safe
@member_view()
def dialog(request: HttpRequest, member: Membership) -> HttpResponse:
    """Each answer is recorded; the script asks when typing pauses (search-dialog.js)."""
    parameters = SearchParameters.of(request.GET)
    highlights = Highlighter(parameters.words)
    rows = _rows(member, parameters, highlights, IN_DIALOG + 1, length=ONE_LINE)
    _note(member, parameters, rows[:IN_DIALOG], place="dialog")
    context = {
        "wanted": parameters,
        "notice": search.notice(member) if rows else "",
        "rows": rows[:IN_DIALOG],
        "more": len(rows) > IN_DIALOG,
        "places": _places(member, parameters.words, highlights),
        "ask_url": ask_url(member, parameters.words),
        "questions": [(_title(each.text, highlights), each) for each in own_questions(member, parameters.words)],
    }
    return render(request, "knowledge/_search_rows.html", context)


@require_safe
@member_view()
def page(request: HttpRequest, member: Membership) -> HttpResponse:
    parameters = SearchParameters.of(request.GET)
    first = (parameters.page - 1) * RESULTS_PER_PAGE
    rows = _rows(
        member, parameters, Highlighter(parameters.words), min(MAX_RESULTS, first + RESULTS_PER_PAGE + 1), first
    )
    more = len(rows) > RESULTS_PER_PAGE
    _note(member, parameters, rows[:RESULTS_PER_PAGE], **({"page": parameters.page} if parameters.page > 1 else {}))
    own = collections_with_counts(member)
    shelf = next((each for each, _ in own if each.pk == parameters.collection), None)
    context = {
        "room": "search",
        "wanted": parameters,
        "rows": rows[:RESULTS_PER_PAGE],
        "notice": search.notice(member) if rows else "",
        "shelves": own,
        "shelf": shelf,
        "kinds": [(key, name, parameters.query(type=key)) for key, name in media_types.NAMES.items()],
        "kind_name": media_types.NAMES.get(parameters.kind, ""),
        "shelf_links": [(each, parameters.query(collection=each.pk)) for each, _ in own],
        "without": {
            "collection": parameters.query(collection=None),
            "kind": parameters.query(type=""),
            "dates": parameters.query(**{"from": None, "to": None}),
            "author": parameters.query(author=""),
            "all": f"?{_only_words(parameters)}",
        },
        "narrowed": bool(
            parameters.collection
            or parameters.kind
            or parameters.dated_from
            or parameters.dated_to
            or parameters.author
        ),
        "next_url": f"{parameters.query()}&page={parameters.page + 1}"
        if more and parameters.page < MAX_RESULTS // RESULTS_PER_PAGE
        else "",
        "previous_url": f"{parameters.query()}&page={parameters.page - 1}" if parameters.page > 1 else "",
        "shown": f"{first + 1:,} to {first + min(len(rows), RESULTS_PER_PAGE):,}"
        if rows and (more or parameters.page > 1)
        else "",
        "readable": search.count_readable(member),
        "ask_url": ask_url(member, parameters.words),
    }
    return render(request, "knowledge/search.html", context)


def _note(member: Membership, parameters: SearchParameters, shown: list[SearchResultRow], **data: object) -> None:
    """What was searched, and the documents of which something was shown."""
    if not parameters.words:
        return
    objects = document_refs(Relation.SHOWN, (row.passage.document_id for row in shown))
    record(Action.SEARCH_RUN, member, objects=objects, personal={"query": parameters.words}, found=len(shown), **data)


def ask_url(member: Membership, words: str) -> str:
    """Where the same words are asked as a question; empty where nothing answers."""
    try:
        address = reverse("answers:ask", args=[member.tenant.slug])
    except NoReverseMatch:
        return ""
    query = QueryDict(mutable=True)
    query["q"] = words
    return f"{address}?{query.urlencode()}" if words else address


def _rows(
    member: Membership,
    parameters: SearchParameters,
    highlights: Highlighter,
    limit: int,
    skip: int = 0,
    length: int = MAX_CHARACTERS,
) -> list[SearchResultRow]:
    if not parameters.words:
        return []
    passages = search.find(member, [parameters.words], limit=limit, filters=parameters.filters())[skip:]
    reasons = access_reasons(member, {each.document_id for each in passages})
    return [_row(member, each, highlights, reasons.get(each.document_id, ""), length) for each in passages]


def _row(
    member: Membership, passage: FoundPassage, highlights: Highlighter, reason: str, length: int
) -> SearchResultRow:
    kind = kind_of(passage.filename)
    where = f"{kind.parts[0]} {passage.page}, version {passage.version_number}"
    if passage.heading_path:
        where += f" · {passage.heading_path[-1][:80]}"
    address = reverse("knowledge:document", args=[member.tenant.slug, passage.document_id])
    return SearchResultRow(
        passage=passage,
        url=f"{address}?version={passage.version_number}&start={passage.start}&end={passage.end}#quote",
        icon=kind.icon,
        where=where,
        freshness=_freshness(passage),
        title=snippet(passage.title, highlights(passage.title), 300),
        snippet=snippet(passage.text, highlights(passage.text), length),
        access_reason=reason,
    )


def _freshness(passage: FoundPassage) -> tuple[str, str]:
    from tenants.formatting import short_date

    today = timezone.localdate()
    if passage.superseded:
        return "expired", "replaced by a newer one"
    if passage.review_due and passage.review_due <= today:
        return "due", f"due since {short_date(passage.review_due, today)}"
    day = passage.reviewed_on or passage.document_date
    return ("reviewed" if passage.reviewed_on else "plain", short_date(day)) if day else ("", "")


def _places(member: Membership, words: str, highlights: Highlighter) -> list[tuple[list[HighlightedText], Collection]]:
    """Collections whose name holds every word; without words, all of them."""
    parameters = words.casefold().split()
    named = Collection.objects.visible_to(member).order_by("name")
    found = [shelf for shelf in named if all(word in shelf.name.casefold() for word in parameters)]
    return [(_title(shelf.name, highlights), shelf) for shelf in found[:5]]


def _title(text: str, highlights: Highlighter) -> list[HighlightedText]:
    return snippet(text, highlights(text), 200)


def _only_words(words: SearchParameters) -> str:
    query = QueryDict(mutable=True)
    query["q"] = words.words
    return query.urlencode()


def _day(value: str) -> date | None:
    try:
        return parse_date(value)
    except ValueError:
        return None


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
