"""Large files in pieces, for the upload script: begin, add a piece, discard. What stopped goes on where it was."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST

from knowledge.library import chunked_uploads, storage
from knowledge.models import PartialUpload
from knowledge.views.library.library_page import library_url
from knowledge.views.uploads import collection_id
from tenants.errors import Conflicting, Invalid
from tenants.models import Membership
from tenants.requests.deadline_exemptions import may_take_longer
from tenants.requests.gates import member_view


@require_POST
@member_view()
def begin(request: HttpRequest, member: Membership) -> HttpResponse:
    """201 with where to go on from: 0 for a file that was not begun."""
    partial = chunked_uploads.begin(
        member,
        collection_id(request.POST.get("collection", "")),
        filename=request.POST.get("filename", ""),
        size=_number(request.POST.get("size", "")),
        stamp=request.POST.get("stamp", ""),
    )
    return JsonResponse(_upload_state(partial), status=201)


@may_take_longer
@require_POST
@member_view()
def piece(request: HttpRequest, member: Membership, partial_id: UUID) -> HttpResponse:
    """The body is the piece from ?at= on. 202: go on from `received`. 201: the file is whole. 409: go on from there."""
    bytes_in = iter(lambda: request.read(storage.READ_BYTES), b"")
    try:
        done = chunked_uploads.add(member, partial_id, _number(request.GET.get("at", "")), bytes_in)
    except Conflicting as refused:
        if refused.code != "other_piece":
            raise
        return JsonResponse(_upload_state(chunked_uploads.access(member, partial_id)), status=409)
    if isinstance(done, PartialUpload):
        return JsonResponse(_upload_state(done), status=202)
    return JsonResponse({"id": str(done.document.pk), "title": done.document.title, "what": done.what}, status=201)


@require_POST
@member_view()
def discard(request: HttpRequest, member: Membership, partial_id: UUID) -> HttpResponse:
    partial = chunked_uploads.access(member, partial_id)
    chunked_uploads.discard(member, partial.pk)
    if request.htmx:
        return HttpResponse("")
    return HttpResponseRedirect(library_url(member, partial.collection_id))


def _upload_state(partial: PartialUpload) -> dict[str, object]:
    return {"upload": str(partial.pk), "received": partial.received, "size": partial.size}


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise Invalid("This is not a number of bytes.")
    return int(value)
