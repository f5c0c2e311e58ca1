"""Addresses with a stream that nobody's credential holds."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path


def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def lines():
        yield "words"

    return StreamingHttpResponse(lines())


urlpatterns = [path("stream/", stream)]
