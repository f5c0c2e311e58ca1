"""Repeated refusals of one member: the first is recorded at once, those of the same minute together at its end."""

from __future__ import annotations

from django.core.cache import cache

from tenants.models import Membership
from tenants.requests.rate_limits import Limit, count, window_key

MINUTE = Limit("refused", 1, 60)


def is_repeated(member: Membership, code: str) -> bool:
    """Counts one more refusal of this member. True if the first of this minute was recorded already."""
    from tenants.tasks import record_refusals

    subject = f"{member.pk} {code}"
    times = count(MINUTE, subject)
    if times == 2:
        args = (str(member.tenant_id), str(member.pk), code, window_key(MINUTE, subject))
        record_refusals.apply_async_on_commit(args, countdown=MINUTE.seconds)  # a queue that is away is logged
    return times > 1


def take_repeats(key: str) -> int:
    """How many were refused after the first one, once."""
    repeats = int(cache.get(key) or 0) - 1
    cache.delete(key)
    return max(0, repeats)
