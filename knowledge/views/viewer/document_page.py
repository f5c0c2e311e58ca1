"""A document as it is read: its pages with cited stretches marked, and what there is to know about it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.ledger.actions import Action
from audit.ledger.record import record
from knowledge.hooks.viewer import CitedAnswer, cited_answer
from knowledge.library import reading_log
from knowledge.library.downloads import file_response
from knowledge.library.version_text import WINDOW_CHARACTERS, SpanReader, TextStretch, VersionText, text_of_version
from knowledge.models import Document, Passage, Version
from knowledge.models.grant import Right
from knowledge.permissions.access import access_document, access_reasons, rights_on, successors
from knowledge.permissions.grants import grants_on
from knowledge.views.file_kinds import kind_of
from knowledge.views.status_labels import freshness, state_of
from knowledge.views.viewer import page_images, text_layout
from knowledge.views.viewer.compare_page import compared_with
from knowledge.views.viewer.text_layout import TextMark
from tenants.models import Membership
from tenants.requests.gates import member_view

MAX_PAGE_IMAGES = 60  # pages of a PDF that the page names; each is fetched when it comes near


@dataclass(frozen=True, slots=True)
class ViewerParameters:
    """What the address asks for. Nonsense is dropped."""

    version: int | None
    page: int | None
    answer: CitedAnswer | None
    span: tuple[int, int] | None
    as_text: bool


@require_safe
@member_view()
def document(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id)
    parameters = what_is_asked(request, member, document_id)
    version = _version(document, parameters)
    may = rights_on(member, document)
    successor = successors(member, [document]).get(document.superseded_by_id)
    reading_log.note_opening(member, document, version.number if version else 0, page=parameters.page or 0)
    context = {
        "room": "knowledge",
        "document": document,
        "version": version,
        "kind": kind_of(document.filename),
        "answer": parameters.answer,
        "state": state_of(document, now=timezone.now(), successor=successor),
        "successor": successor,
        "freshness": freshness(document, timezone.localdate()),
        "may_write": Right.WRITE in may,
        "may_manage": Right.MANAGE in may,
        "read_as": access_reasons(member, [document.pk]).get(document.pk, ""),
        "versions": _versions(document),
        "compared": compared_with(document, version),
        "readers": grants_on(document) if Right.WRITE in may else [],
        "shelf_readers": grants_on(document.collection) if Right.WRITE in may and not document.restricted else [],
    }
    reading = text_of_version(version) if version else None
    if reading is not None:
        context |= _pages(document, version, reading, parameters)
    if parameters.answer:
        context["places"] = _places(member, parameters.answer, document)
    return render(request, "knowledge/document.html", context)


@require_safe
@member_view()
def leaf(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    """More of a long document, as it is reached: ?version=N&leaf=M. Recorded with the other further pages."""
    document = access_document(member, document_id)
    version = _version(document, what_is_asked(request, member, document_id))
    reading = text_of_version(version) if version else None
    if reading is None:
        raise Http404
    first = _number(request.GET.get("leaf", "")) or 0
    window = _window(reading, first, [])
    reading_log.note_pages(member, document, version.number, (sheet["page"] for sheet in window["sheets"]))
    return render(request, "knowledge/_leaves.html", {"document": document, "version": version} | window)


@require_safe
@member_view()
def download(request: HttpRequest, member: Membership, document_id: UUID) -> FileResponse:
    document = access_document(member, document_id)
    version = _version(document, what_is_asked(request, member, document_id))
    if version is None:
        raise Http404
    response = file_response(version)
    record(Action.DOCUMENT_DOWNLOADED, member, document, version=version.number)
    return response


def document_url(member: Membership, document: Document | UUID, **query) -> str:
    address = reverse("knowledge:document", args=[member.tenant.slug, getattr(document, "pk", document)])
    pairs = "&".join(f"{key}={value}" for key, value in query.items() if value)
    return f"{address}?{pairs}" if pairs else address


def what_is_asked(request: HttpRequest, member: Membership, document_id: UUID) -> ViewerParameters:
    query = request.GET
    answer = None
    citation = _uuid(query.get("citation", ""))
    if citation:
        answer = cited_answer(member, citation)
    span = None
    start, end = _number(query.get("start", "")), _number(query.get("end", ""))
    if start is not None and end is not None and start < end:
        span = (start, end)
    passage = _uuid(query.get("passage", ""))
    if passage and span is None:
        row = (
            Passage.objects.for_tenant(member.tenant)
            .filter(pk=passage, version__document=document_id)
            .values_list("start", "end")
            .first()
        )
        span = row
    return ViewerParameters(
        _number(query.get("version", "")), _number(query.get("page", "")), answer, span, query.get("view") == "text"
    )


def _version(document: Document, parameters: ViewerParameters) -> Version | None:
    """The one that was cited or asked for, else the one that answers, else the newest."""
    if parameters.answer and parameters.answer.place.document_id == document.pk and parameters.version is None:
        versions = Version.objects.for_tenant(document.tenant_id).filter(document=document).select_related("blob")
        cited = versions.filter(pk=parameters.answer.place.version_id).first()
        if cited is not None:
            return cited
    if parameters.version is not None:
        return numbered(document, parameters.version)
    return document.current_version or document.latest_version


def numbered(document: Document, number: int) -> Version | None:
    versions = Version.objects.for_tenant(document.tenant_id).filter(document=document, number=number)
    version = versions.select_related("blob").first()
    if version is None:
        raise Http404
    return version


def _versions(document: Document) -> list[Version]:
    versions = Version.objects.for_tenant(document.tenant_id).filter(document=document)
    return list(versions.select_related("created_by__user").order_by("-number")[:12])


def marks_for(parameters: ViewerParameters, document: Document, version: Version) -> list[TextMark]:
    marks = []
    if parameters.answer:
        for place in parameters.answer.places:
            if place.version_id == version.pk and not place.lost:
                marks.append(
                    TextMark(place.start, place.end, place.number, place.citation_id == parameters.answer.focus)
                )
    if parameters.span and not any(mark.focus for mark in marks):
        marks.append(TextMark(*parameters.span))
    return marks


def _pages(document: Document, version: Version, reading: VersionText, parameters: ViewerParameters) -> dict:
    pages = reading.pages
    marks = marks_for(parameters, document, version)
    focus = next((mark for mark in marks if mark.focus), None)
    numbers = [page[0] for page in pages]
    page = parameters.page if parameters.page in numbers else None
    page = page or (text_layout.page_at(pages, focus.start) if focus else numbers[0])
    entries = reading.contents(document.title)
    at = focus.start if focus else next((span[1] for span in pages if span[0] == page), 0)
    context = {
        "contents": entries,
        "here": text_layout.heading_at(entries, at) if focus or parameters.page else (entries[0] if entries else None),
        "page": page,
        "page_count": len(pages),
        "page_label": next((span[3] for span in pages if span[0] == page and len(span) > 3), ""),
        "focus": focus,
        "as_text": parameters.as_text,
        "has_pictures": page_images.has_pictures(version),
    }
    if context["has_pictures"] and not parameters.as_text:
        return context | page_images.window(version, SpanReader(reading), pages, page, marks, MAX_PAGE_IMAGES)
    return context | _window(reading, _first_leaf(reading, page, focus), marks)


def _first_leaf(reading: VersionText, page: int, focus: TextMark | None) -> int:
    """Where to begin: at the start when the place is near it, else with the leaf of the place."""
    number = reading.leaf_at(page, focus.start if focus else None)
    before = reading.places(number, 1)
    return number if before and before[0].start >= WINDOW_CHARACTERS // 2 else 0


def _window(reading: VersionText, first: int, marks: list[TextMark]) -> dict:
    window = reading.window(first)
    text = TextStretch(reading, window.leaves[0].start, window.leaves[-1].end) if window.leaves else ""
    sheets: list[dict] = []
    for leaf in window.leaves:
        pieces = text_layout.pieces(text, leaf, marks)
        if sheets and sheets[-1]["page"] == leaf.page:
            sheets[-1]["pieces"] += pieces
        else:
            sheets.append({"page": leaf.page, "label": leaf.label, "pieces": pieces})
    return {
        "sheets": sheets,
        "next_leaf": window.next_leaf,
        "next_page": window.next_page,
        "previous_page": window.previous_page,
    }


def _places(member: Membership, answer: CitedAnswer, document: Document) -> dict:
    """The walker: every cited place of the answer, with where one is, what came before and what comes after."""
    rows = []
    for place in answer.places:
        here = place.document_id == document.pk
        url = "" if place.lost else document_url(member, place.document_id, citation=place.citation_id) + "#quote"
        rows.append({"place": place, "here": here, "on": place.citation_id == answer.focus, "url": url})
    open_rows = [row for row in rows if row["url"]]
    at = next((index for index, row in enumerate(open_rows) if row["on"]), 0)
    return {
        "rows": rows,
        "number": answer.place.number,
        "count": len(rows),
        "previous": open_rows[at - 1]["url"] if at > 0 else "",
        "next": open_rows[at + 1]["url"] if at + 1 < len(open_rows) else "",
    }


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _number(value: str) -> int | None:
    return int(value) if value.isdecimal() and len(value) < 10 else None
