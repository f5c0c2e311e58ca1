"""The one-time code for setting up an empty installation from anywhere but the machine itself.

It is printed where the portal is started, so whoever can read that is the operator, or was told by them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

from tenants.models import SetupCode
from tenants.requests import rate_limits
from tenants.requests.absolute_urls import is_loopback

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, LETTERS = 4, 4  # 79 bits
MAX_VALID_CODES = 20  # codes that work at once: each machine that starts prints its own
PROXY_HEADERS = {"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP", "HTTP_TRUE_CLIENT_IP"}


def make_code() -> str:
    """Stores the digest of a new code and returns the code, which is shown this once."""
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS))
    SetupCode.objects.create(digest=_digest(code))
    newest = SetupCode.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)[:MAX_VALID_CODES]
    SetupCode.objects.exclude(pk__in=list(newest)).delete()
    return code


def is_right(code: str, *, address: str) -> bool:
    """Compares in constant time. Raises TooMany after a few wrong codes from one address."""
    rate_limits.spend(rate_limits.SETUP_CODE_FROM_ADDRESS, address)
    given, right = _digest(code), False
    for stored in SetupCode.objects.values_list("digest", flat=True):
        right |= hmac.compare_digest(stored, given)
    if right:
        rate_limits.refund(rate_limits.SETUP_CODE_FROM_ADDRESS, address)
    return right


def is_needed(request: HttpRequest) -> bool:
    """False only for a request from this machine, straight to the portal, where nobody else is meant to reach it.

    A proxy on this machine that adds no header looks like a person here. So a setting that names another address counts, and
    HTTP/1.0, which proxies speak and browsers do not.
    """
    return _is_meant_for_others() or not _is_direct(request)


def _is_direct(request: HttpRequest) -> bool:
    proxied = any(name in PROXY_HEADERS or name.startswith("HTTP_X_FORWARDED") for name in request.META)
    old = getattr(request, "scope", {}).get("http_version") == "1.0"
    name, _ = split_domain_port(request.get_host())
    return not proxied and not old and is_loopback(name) and is_loopback(request.META.get("REMOTE_ADDR") or "")


def _is_meant_for_others() -> bool:
    addresses = [settings.PORTAL_URL, *settings.CSRF_TRUSTED_ORIGINS]
    names = [urlsplit(address).hostname or address for address in addresses if address]
    return bool(settings.TRUSTED_PROXIES) or not all(map(is_loopback, [*names, *settings.ALLOWED_HOSTS]))


def _digest(code: str) -> str:
    """Of the letters alone: people leave hyphens out, or type them as spaces."""
    return hashlib.sha256("".join(filter(str.isalnum, code.lower())).encode()).hexdigest()
