"""The page of what could not be read, and stopping what is on its way. Thin doors to knowledge/failures.py."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from knowledge import failures, readings
from knowledge.access import access_collection, access_document
from knowledge.models.grant import Right
from knowledge.views.acts import back_to
from knowledge.views.library import room
from tenants.gates import member_view
from tenants.models import Membership
from tenants.saying import counted

PAGE = 100


@require_safe
@member_view()
def failed(request: HttpRequest, member: Membership) -> HttpResponse:
    rows = failures.could_not_be_read(member)
    readings.note_list(member, "failed")
    context = room(member) | {
        "failures": [failures.failure_of(document) for document in rows[:PAGE]],
        "total": rows.count(),
        "lines": failures.lines(member),
        "stopped_code": failures.CANCELLED,
    }
    return render(request, "knowledge/failed.html", context)


@require_POST
@member_view()
def retry_all(request: HttpRequest, member: Membership) -> HttpResponse:
    tried, left = failures.retry_all(member)
    if not tried:
        messages.info(request, "There is nothing to try again", "Nothing was changed.")
    else:
        more = f"{counted(left, 'other')} wait for another press." if left else "Their rows say how far they are."
        messages.success(request, f"{counted(tried, 'document')} tried once more", more)
    return HttpResponseRedirect(_here(member))


@require_POST
@member_view()
def stop(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id, Right.WRITE)
    failures.cancel(member, document)
    current = document.current_version
    still = f"Version {current.number} goes on answering." if current else "The file is kept."
    messages.success(request, f"{document.title} is not read any further", still)
    return HttpResponseRedirect(back_to(request, member, document.collection_id))


@require_POST
@member_view()
def stop_import(request: HttpRequest, member: Membership, collection_id: UUID) -> HttpResponse:
    collection = access_collection(member, collection_id)
    stopped = failures.cancel_import(member, collection)
    if stopped:
        messages.success(
            request, f"The import into {collection} was stopped", f"{counted(stopped, 'file')} kept unread."
        )
    else:
        messages.info(request, "There was nothing left to stop", "Everything has been read.")
    return HttpResponseRedirect(_here(member))


def _here(member: Membership) -> str:
    return reverse("knowledge:failed", args=[member.tenant.slug])
