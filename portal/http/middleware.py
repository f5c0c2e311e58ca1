"""Small middleware without a database query, for sync and async requests alike."""

from __future__ import annotations

import ipaddress

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.utils.decorators import sync_and_async_middleware

from portal.http.client_address import behind_proxies, is_trusted

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _around(get_response, before=None, after=None):
    if iscoroutinefunction(get_response):

        async def middleware(request):
            if before:
                before(request)
            response = await get_response(request)
            return after(request, response) if after else response

    else:

        def middleware(request):
            if before:
                before(request)
            response = get_response(request)
            return after(request, response) if after else response

    return middleware


@sync_and_async_middleware
def security_headers(get_response):
    """A policy under which no script runs but our own files, and nothing is fetched from another host."""

    def after(request, response):
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if getattr(request, "member", None) is not None:
            response.setdefault("Cache-Control", "private, no-store")
        return response

    return _around(get_response, after=after)


@sync_and_async_middleware
def head_is_get(get_response):
    """Answers HEAD as GET without the content (RFC 9110, section 9.3.2), so that no view has to know it.

    The server sends no content of such a response. A stream is emptied here, before its first block is made.
    """

    def before(request):
        request.is_head = request.method == "HEAD"
        if request.is_head:
            request.method = "GET"

    def after(request, response):
        if not request.is_head:
            return response
        request.method = "HEAD"
        if response.streaming:
            response.streaming_content = _nothing() if response.is_async else ()
        return response

    return _around(get_response, before=before, after=after)


async def _nothing():
    return
    yield


@sync_and_async_middleware
def trusted_proxy(get_response):
    """The client's address and scheme, from X-Forwarded-For and X-Forwarded-Proto, but only where a trusted proxy wrote
    them.

    `request.from_trusted_proxy` says whether one did, for other headers that only a proxy may set
    (audit/ledger/request_id.py).
    """
    proxies = [ipaddress.ip_network(entry, strict=False) for entry in settings.TRUSTED_PROXIES]

    def before(request):
        remote = request.META.get("REMOTE_ADDR") or ""
        request.from_trusted_proxy = bool(proxies) and is_trusted(remote, proxies)
        if not request.from_trusted_proxy:
            return
        request.META["REMOTE_ADDR"] = behind_proxies(remote, request.META.get("HTTP_X_FORWARDED_FOR", ""), proxies)
        if request.META.get("HTTP_X_FORWARDED_PROTO", "").split(",")[-1].strip() == "https":
            request.META["wsgi.url_scheme"] = "https"
            if hasattr(request, "scope"):
                request.scope["scheme"] = "https"

    return _around(get_response, before=before)
