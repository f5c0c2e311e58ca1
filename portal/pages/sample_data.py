"""The made-up company of the component sheet: fixed words that ship with the product, nothing of any tenant."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

TOKENS = Path(__file__).parents[1] / "static/portal/css/tokens.css"
COLOUR = re.compile(r"--([\w-]+): light-dark\((#[0-9A-Fa-f]{6}), (#[0-9A-Fa-f]{6})\);")


@cache
def tokens() -> list[dict[str, str]]:
    """The colours as the stylesheet has them, so that the sheet cannot differ from the product."""
    found = COLOUR.findall(TOKENS.read_text(encoding="utf-8"))
    return [{"name": name, "light": light, "dark": dark} for name, light, dark in found]


CITATIONS = [
    {
        "id": "s1",
        "number": 1,
        "title": "Travel and Expenses Policy",
        "page_label": "Page 6",
        "url": "#",
        "where": "Version 7 · §4.2 Class of travel",
        "before": "Economy is the standard for all air travel. ",
        "quote": "Business class may be booked where any single flight segment is scheduled for seven hours or longer, "
        "measured gate to gate.",
        "after": " Connection times and the total length of the journey are not taken into account.",
        "freshness": "reviewed",
        "freshness_words": "Reviewed 12 Oct 2026",
        "access_reason": "via Finance team",
    },
    {
        "id": "s2",
        "number": 2,
        "title": "Delegation of Authority",
        "page_label": "Page 3",
        "url": "#",
        "where": "Version 12 · Table 2, Purchases and travel",
        "before": "Air travel, per ticket. ",
        "quote": "Up to €6,000: cost-centre owner. Above €6,000: cost-centre owner and regional finance director,",
        "after": " both before the booking is made.",
        "freshness": "reviewed",
        "freshness_words": "Reviewed 2 Sep 2026",
        "access_reason": "via All employees",
    },
    {
        "id": "s3",
        "number": 3,
        "title": "Travel desk: how to book",
        "page_label": "Page 1",
        "url": "#",
        "where": "Version 3 · Before you book",
        "before": "Send the request ",
        "quote": "no later than 14 days before departure. Later requests need a reason in writing,",
        "after": " which we keep with the ticket.",
        "freshness": "due",
        "freshness_words": "Review due 30 Nov",
        "access_reason": "shared with you by Ines Koller",
        "is_shared_by_person": True,
    },
]

SAMPLE = {
    "citations": CITATIONS,
    "c1": CITATIONS[:1],
    "c2": CITATIONS[1:2],
    "c3": CITATIONS[2:],
    "lost": [{"id": "s4", "number": 4, "lost": True}],
    "coverage": [("searchable", 423), ("working", 38), ("queued", 21), ("expired", 12), ("failed", 7)],
}
