"""A question as it comes in: judged before anything is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.conf import settings

from knowledge.retrieval.search import SearchFilters
from tenants.errors import Invalid

_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class AskRequest:
    question: str
    conversation_id: UUID | None = None
    filters: SearchFilters = field(default_factory=SearchFilters)
    answer_id: UUID = field(default_factory=uuid4)


def check_question(text: object) -> str:
    """The question as it is kept, or Invalid with what to do."""
    if not isinstance(text, str):
        raise Invalid("The question must be text.", code="question_missing")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid("The question contains characters that cannot be read.", code="question_unreadable") from None
    question = _INVISIBLE.sub(" ", text).strip()
    if not any(map(str.isalnum, question)):
        raise Invalid("Enter a question.", hint="Use your own words.", code="question_missing")
    if len(question) > settings.QUESTION_LIMIT:
        raise Invalid(
            f"The question has {len(question):,} characters; up to {settings.QUESTION_LIMIT:,} can be read.",
            hint="Shorten it, or upload the text as a document and ask about that.",
            code="question_too_long",
        )
    return question
