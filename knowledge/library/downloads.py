"""The original file on its way to a browser, which must never run it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import FileResponse, Http404

from knowledge.library import storage
from knowledge.models import Document, Version


class Original(FileResponse):
    """Read block by block as it is sent. Django reads a file as a whole into memory before it sends the first byte of it
    to an asynchronous server: 200 MB for each reader of a file of that size."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        blocks = iter(self.streaming_content)
        while block := await sync_to_async(next)(blocks, b""):
            yield block


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


def file_response(version: Version) -> Original:
    """Always an attachment of no type: uploaded HTML or SVG must not run under the portal's address."""
    try:
        file = storage.open_blob(version.blob)
    except FileNotFoundError:
        raise Http404 from None
    response = Original(file, as_attachment=True, filename=version.filename, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
