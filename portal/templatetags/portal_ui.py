"""What templates say and draw: icons, rings, ticks, states, dates. templates/README.md shows each one in use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal.pages import icons
from portal.pages.sample_data import SAMPLE, tokens
from tenants import formatting

register = template.Library()

# Where the frame's own links lead; one that no app provides is not shown.
LINKS = {
    "ask": "answers:ask",
    "search": "knowledge:search",
    "search_dialog": "knowledge:search-dialog",
    "settings": "tenants:settings",
    "keys": "tenants:keys",
    "help": "help",
    "sign_out": "sign-out",
}
# G, then a letter (portal/static/portal/js/shortcuts.js)
SECTION_LETTERS = {
    "ask": "A",
    "knowledge": "K",
    "review": "R",
    "quality": "Q",
    "audit": "U",
    "operations": "O",
    "people": "P",
}


@register.simple_tag(takes_context=True)
def links(context: template.Context) -> dict[str, str]:
    """{% links as links %}: the addresses of the frame for this tenant."""
    given = context.get("links") or {}
    tenant = context.get("tenant")
    found = {}
    for key, name in LINKS.items():
        try:
            found[key] = (
                reverse(name) if ":" not in name else reverse(name, kwargs={"slug": tenant.slug}) if tenant else ""
            )
        except NoReverseMatch:
            found[key] = ""
    return found | given


@register.filter
def room_letter(key: str) -> str:
    return SECTION_LETTERS.get(key, "")


@register.simple_tag
def icon(name: str, size: int = 16, css: str = "") -> SafeString:
    """{% icon "folder" %}, {% icon room.icon 18 %}: hidden from assistive technology; words or a label go beside it."""
    return format_html(
        '<svg class="icon icon-{} {}" width="{}" height="{}" viewBox="0 0 20 20" aria-hidden="true" focusable="false">'
        "{}</svg>",
        name,
        css,
        size,
        size,
        mark_safe(icons.drawing(name)),  # noqa: S308 - our own drawings, never input
    )


@register.simple_tag
def ring(share: float | None = None, size: int = 16) -> SafeString:
    """{% ring 60 %} shows the true share in per cent; {% ring %} turns, for work of unknown length."""
    turning = share is None
    length = 28 if turning else max(0, min(100, round(float(share))))
    return format_html(
        '<svg class="ring{}" width="{}" height="{}" viewBox="0 0 20 20" aria-hidden="true" focusable="false">'
        '<circle class="track" cx="10" cy="10" r="8"/>'
        '<circle class="share" cx="10" cy="10" r="8" pathLength="100" stroke-dasharray="{} 100"/></svg>',
        " ring-turning" if turning else "",
        size,
        size,
        length,
    )


@register.simple_tag
def logo() -> SafeString:
    return mark_safe(
        '<svg class="logo" viewBox="0 0 22 22" aria-hidden="true" focusable="false">'
        '<rect x="1" y="1" width="20" height="20" rx="4.5"/><path class="logo-mark" d="M5 8.75h11.5v4.5H5z"/>'
        '<path d="M5.5 7h11M5.5 11h9.5M5.5 15h6"/></svg>'
    )


@register.simple_tag
def ticks(total: int, backed: int) -> SafeString:
    """One tick per statement; filled when its quote was verified. The words beside it carry the meaning."""
    total, backed = int(total), int(backed)
    marks = [("tick tick-on" if at < backed else "tick",) for at in range(total)]
    return format_html(
        '<span class="ticks" aria-hidden="true">{}</span>', format_html_join("", '<i class="{}"></i>', marks)
    )


@register.simple_tag
def coverage(parts: Iterable[tuple[str, int]]) -> SafeString:
    """A bar of what is searchable, working, queued, expired, failed; the legend beside it carries the numbers."""
    shown = [(kind, count) for kind, count in parts if count > 0]
    total = sum(count for _, count in shown) or 1
    rows, at = [], 0.0
    for kind, count in shown:
        width = 100 * count / total
        rows.append((kind, f"{at:.3f}%", f"{width:.3f}%"))
        at += width
    return format_html(
        '<svg class="coverage" width="100%" height="8" aria-hidden="true" focusable="false"><defs>'
        '<pattern id="stripes" width="5" height="8" patternUnits="userSpaceOnUse" patternTransform="skewX(-30)">'
        '<rect width="5" height="8" class="stripe-under"/><rect width="2.75" height="8" class="stripe"/></pattern>'
        "</defs>{}</svg>",
        format_html_join("", '<rect class="part part-{}" x="{}" y="0" width="{}" height="8"/>', rows),
    )


@register.inclusion_tag("_state.html")
def state(
    status: str, name: str = "", more: str = "", share: float | None = None, inline: bool = False
) -> dict[str, Any]:
    """{% state document.status %}; name= says more ("Parsing, page 30 of 120"), share= per cent, more= second line."""
    glyph, tone, words = formatting.STATES.get(status, ("info", "idle", status.replace("_", " ").capitalize()))
    return {"glyph": glyph, "tone": tone, "name": name or words, "more": more, "share": share, "inline": inline}


@register.simple_tag
def samples() -> dict[str, Any]:
    """The made-up company of the component sheet."""
    return SAMPLE | {"icons": sorted(icons.drawings()), "tokens": tokens()}


@register.inclusion_tag("_cited.html")
def cited(text: str, citations: Iterable[Any]) -> dict[str, Any]:
    """{% cited sentence.text sentence.citations %}: a sentence and its numbers, which never part from its last word.

    Each citation has `id`, `number`, `title` and `page` or `page_label`; `lost` where it may no longer be read.
    """
    citations = list(citations)
    head, _, last = text.strip().rpartition(" ")
    ids = " ".join(str(c["id"] if isinstance(c, dict) else c.id) for c in citations)
    return {"head": head, "last": last, "citations": citations, "said": ids, "lock": icon("lock", 11)}


def _local(value: date | datetime) -> date | datetime:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


def _dated(formatted: Any) -> Any:
    """A filter over dates: empty for nothing, in the reader's time zone, with today's date where the words need it."""

    def words(value: date | datetime | None) -> str:
        return formatted(_local(value), timezone.localdate()) if value else ""

    words.__name__ = formatted.__name__
    words.__doc__ = formatted.__doc__
    return words


register.filter("day_heading", _dated(formatting.day_heading))
register.filter("history_heading", _dated(formatting.history_heading))
register.filter("when", _dated(formatting.when))
register.filter("short_date", _dated(lambda value, today: formatting.short_date(value)))
register.filter("day_month", _dated(formatting.short_date))
register.filter("clock", _dated(lambda value, today: f"{value:%H:%M}"))
register.filter("clock_seconds", _dated(lambda value, today: f"{value:%H:%M:%S}"))
register.filter("initials", lambda name: formatting.initials(str(name or "")))
register.filter("byte_size", lambda count: formatting.byte_size(count or 0))
register.filter("grouped", lambda count: formatting.grouped(int(count or 0)))
register.filter("seconds", lambda value: formatting.seconds(float(value or 0)))


@register.filter
def counted(count: int | None, words: str) -> str:
    """{{ 2|counted:"source" }} is "2 sources"; {{ n|counted:"person,people" }} for words that change more."""
    one, _, many = words.partition(",")
    return formatting.counted(int(count or 0), one, many)
