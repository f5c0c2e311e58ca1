"""Every way in which document text, pictures, titles or snippets reach a person or program, with its event on the trail.

A new address that shows any of it gets a line here, and records. `tests/security/test_reading_leaves_a_trace.py` walks the
URL configuration with real documents: it fails for a response that holds words of a document at an address that is not
listed, or without the event. Not listed: what answers a change of one's own, such as "Travel policy was moved", which
the event of the change tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from audit.ledger.actions import Action as A


class DisclosedContent(StrEnum):
    TEXT = "text"  # pages, passages, quotes, snippets, comparisons
    PICTURE = "picture"
    FILE = "file"
    TITLE = "title"


class Rhythm(Enum):
    """How often it is recorded. What is not EACH would make the trail unreadable."""

    EACH = "each response"
    AT_END = "once, when the answer has ended"
    SUMMED = "the opening at once, further pages as one event after 10 minutes"  # knowledge/library/reading_log.py
    IN_10_MINUTES = "once per person, list or thing and 10 minutes"  # audit/ledger/record_once.py


@dataclass(frozen=True, slots=True)
class Disclosure:
    address: str  # the name of the URL, with its namespace
    contents: frozenset[DisclosedContent]
    actions: tuple[A, ...]  # one of these is on the trail, by whoever was shown it
    rhythm: Rhythm


def _of(address: str, contents: str, *actions: A, rhythm: Rhythm = Rhythm.EACH) -> Disclosure:
    return Disclosure(address, frozenset(DisclosedContent(each) for each in contents.split()), actions, rhythm)


_PAGES = (A.DOCUMENT_OPENED, A.DOCUMENT_READ)
_ANSWERS = (A.QUESTION_ANSWERED, A.QUESTION_REFUSED, A.ANSWER_SHOWN)
_TEN, _END, _SUM = Rhythm.IN_10_MINUTES, Rhythm.AT_END, Rhythm.SUMMED

DISCLOSURES: tuple[Disclosure, ...] = (
    # Documents
    _of("knowledge:document", "text title", A.DOCUMENT_OPENED),
    _of("knowledge:document-leaf", "text title", *_PAGES, rhythm=_SUM),
    _of("knowledge:page-picture", "picture", *_PAGES, rhythm=_SUM),
    _of("knowledge:page-marks", "text", *_PAGES, rhythm=_SUM),
    _of("knowledge:document-compare", "text title", A.DOCUMENT_OPENED, A.DOCUMENT_LISTED),
    _of("knowledge:download", "file", A.DOCUMENT_DOWNLOADED),
    _of("api:document-file", "file", A.DOCUMENT_DOWNLOADED),
    # Search
    _of("knowledge:search", "text title", A.SEARCH_RUN),
    _of("knowledge:search-dialog", "text title", A.SEARCH_RUN),
    _of("api:search", "text title", A.SEARCH_RUN),
    # Answers
    _of("answers:question", "text title", *_ANSWERS, rhythm=_END),
    _of("answers:events", "text title", *_ANSWERS, rhythm=_END),
    _of("answers:answer", "text title", *_ANSWERS, rhythm=_TEN),
    _of("answers:conversation", "text title", *_ANSWERS, rhythm=_TEN),
    _of("answers:receipt", "text title", *_ANSWERS, rhythm=_TEN),
    _of("answers:shared", "text title", A.ANSWER_OPENED),
    _of("api:ask", "text title", *_ANSWERS, rhythm=_END),
    _of("api:answer-events", "text title", *_ANSWERS, rhythm=_END),
    _of("api:answer", "text title", *_ANSWERS, rhythm=_TEN),
    _of("api:answer-receipt", "text title", *_ANSWERS, rhythm=_TEN),
    _of("api:conversation", "text title", *_ANSWERS, rhythm=_TEN),
    _of("api:shared", "text title", A.ANSWER_OPENED),
    # Lists of titles
    _of("answers:ask", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:library", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:library-rows", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:failed", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:trash", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:move", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:remove", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:readers", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:document-details", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:document-replace", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:erase", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("knowledge:document-readers", "title", A.READERS_LOOKED_UP),
    _of("knowledge:view-as", "title", A.READERS_LOOKED_UP),
    _of("api:documents", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("api:document", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("api:document-versions", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    _of("api:failures", "title", A.DOCUMENT_LISTED, rhythm=_TEN),
    # The trail names documents, and what was asked about them
    _of("audit:trail", "title", A.AUDIT_READ),
    _of("audit:event", "title", A.AUDIT_READ),
    _of("audit:export", "title", A.AUDIT_EXPORTED),
    _of("api:audit-events", "title", A.AUDIT_READ),
    _of("api:audit-export", "title", A.AUDIT_EXPORTED),
)
