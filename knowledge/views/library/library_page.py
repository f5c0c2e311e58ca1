"""The library: what there is, how far it has come, and what needs a person."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from knowledge.library import chunked_uploads, media_types, reading_log
from knowledge.models import Collection, Trashing
from knowledge.models.grant import Right
from knowledge.permissions.access import access_collection, rights_on
from knowledge.views import file_kinds
from knowledge.views.library import listing
from knowledge.views.library.reader_summary import readers_of_collection
from tenants.models import Membership
from tenants.requests.gates import member_view


@require_safe
@member_view()
def library(request: HttpRequest, member: Membership) -> HttpResponse:
    parameters = listing.LibraryParameters.of(request.GET)
    collection = access_collection(member, parameters.collection) if parameters.collection else None
    matching = listing.find(member, parameters)
    first = (parameters.page - 1) * listing.ROWS_PER_PAGE
    documents = list(matching[first : first + listing.ROWS_PER_PAGE + 1])
    more = len(documents) > listing.ROWS_PER_PAGE
    rows = listing.rows_of(member, documents[: listing.ROWS_PER_PAGE])
    if rows:
        reading_log.note_list(member, "library", collection)
    frame = navigation_context(member, collection)
    writes_here = bool(frame["writable"]) and (collection is None or Right.WRITE in context_rights(member, collection))
    context = frame | {
        "unfinished": chunked_uploads.unfinished(member, collection),
        "wanted": parameters,
        "rows": rows,
        "coverage": listing.coverage(member, parameters.collection),
        "chips": _chips(member, parameters),
        "sorts": [
            (words, parameters.query(sort=key), key == parameters.sort) for key, (words, _) in listing.SORTS.items()
        ],
        "sorted_by": listing.SORTS[parameters.sort][0],
        "clear_url": listing.LibraryParameters(collection=parameters.collection).query(),
        "previous_url": parameters.query(page=parameters.page - 1) if parameters.page > 1 else "",
        "next_url": parameters.query(page=parameters.page + 1) if more else "",
        "shown": f"{first + 1:,} to {first + len(rows):,}" if rows and (more or parameters.page > 1) else "",
        # An empty list already has the columns of what its reader is going to upload into it, and owns.
        "administers": any(row.can_write for row in rows) or (writes_here and (bool(collection) or not rows)),
        "manages_some": any(row.can_manage for row in rows) or (writes_here and not rows),
    }
    if collection:
        context |= {"rights": {right.value for right in context_rights(member, collection)}}
        if Right.WRITE in context_rights(member, collection):
            context["readers"] = readers_of_collection(collection)
    return render(request, "knowledge/library.html", context)


@require_safe
@member_view()
def rows(request: HttpRequest, member: Membership) -> HttpResponse:
    """The rows named in ?ids= as they are now, and the coverage above them. A row that is gone is left out."""
    ids = [pk for pk in (_uuid(value) for value in request.GET.getlist("ids")) if pk][: listing.MAX_STATE_ROWS]
    parameters = listing.LibraryParameters.of(request.GET)
    documents = listing.listed(member).filter(pk__in=ids).order_by("-changed_at", "-pk")
    reading_log.note_list(member, "library")
    return render(
        request,
        "knowledge/_rows_live.html",
        {
            "rows": listing.rows_of(member, documents),
            "coverage": listing.coverage(member, parameters.collection),
            "wanted": parameters,
            "administers": request.GET.get("administers") == "1",
            "all": parameters.collection is None,
        },
    )


def navigation_context(member: Membership, collection: Collection | None = None) -> dict:
    """What the navigation and every page of this room need."""
    shelves = listing.collections_with_counts(member)
    writable = list(Collection.objects.allowing(member, Right.WRITE).order_by("name"))
    return {
        "room": "knowledge",
        "collection": collection,
        "shelves": shelves,
        "readable_count": sum(count for _, count in shelves),
        "needs": listing.needs_a_person(member) if member.is_editor or writable else [],
        "trash_count": _in_trash(member),
        "writable": writable,
        "may_create": member.is_editor,
        "upload_limit": settings.UPLOAD_LIMIT,
        "upload_megabytes": settings.UPLOAD_LIMIT // (1024 * 1024),
        "accepted": file_kinds.accepted(),
        "piece_size": chunked_uploads.PIECE_BYTES,
    }


def context_rights(member: Membership, collection: Collection) -> set[Right]:
    """Asked several times for one page, looked up once."""
    rights = getattr(collection, "_rights_of_reader", None)
    if rights is None:
        rights = collection._rights_of_reader = rights_on(member, collection)
    return rights


def _in_trash(member: Membership) -> int:
    from knowledge.models import Document

    mine = Document.objects.allowing(member, Right.WRITE).filter(trashing__isnull=False)
    return Trashing.objects.for_tenant(member.tenant).filter(document__in=mine.values("pk")).count()


def _chips(member: Membership, parameters: listing.LibraryParameters) -> list[dict]:
    """Filters that are on, with the address without them; and those that can be put on, with their choices."""
    owners = list(
        Membership.objects.for_tenant(member.tenant)
        .filter(pk__in=listing.listed(member).order_by().values("owner"))
        .select_related("user")
        .order_by("user__name")[:40]
    )
    types = list(media_types.NAMES.items())
    states = list(listing.STATES.items())
    fresh = list(listing.FRESHNESS.items())
    people = [(owner.pk, "you" if owner.pk == member.pk else str(owner)) for owner in owners]
    return [
        _chip("State", "state", parameters.state, states, parameters),
        _chip("Owner", "owner", parameters.owner, people, parameters),
        _chip("Type", "kind", parameters.kind, types, parameters),
        _chip("Freshness", "freshness", parameters.freshness, fresh, parameters),
    ]


def _chip(label: str, key: str, value, choices, parameters: listing.LibraryParameters) -> dict:
    words = dict(choices).get(value, "")
    return {
        "label": label,
        "key": key,
        "value": words or (str(value) if value else ""),
        "off_url": parameters.query(**{key: None if key == "owner" else ""}),
        "choices": [(label, parameters.query(**{key: choice}), choice == value) for choice, label in choices],
    }


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def library_url(member: Membership, collection: Collection | UUID | None = None) -> str:
    address = reverse("knowledge:library", args=[member.tenant.slug])
    key = getattr(collection, "pk", collection)
    return f"{address}?collection={key}" if key else address
