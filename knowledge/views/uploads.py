"""Files come in: new documents, and new versions of one. Thin doors to knowledge/library/uploads.py."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from knowledge.library import reading_log, uploads
from knowledge.models.grant import Right
from knowledge.permissions.access import access_document
from knowledge.views.library.library_page import library_url, navigation_context
from tenants.errors import Invalid
from tenants.models import Membership
from tenants.requests.deadline_exemptions import may_take_longer
from tenants.requests.gates import member_view


@may_take_longer
@require_POST
@member_view()
def upload(request: HttpRequest, member: Membership) -> HttpResponse:
    """One file at a time from the script, which is told about each by itself; several from the plain form."""
    collection = collection_id(request.POST.get("collection", ""))
    files = request.FILES.getlist("file")
    if not files:
        raise Invalid("No file was selected, so nothing was uploaded.", hint="Choose one or more files.")
    done = [uploads.upload(member, collection, file, filename=file.name) for file in files]
    if request.htmx:
        one = done[0]
        return JsonResponse({"id": str(one.document.pk), "title": one.document.title, "what": one.what}, status=201)
    for one in done:
        messages.success(request, *_message(one))
    return HttpResponseRedirect(library_url(member, collection))


@may_take_longer
@member_view()
def replace(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id, Right.WRITE)
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            raise Invalid("No file was selected, so nothing was replaced.", hint="Choose the file of the new version.")
        one = uploads.replace(member, document, file, filename=file.name)
        if request.htmx:
            return JsonResponse({"id": str(document.pk), "title": document.title, "what": one.what}, status=201)
        messages.success(request, *_message(one))
        return HttpResponseRedirect(library_url(member, document.collection_id))
    reading_log.note_list(member, "document", document)
    context = navigation_context(member, document.collection) | {"document": document}
    return render(request, "knowledge/replace.html", context)


def _message(one: uploads.Uploaded) -> tuple[str, str]:
    """Title and second line of a message; the second travels as its tags."""
    title = one.document.title
    if one.what == "unchanged":
        return f"{title} is the same file as before", "Nothing was changed."
    if one.what == "replaced":
        before = one.document.current_version
        still = f"Version {before.number} is used in answers until this one is ready." if before else ""
        return f"Version {one.version.number} of {title} uploaded", still
    return f"{title} uploaded", "It is being read. Its row shows when it is ready to search."


def collection_id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise Invalid("Nothing was uploaded. Choose a collection for the files.") from None
