"""How often somebody may try. Counted in the cache, whose `incr` is atomic, in windows of fixed length.

What is counted is kept as a digest: addresses of people do not stand in the cache. While there is no cache each process
counts for itself, so that a Redis that is away lets nobody guess without end, and turns nobody away.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache

from tenants.errors import TooMany

MAX_LOCAL_KEYS = 100_000  # keys, while the cache is away


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    times: int
    seconds: int


# An office behind one address signs in on a Monday morning; only failures count in the end, see `refund`. These three are
# for browsers in which the account has not signed in before; the others have their own (tenants/signin/known_browser.py).
SIGN_IN_FROM_ADDRESS = Limit("sign-in-from", 100, 15 * 60)
SIGN_IN_TO_ACCOUNT_FROM_ADDRESS = Limit("sign-in-pair", 10, 15 * 60)
SIGN_IN_TO_ACCOUNT = Limit("sign-in-to", 50, 60 * 60)  # from everywhere together
SIGN_IN_FROM_KNOWN_BROWSER = Limit("sign-in-browser", 10, 15 * 60)
RESET_FROM_ADDRESS = Limit("reset-from", 20, 60 * 60)
RESET_FOR_ACCOUNT = Limit("reset-for", 5, 60 * 60)
RESET_FROM_KNOWN_BROWSER = Limit("reset-browser", 3, 60 * 60)
LINK_FROM_ADDRESS = Limit("link-from", 60, 15 * 60)  # opening invitation and reset links
INVITATIONS_OF_TENANT = Limit("invitations-of", 200, 60 * 60)
SETUP_CODE_FROM_ADDRESS = Limit("setup-code-from", 10, 15 * 60)
PASSWORD_IN_SESSION = Limit("password-in", 10, 15 * 60)  # one's own, asked again before it is changed


def spend(limit: Limit, subject: str, *, instead: str = "") -> None:
    """One try. Raises TooMany, with the seconds to wait, when the window is used up. `instead`: what else the person can do."""
    now = time.time()
    tries = count(limit, subject)
    if tries > limit.times:
        wait = max(1, int(limit.seconds - now % limit.seconds) + 1)
        raise TooMany(
            "Too many attempts.",
            hint=f"Nothing was changed. Try again in {_words(wait)}{instead}.",
            retry_after=wait,
            first=tries == limit.times + 1,
        )


def count(limit: Limit, subject: str) -> int:
    """One more. Returns how many there are in this window."""
    key = window_key(limit, subject)
    cache.add(key, 0, timeout=2 * limit.seconds + 60)
    return _count(key)


def window_key(limit: Limit, subject: str) -> str:
    """Under which this window's count is stored."""
    return _key(limit, subject, time.time())


def refund(limit: Limit, subject: str) -> None:
    """The try was a success and does not count."""
    key = _key(limit, subject, time.time())
    with _one_at_a_time:
        if key in _here:
            _here[key] -= 1
    with suppress(ValueError):  # the window closed in between
        cache.decr(key)


def address_of(request) -> str:
    """Whom a try from the network is counted for. A /64 of IPv6 is one household, and costs nothing to walk through."""
    remote = request.META.get("REMOTE_ADDR") or ""
    try:
        parsed = ipaddress.ip_address(remote)
    except ValueError:
        return remote
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else remote


def _key(limit: Limit, subject: str, now: float) -> str:
    digest = hashlib.sha256(subject.strip().lower().encode()).hexdigest()[:32]
    return f"limit:{limit.name}:{int(now // limit.seconds)}:{digest}"


def _count(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # it is away, or forgot the key since a moment ago
        return _count_here(key)


_here: dict[str, int] = {}
_one_at_a_time = threading.Lock()


def _count_here(key: str) -> int:
    with _one_at_a_time:
        while len(_here) >= MAX_LOCAL_KEYS:
            _here.pop(next(iter(_here)))
        _here[key] = _here.pop(key, 0) + 1
        return _here[key]


def _words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 100 else f"{round(seconds / 60)} minutes"
