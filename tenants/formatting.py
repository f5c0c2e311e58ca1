"""Dates, numbers and states in the portal's words. Pure: the moment "now" is an argument."""

from __future__ import annotations

from datetime import date, datetime, timedelta

# status -> (glyph, tone, words). A glyph of "ring" means work in progress with a share.
STATES: dict[str, tuple[str, str, str]] = {
    "uploading": ("ring", "busy", "Uploading"),
    "queued": ("queued", "idle", "Queued"),
    "parsing": ("ring", "busy", "Parsing"),
    "embedding": ("ring", "busy", "Embedding"),
    "indexing": ("ring", "busy", "Indexing"),
    "ready": ("ready", "ok", "Ready"),
    "ready_with_warnings": ("warning", "warn", "Ready with warnings"),
    "stalled": ("pause", "warn", "Stalled"),
    "failed": ("failed", "bad", "Failed"),
    "quarantined": ("quarantined", "bad", "Quarantined"),
    "expired": ("expired", "idle", "Expired"),
    "trashed": ("trash", "idle", "In the trash"),
    "done": ("check", "ok", "Done"),
    "allowed": ("check", "ok", "Allowed"),
    "refused": ("blocked", "bad", "Refused"),
    "active": ("check", "ok", "Active"),
    "invited": ("clock", "idle", "Invited"),
    "revoked": ("blocked", "bad", "Revoked"),
}


def as_date(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def short_date(value: date, today: date | None = None) -> str:
    """12 Oct 2026; without the year when `today` is in the same year."""
    day = as_date(value)
    words = f"{day.day} {day:%b}"
    return words if today is not None and day.year == today.year else f"{words} {day.year}"


def day_heading(value: date, today: date) -> str:
    """Today, Yesterday, Tuesday 17 November; with the year when it is another one."""
    day = as_date(value)
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    words = f"{day:%A} {day.day} {day:%B}"
    return words if day.year == today.year else f"{words} {day.year}"


def history_heading(value: date, today: date) -> str:
    """Day by day within this week, then Last week, then by month: history that stays short to scan."""
    day = as_date(value)
    monday = today - timedelta(days=today.weekday())
    if day >= monday or day >= today - timedelta(days=1):
        return day_heading(day, today)
    if day >= monday - timedelta(days=7):
        return "Last week"
    return f"{day:%B}" if day.year == today.year else f"{day:%B} {day.year}"


def when(value: datetime, today: date) -> str:
    """Today 09:42, Yesterday 15:08, 12 Oct 11:02, 12 Oct 2025 11:02."""
    day, clock = value.date(), f"{value:%H:%M}"
    if day >= today - timedelta(days=1) and day <= today:
        return f"{day_heading(day, today)} {clock}"
    return f"{short_date(day, today)} {clock}"


def initials(name: str) -> str:
    """DW for Dana Whitfield; the first letter of an address; a question mark for nobody."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    if "@" in name:
        words = name.partition("@")[0].replace(".", " ").split()
    chosen = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()


def byte_size(count: int | float) -> str:
    """8.2 MB: decimal units, one figure after the point below ten."""
    size = float(count or 0)
    if size < 1000:
        return f"{int(size)} bytes" if int(size) != 1 else "1 byte"
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.5 or unit == "TB":
            return f"{size:.1f} {unit}" if size < 9.95 else f"{size:,.0f} {unit}"
    raise AssertionError("unreachable")


def grouped(count: int) -> str:
    """1,284"""
    return f"{count:,}"


def counted(count: int, one: str, many: str = "") -> str:
    """1 source, 2 sources, 1,284 documents."""
    return f"{grouped(count)} {one if count == 1 else many or one + 's'}"


def seconds(value: float) -> str:
    """0.2 s, 1.8 s, 12 s, 3 min"""
    if value < 10:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 100 else f"{value / 60:.0f} min"
