"""The original file on its way to a browser, which must never run it."""

from __future__ import annotations

from django.http import FileResponse, Http404

from knowledge import storage
from knowledge.models import Document, Version


def version_of(document: Document, number: str | int | None = None) -> Version:
    """That version, or the newest. Http404 for one there never was."""
    rows = Version.objects.for_tenant(document.tenant_id).filter(document=document).select_related("blob")
    if number not in (None, ""):
        if not str(number).isdecimal() or len(str(number)) > 9:
            raise Http404
        rows = rows.filter(number=int(number))
    version = rows.order_by("-number").first()
    if version is None:
        raise Http404
    return version


def file_response(version: Version) -> FileResponse:
    """Always an attachment of no type: uploaded HTML or SVG must not run under the portal's address."""
    try:
        file = storage.open_blob(version.blob)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(
        file, as_attachment=True, filename=version.filename, content_type="application/octet-stream"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
