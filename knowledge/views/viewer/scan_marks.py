"""The marks on a scanned page, asked for once the page is open: the first time, its lines are looked for, which takes
seconds. No connection is held meanwhile, and rights are asked again after it."""

from __future__ import annotations

import asyncio
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from knowledge.library import reading_log
from knowledge.library.version_text import SpanReader, text_of_version
from knowledge.models import Version
from knowledge.page_images import pdf_pages
from knowledge.parsers.base import ParseFailed
from knowledge.permissions.access import access_document
from knowledge.views.viewer import page_images
from knowledge.views.viewer.document_page import marks_for, numbered, what_is_asked
from tenants.isolation.scope import in_tenant, return_connection
from tenants.models import Membership
from tenants.requests.gates import member_stream


@require_safe
@member_stream()
async def page_marks(
    request: HttpRequest, member: Membership, document_id: UUID, version: int, page: int
) -> HttpResponse:
    look = sync_to_async(_cached_marks)
    unread, response = await look(request, member, document_id, version, page)
    if unread is None:
        return response
    try:
        await asyncio.get_running_loop().run_in_executor(pdf_pages.threads, page_images.read_scan, unread, page)
    except ParseFailed:
        return HttpResponse(status=204)  # the words above the page are there already; the next look tries again
    return (await look(request, member, document_id, version, page))[1]


def _cached_marks(
    request: HttpRequest, member: Membership, document_id: UUID, number: int, page: int
) -> tuple[Version | None, HttpResponse]:
    """The drawing over the page, and the version where its lines have to be found first."""
    try:
        with in_tenant(member.tenant):
            document = access_document(member, document_id)
            version = numbered(document, number)
            reading = text_of_version(version)
            if reading is None or not page_images.has_pictures(version):
                raise Http404
            marks = marks_for(what_is_asked(request, member, document_id), document, version)
            sheet = page_images.sheet_of(version, SpanReader(reading), reading.pages, page, marks)
            if sheet is None:
                raise Http404
            reading_log.note_pages(member, document, version.number, [page])
            context = {"sheet": sheet, "document": document, "version": version, "tenant": member.tenant}
            return version if sheet.unread else None, render(request, "knowledge/_sheet_marks.html", context)
    finally:
        return_connection()
