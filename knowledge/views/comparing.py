"""Two versions of a document beside each other in one column: what was taken out, what was put in, where."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.actions import Action
from audit.record import record
from knowledge.access import access_document, rights_on
from knowledge.models import Content, Document, Version
from knowledge.models.grant import Right
from knowledge.views import comparison
from knowledge.views.kinds import kind_of
from tenants.gates import member_view
from tenants.models import Membership

OFFERED = 50  # versions to choose from
SHOWN = 150  # places


@member_view()
def compare(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    """?from=6&to=7. Without them, or with what is not there: the newest that was read, and the one before it."""
    document = access_document(member, document_id)
    versions = comparable(document)
    old, new = _chosen(versions, request.GET.get("from", ""), request.GET.get("to", ""))
    context = {
        "room": "knowledge",
        "document": document,
        "kind": kind_of(document.filename),
        "versions": versions,
        "old": old,
        "new": new,
        "may_write": Right.WRITE in rights_on(member, document),
    }
    if old and new:
        record(Action.DOCUMENT_OPENED, member, document, version=new.number, compared_with=old.number)
        found = comparison.compare(_blocks(old), _blocks(new))
        context |= {"found": found, "places": found.places[:SHOWN]}
    return render(request, "knowledge/compare.html", context)


def comparable(document: Document) -> list[Version]:
    """Those that were read, the newest first."""
    read = Version.objects.for_tenant(document.tenant_id).filter(document=document, content__isnull=False)
    return list(read.select_related("created_by__user").order_by("-number")[:OFFERED])


def compared_with(document: Document, version: Version | None) -> tuple[int, int] | None:
    """The numbers that "Compare 6 and 7" beside this version means; None while there is nothing to compare."""
    if version is None:
        return None
    read = Version.objects.for_tenant(document.tenant_id).filter(document=document, content__isnull=False)
    numbers = sorted(read.values_list("number", flat=True))
    if version.number not in numbers or len(numbers) < 2:
        return None
    at = max(1, numbers.index(version.number))
    return numbers[at - 1], numbers[at]


def _chosen(versions: list[Version], first: str, second: str) -> tuple[Version | None, Version | None]:
    """In the order of the versions, whichever way round they were asked for."""
    known = {str(version.number): version for version in versions}
    new = known.get(second) or next(iter(versions), None)
    old = known.get(first)
    if new is not None and (old is None or old == new):
        older = [version for version in versions if version.number < new.number]
        old = next(iter(older), None)
    if old is None and len(versions) > 1:  # the first one was asked for: against the next
        old, new = versions[-1], versions[-2]
    return (new, old) if old and new and old.number > new.number else (old, new)


def _blocks(version: Version) -> list[comparison.Block]:
    content = Content.objects.for_tenant(version.tenant_id).get(version=version)
    return comparison.blocks_of(content.text, content.pages, content.blocks)
