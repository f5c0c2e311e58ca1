"""Whole addresses, for mails and for people who hand a link over."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


def base_of(request: HttpRequest | None = None) -> str:
    """The portal's own address: PORTAL_URL where set, else the one this request came for (ALLOWED_HOSTS checked it)."""
    if settings.PORTAL_URL:
        return settings.PORTAL_URL.rstrip("/")
    return f"{request.scheme}://{request.get_host()}" if request else "http://127.0.0.1:8000"


def absolute(base: str, name: str, *args: str) -> str:
    return base + reverse(name, args=args)
