"""One page of a PDF as a picture, gated like the document itself, and trying one again that could not be drawn.

Drawing may take seconds and wait for others, so no database connection is held meanwhile, and rights are asked again
after it when it took long.
"""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from knowledge.library import reading_log
from knowledge.models import Version
from knowledge.page_images import failed_pages, pdf_pages
from knowledge.parsers.base import ParseFailed
from knowledge.permissions.access import access_document
from knowledge.views.viewer import page_images
from knowledge.views.viewer.document_page import document_url, numbered
from tenants.isolation.scope import in_tenant, return_connection
from tenants.models import Membership
from tenants.requests.gates import member_stream, member_view

RECHECK_AFTER_SECONDS = 1.0  # seconds after which rights may have changed
# A picture, since the page shows it as one. It names nothing of the document.
_PLACEHOLDER = """<svg xmlns="http://www.w3.org/2000/svg" width="1190" height="1684" viewBox="0 0 1190 1684">
<rect width="1190" height="1684" fill="#fff"/><g font-family="sans-serif" fill="#333" text-anchor="middle">
<text x="595" y="780" font-size="40" font-weight="600">{title}</text>
<text x="595" y="840" font-size="32">{more}</text></g></svg>"""


@require_safe
@member_stream()
async def picture(request: HttpRequest, member: Membership, document_id: UUID, version: int, page: int) -> HttpResponse:
    look = sync_to_async(_readable_version)
    chosen = await look(member, document_id, version, page)
    tag = f'"{chosen.pk}-{page}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        began = time.monotonic()
        try:
            loop = asyncio.get_running_loop()
            data = await loop.run_in_executor(pdf_pages.threads, page_images.picture, chosen, page)
        except ParseFailed as failure:
            return _placeholder(failure)
        if time.monotonic() - began > RECHECK_AFTER_SECONDS:
            await look(member, document_id, version)
        response = HttpResponse(data, content_type=pdf_pages.MEDIA_TYPE)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"  # the bytes never change, but whether this reader may see them does
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@member_view()
def draw_again(request: HttpRequest, member: Membership, document_id: UUID, version: int, page: int) -> HttpResponse:
    document = access_document(member, document_id)
    chosen = numbered(document, version)
    if not page_images.has_pictures(chosen) or not 1 <= page <= chosen.page_count:
        raise Http404
    if not failed_pages.forget(chosen, page):
        messages.info(request, "This page failed a moment ago", "Try again in a minute, or read its text.")
    return HttpResponseRedirect(f"{document_url(member, document, version=version, page=page)}#page-{page}")


def _readable_version(member: Membership, document_id: UUID, number: int, page: int = 0) -> Version:
    """The version, if the member may read it now. With a page, that it was read goes on the trail."""
    try:
        with in_tenant(member.tenant):
            document = access_document(member, document_id)
            chosen = numbered(document, number)
            if not page_images.has_pictures(chosen):
                raise Http404
            if 1 <= page <= chosen.page_count:
                reading_log.note_pages(member, document, number, [page])
            return chosen
    finally:
        return_connection()


def _placeholder(failure: ParseFailed) -> HttpResponse:
    if failure.code == "busy":
        title, more, status = "Other pages are being prepared.", "Reload in a moment to see this one.", 503
    else:
        title, more, status = "This page cannot be shown as an image.", "Show the text to read it, or reload.", 422
    response = HttpResponse(_PLACEHOLDER.format(title=title, more=more), content_type="image/svg+xml", status=status)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if status == 503:
        response["Retry-After"] = "5"
    return response
