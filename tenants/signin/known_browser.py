"""Browsers in which somebody has signed in before (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").

Tries from such a browser have a limit of their own, so a stranger who uses up the limits of an account does not lock its
owner out. The cookie proves no more than that: a password is still needed, and a stolen cookie gives a few tries.

An entry of the cookie is a nonce, signed with a key that depends on the account and its password. So it names nobody, is
found only by trying it on the account that is asked for, and ends with a change of password.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from tenants.models import User

COOKIE = "portal_known_browser"
LIFETIME = timedelta(days=180)  # since the last sign-in in this browser
MAX_ACCOUNTS = 5  # that one browser remembers, the latest first: each costs a request three hashes
USE_IT = ", use a browser in which you have signed in before"  # words of a refusal
_ENTRY = re.compile(r"[\w-]{16}:\w{1,12}:[\w-]{43}", re.ASCII)


def find_nonce(request: HttpRequest, email: str) -> str | None:
    """The nonce of a browser in which the account with this address has signed in, or None.

    An unknown address takes the same query and steps as a known one.
    """
    entries = _entries(request)
    if not entries:
        return None
    user = User.objects.filter(email=email.strip().lower()).first() or User(password="")
    return _nonce_among(entries, user)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Sets the cookie for somebody who has just proved who they are. A nonce that is valid stays, with its tries."""
    entries = _entries(request)
    nonce = _nonce_among(entries, user) or secrets.token_urlsafe(12)
    others = [entry for entry in entries if not entry.startswith(f"{nonce}:")]
    response.set_cookie(
        COOKIE,
        ".".join([_signer(user).sign(nonce), *others][:MAX_ACCOUNTS]),
        max_age=LIFETIME,
        secure=settings.SECURE_COOKIES or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def _entries(request: HttpRequest) -> list[str]:
    entries = request.COOKIES.get(COOKIE, "").split(".", MAX_ACCOUNTS)[:MAX_ACCOUNTS]
    return [entry for entry in entries if _ENTRY.fullmatch(entry)]


def _nonce_among(entries: list[str], user: User) -> str | None:
    signer = _signer(user)
    nonces = [nonce for nonce in (_unsign(signer, entry) for entry in entries) if nonce]
    return nonces[0] if nonces else None


def _unsign(signer: TimestampSigner, entry: str) -> str:
    try:
        return signer.unsign(entry, max_age=LIFETIME)
    except BadSignature:
        return ""


def _signer(user: User) -> TimestampSigner:
    return TimestampSigner(salt=f"tenants.signin.known_browser {user.pk} {user.password}")
