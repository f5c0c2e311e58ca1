"""Whole addresses: for mails and links that are handed over, and for what somebody is shown on their own page."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.urls import reverse

from tenants.errors import Unavailable

DEFAULT_PORTS = {"http": "80", "https": "443"}


def base_of(request: HttpRequest) -> str:
    """The portal's own address, for links that others will open: `PORTAL_URL`, or what is known without the client.

    Whoever sends the request chooses its `Host` header, of which Django checks the name and not the port. So the name must be
    listed in `ALLOWED_HOSTS` as it is, and the port must be the server's own or listed in `CSRF_TRUSTED_ORIGINS`.
    Raises Unavailable if no name is listed.
    """
    if settings.PORTAL_URL:
        return settings.PORTAL_URL.rstrip("/")
    name, port = split_domain_port(request.get_host())
    name = _listed(name)
    origin = f"{request.scheme}://{name}"
    if f"{origin}:{port}" in settings.CSRF_TRUSTED_ORIGINS or (not port and not is_loopback(name)):
        return f"{origin}:{port}" if port else origin  # a proxy, on the usual port
    own = str(request.META.get("SERVER_PORT") or "")
    return origin if own in ("", "0", DEFAULT_PORTS.get(request.scheme)) else f"{origin}:{own}"


def absolute(base: str, name: str, *args: str) -> str:
    return base + reverse(name, args=args)


def shown_address(request: HttpRequest, path: str) -> str:
    """A whole address for the person who asks, on their own page: with `PORTAL_URL`, or as they reached the portal."""
    return settings.PORTAL_URL.rstrip("/") + path if settings.PORTAL_URL else request.build_absolute_uri(path)


def is_loopback(name: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _listed(name: str) -> str:
    exact = [host.lower() for host in settings.ALLOWED_HOSTS if not host.startswith((".", "*"))]
    if name in exact:
        return name
    beyond = [host for host in exact if not is_loopback(host)]
    if not beyond:
        raise Unavailable(
            "The portal does not know its own web address, so no link was created.",
            hint="Ask the operator to set PORTAL_URL.",
        )
    return beyond[0]
