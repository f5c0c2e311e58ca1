"""How often API keys that are not valid may be tried: by address, and by the beginning of the key.

Nobody is locked out. A key that was valid here before is not counted at all; one that this process does not know yet is
looked up even while the limit is reached, but only a few times a minute.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from tenants.api_keys.api_keys import digest, find_key
from tenants.errors import TooMany
from tenants.models import ApiKey
from tenants.requests.rate_limits import Limit, refund, spend

FROM_ADDRESS = Limit("key-from", 60, 15 * 60)
WITH_PREFIX = Limit("key-prefix", 60, 15 * 60)  # from everywhere together
SLOWLY = Limit("key-slowly", 6, 60)  # of one address, with one beginning of a key where that is what is limited
PREFIX_LENGTH = 10
MAX_REMEMBERED = 10_000  # keys that were valid, and addresses that are turned away

_lock = threading.Lock()
_valid: OrderedDict[str, None] = OrderedDict()
_refused_until: OrderedDict[str, float] = OrderedDict()  # until when, without a look at the cache


def find_key_within_limits(secret: str, slug: str, address: str) -> ApiKey | None:
    """As `find_key`. Raises TooMany where too many keys were tried that are not valid."""
    name = digest(f"{slug} {secret}")
    if name in _valid:
        key = find_key(secret, slug)
        if key is None:
            _valid.pop(name, None)  # revoked or expired since; its next use counts
        return key
    prefix = secret[:PREFIX_LENGTH]
    _require_attempts_left(address, prefix)
    key = find_key(secret, slug)
    if key is not None:
        refund(FROM_ADDRESS, address)
        refund(WITH_PREFIX, prefix)
        _remember(_valid, name, None)
    return key


def _require_attempts_left(address: str, prefix: str) -> None:
    for limit, subject, slowly in (
        (FROM_ADDRESS, address, address),
        (WITH_PREFIX, prefix, f"{address} {prefix}"),
    ):
        if _refused_until.get(slowly, 0.0) > time.monotonic():
            raise _too_many(SLOWLY.seconds, first=False)
        try:
            spend(limit, subject)
        except TooMany as reached:
            try:
                spend(SLOWLY, slowly)
            except TooMany as turned_away:
                _remember(_refused_until, slowly, time.monotonic() + turned_away.retry_after)
                raise _too_many(turned_away.retry_after, first=reached.first or turned_away.first) from None


def _too_many(wait: int, *, first: bool) -> TooMany:
    return TooMany(
        "Too many attempts with API keys that are not valid.",
        hint="Check the key, or create a new one. Valid keys are not affected.",
        retry_after=wait,
        first=first,
    )


def _remember(memory: OrderedDict, name: str, value) -> None:
    with _lock:
        memory[name] = value
        memory.move_to_end(name)
        while len(memory) > MAX_REMEMBERED:
            memory.popitem(last=False)
