"""The library as another person has it, among the documents that the one who looks manages. Looking is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.ledger.actions import Action
from audit.ledger.record import record
from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from knowledge.permissions.access import access_collection, access_reasons
from knowledge.views import file_kinds
from knowledge.views.library import listing
from knowledge.views.library.library_page import navigation_context
from knowledge.views.status_labels import freshness
from tenants.models import Membership
from tenants.requests.gates import member_view

ROWS_PER_PAGE = 50
MAX_HIDDEN_ROWS = 50


@dataclass(frozen=True, slots=True)
class Seen:
    document: Document
    kind: file_kinds.FileKind
    freshness: tuple[str, str]
    how: str  # "via Finance team"; empty where this person does not read it


@require_safe
@member_view()
def view_as(request: HttpRequest, member: Membership, member_id: UUID) -> HttpResponse:
    people = Membership.objects.for_tenant(member.tenant).active().select_related("user", "tenant")
    person = people.filter(pk=member_id).first()
    if person is None:
        raise Http404
    shelf = _chosen_collection(request, member)
    managed = Document.objects.allowing(member, Right.MANAGE).present()
    managed = managed.filter(collection=shelf) if shelf else managed
    seen = listing.listed(person).filter(pk__in=managed.values("pk"))
    hidden = managed.exclude(pk__in=Document.objects.visible_to(person).values("pk"))
    page = listing.page_number(request.GET.get("page", ""))
    documents = list(seen.order_by("-changed_at", "-pk")[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE + 1])
    record(Action.READERS_LOOKED_UP, member, shelf, subject=person, viewed_as=True)
    address = reverse("knowledge:view-as", args=[member.tenant.slug, person.pk])
    query = f"collection={shelf.pk}&" if shelf else ""
    context = navigation_context(member, shelf) | {
        "person": person,
        "rows": _rows(person, documents[:ROWS_PER_PAGE]),
        "hidden": []
        if page > 1
        else _rows(person, hidden.select_related("collection").order_by("title")[:MAX_HIDDEN_ROWS]),
        "seen_count": seen.count(),
        "managed_count": managed.count(),
        "hidden_count": hidden.count(),
        "previous_url": f"{address}?{query}page={page - 1}" if page > 1 else "",
        "next_url": f"{address}?{query}page={page + 1}" if len(documents) > ROWS_PER_PAGE else "",
    }
    return render(request, "knowledge/view_as.html", context)


def _chosen_collection(request: HttpRequest, member: Membership) -> Collection | None:
    asked = request.GET.get("collection", "")
    try:
        return access_collection(member, UUID(asked)) if asked else None
    except ValueError:
        raise Http404 from None


def _rows(person: Membership, documents) -> list[Seen]:
    documents, today = list(documents), timezone.localdate()
    how = access_reasons(person, [document.pk for document in documents])
    return [
        Seen(
            document,
            file_kinds.kind_of(document.filename),
            freshness(document, today),
            how.get(document.pk, "").replace("you own", "owns").replace("with you", "with them"),
        )
        for document in documents
    ]
