"""The page of what could not be read, and stopping what is on its way. Thin doors to
knowledge/library/failed_documents.py."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from knowledge.library import failed_documents, reading_log
from knowledge.models.grant import Right
from knowledge.permissions.access import access_collection, access_document
from knowledge.views.document_actions import return_url
from knowledge.views.library.library_page import navigation_context
from tenants.formatting import counted
from tenants.models import Membership
from tenants.requests.gates import member_view

ROWS_PER_PAGE = 100


@require_safe
@member_view()
def failed(request: HttpRequest, member: Membership) -> HttpResponse:
    rows = failed_documents.could_not_be_read(member)
    reading_log.note_list(member, "failed")
    context = navigation_context(member) | {
        "failures": [failed_documents.failure_of(document) for document in rows[:ROWS_PER_PAGE]],
        "total": rows.count(),
        "lines": failed_documents.lines(member),
        "stopped_code": failed_documents.CANCELLED,
    }
    return render(request, "knowledge/failed.html", context)


@require_POST
@member_view()
def retry_all(request: HttpRequest, member: Membership) -> HttpResponse:
    tried, left = failed_documents.retry_all(member)
    if not tried:
        messages.info(request, "There is nothing to retry", "Nothing was changed.")
    else:
        more = f"{counted(left, 'other')} left. Retry again for these." if left else "Their rows show the progress."
        messages.success(request, f"Reading {counted(tried, 'document')} again", more)
    return HttpResponseRedirect(_here(member))


@require_POST
@member_view()
def stop(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id, Right.WRITE)
    failed_documents.cancel(member, document)
    current = document.current_version
    still = f"Version {current.number} is still used in answers." if current else "The file is kept."
    messages.success(request, f"Reading {document.title} was stopped", still)
    return HttpResponseRedirect(return_url(request, member, document.collection_id))


@require_POST
@member_view()
def stop_import(request: HttpRequest, member: Membership, collection_id: UUID) -> HttpResponse:
    collection = access_collection(member, collection_id)
    stopped = failed_documents.cancel_import(member, collection)
    if stopped:
        messages.success(
            request, f"The import into {collection} was stopped", f"{counted(stopped, 'file')} kept unread."
        )
    else:
        messages.info(request, "There was nothing left to stop", "Everything has been read.")
    return HttpResponseRedirect(_here(member))


def _here(member: Membership) -> str:
    return reverse("knowledge:failed", args=[member.tenant.slug])
