"""Correlation: which request a record belongs to. For logs and the trail only; nothing decides anything by it."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar
from dataclasses import dataclass

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware


@dataclass(frozen=True, slots=True)
class Origin:
    request_id: str = ""
    address: str = ""
    agent: str = ""


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - frozen
_ACCEPTABLE = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def current_origin() -> Origin:
    return _origin.get()


@sync_and_async_middleware
def request_id(get_response):
    """Gives each request an id, stores it for the length of the request, and returns it as `X-Request-ID`.

    A well-formed id from a trusted proxy is taken over, so that the proxy's log and the trail agree. Any other client's
    value is dropped: with a chosen id somebody could give their own events the id of another request.
    """

    def begin(request):
        given = request.headers.get("X-Request-ID", "") if getattr(request, "from_trusted_proxy", False) else ""
        request.request_id = given if _ACCEPTABLE.match(given) else uuid.uuid4().hex
        return _origin.set(
            Origin(
                request_id=request.request_id,
                address=request.META.get("REMOTE_ADDR") or "",
                agent=request.headers.get("User-Agent", "")[:200],
            )
        )

    if iscoroutinefunction(get_response):

        async def middleware(request):
            token = begin(request)
            try:
                response = await get_response(request)
            finally:
                _origin.reset(token)
            response["X-Request-ID"] = request.request_id
            return response

    else:

        def middleware(request):
            token = begin(request)
            try:
                response = get_response(request)
            finally:
                _origin.reset(token)
            response["X-Request-ID"] = request.request_id
            return response

    return middleware
