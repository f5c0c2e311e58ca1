"""How fresh a source is, in a word and a date. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

REVIEW_DUE_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Freshness:
    kind: str = ""  # reviewed, due, expired, dated, or empty when nothing is known
    words: str = ""


def freshness(
    today: date,
    *,
    reviewed_on: date | None = None,
    review_due: date | None = None,
    expires_on: date | None = None,
    dated: date | None = None,
) -> Freshness:
    if expires_on and expires_on <= today:
        return Freshness("expired", f"Expired {_day(expires_on)}")
    if review_due and review_due <= today + REVIEW_DUE_WITHIN:
        return Freshness("due", f"Review due {'since ' if review_due < today else ''}{_day(review_due)}")
    if reviewed_on:
        return Freshness("reviewed", f"Reviewed {_day(reviewed_on)}")
    if dated:
        return Freshness("dated", f"Dated {_day(dated)}")
    return Freshness()


def _day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"
