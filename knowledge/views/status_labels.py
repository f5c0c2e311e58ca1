"""The state of a document in words: what it is, and what it means or the one step that mends it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from knowledge.models import Document, Job, Status, Version
from tenants import formatting


@dataclass(frozen=True, slots=True)
class StatusLabel:
    status: str  # a key of tenants.formatting.STATES
    name: str = ""  # other words than the usual ones
    more: str = ""
    share: float | None = None  # per cent
    act: str = ""  # what a person with the right to change it can do: retry, replace, details
    working: bool = False  # changes by itself

    @property
    def glyph(self) -> str:
        return formatting.STATES[self.status][0]

    @property
    def tone(self) -> str:
        return formatting.STATES[self.status][1]

    @property
    def words(self) -> str:
        return self.name or formatting.STATES[self.status][2]


def state_of(
    document: Document,
    *,
    now: datetime,
    place: int | None = None,
    job: Job | None = None,
    successor: Document | None = None,
) -> StatusLabel:
    """`place` is the number in the queue, `job` that of the latest version, `successor` one the reader may read."""
    version = document.latest_version
    today = now.date()
    if version is None:
        return StatusLabel("queued", more="Not uploaded yet")
    if version.is_working:
        return _working(document, version, place, job, now)
    if version.status == Status.FAILED:
        still = _still_answers(document, version)
        reason = sentence_part(version.error_message) or "could not be read"
        return StatusLabel(
            "failed", f"Failed: {reason}", " ".join(filter(None, (version.error_hint, still))), act="retry"
        )
    if version.status == Status.QUARANTINED:
        return StatusLabel("quarantined", more=version.error_message)
    if is_expired(document, today) or version.status == Status.EXPIRED:
        day = f"Expired {formatting.short_date(document.expires_on)}" if document.expires_on else ""
        return StatusLabel("expired", day, "Not used in answers", act="details")
    if successor is not None:
        return StatusLabel("ready", more=f"Replaced by {successor}")
    if version.status == Status.READY_WITH_WARNINGS:
        return StatusLabel("ready_with_warnings", more=_warnings(version), act="open")
    return StatusLabel("ready")


def is_expired(document: Document, today: date) -> bool:
    return bool(document.expires_on and document.expires_on <= today)


def freshness(document: Document, today: date) -> tuple[str, str]:
    """(tone, words) of the dot: reviewed, due, expired; empty for a document that nobody ever reviewed."""
    if is_expired(document, today):
        return "expired", f"Expired {formatting.short_date(document.expires_on)}"
    if document.review_due and document.review_due <= today:
        return "due", f"Review due since {formatting.short_date(document.review_due, today)}"
    if document.reviewed_on:
        return "reviewed", f"Reviewed {formatting.short_date(document.reviewed_on)}"
    return "", ""


def _working(document: Document, version: Version, place: int | None, job: Job | None, now: datetime) -> StatusLabel:
    still = _still_answers(document, version)
    if job is not None and job.state == Job.State.RUNNING and job.lease_until and job.lease_until < now:
        quiet = formatting.counted(
            max(1, round((now - (job.heartbeat_at or job.lease_until)).total_seconds() / 60)), "minute"
        )
        at = f" at page {version.progress_done}" if version.status == Status.PARSING and version.progress_done else ""
        return StatusLabel(
            "stalled", f"Stalled{at}", f"No progress for {quiet}. It restarts automatically.", working=True
        )
    done, total = version.progress_done, version.progress_total
    share = 100 * done / total if total else None
    if version.status == Status.QUEUED:
        if job is not None and job.run_after > now and job.attempts:
            return StatusLabel("queued", "Queued again", f"Retries at {job.run_after:%H:%M} UTC", working=True)
        name = f"Queued, number {place}" if place else "Queued"
        return StatusLabel("queued", name, still, working=True)
    if version.status == Status.PARSING:
        name = f"Parsing, page {done} of {total}" if total > 1 else "Parsing"
        return StatusLabel("parsing", name, still, share, working=True)
    if version.status == Status.EMBEDDING:
        name = f"Embedding, {share:.0f} %" if share is not None else "Embedding"
        return StatusLabel("embedding", name, still, share, working=True)
    return StatusLabel("indexing", more=still, share=share, working=True)


def _still_answers(document: Document, version: Version) -> str:
    current = document.current_version
    if current is None or current.pk == version.pk:
        return ""
    if version.status == Status.FAILED:
        return f"Version {current.number} is still used in answers."
    return f"Version {current.number} is used in answers until this one is ready"


def _warnings(version: Version) -> str:
    messages = [str(each.get("message", "")) for each in version.warnings if each.get("message")]
    if not messages:
        return ""
    return (
        messages[0]
        if len(messages) == 1
        else f"{messages[0]} And {formatting.counted(len(messages) - 1, 'more', 'more')}."
    )


def sentence_part(message: str) -> str:
    """ "The PDF is password-protected." within another sentence."""
    words = message.strip().rstrip(".")
    if len(words) > 1 and words[0].isupper() and words[1].islower():
        words = words[0].lower() + words[1:]
    return words
