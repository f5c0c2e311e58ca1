"""What a reader thinks of an answer. One press records it; reasons and words are optional and may follow."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from answers.conversations.conversations import access_answer
from answers.models import Feedback
from audit.ledger.actions import Action
from audit.ledger.record import record
from tenants.errors import Conflicting, Invalid
from tenants.models import Membership

COMMENT_LIMIT = 2000


@transaction.atomic
def rate(
    member: Membership,
    answer_id: UUID,
    verdict: str,
    *,
    reasons: Sequence[str] | None = None,
    comment: str | None = None,
) -> Feedback:
    """Pressed again with another verdict, it changes. What is None stays as it was."""
    answer = access_answer(member, answer_id)
    if answer.is_running:
        raise Conflicting("This answer is still being written.", hint="Wait until it is complete.")
    if verdict not in Feedback.Verdict:
        raise Invalid("The verdict must be helpful or not_helpful.", code="verdict_unknown")
    unknown = [reason for reason in reasons or () if reason not in Feedback.Reason]
    if unknown:
        raise Invalid(f"These reasons are not known: {', '.join(map(repr, unknown))[:200]}.", code="reason_unknown")
    if comment is not None and len(comment) > COMMENT_LIMIT:
        raise Invalid(f"The comment is longer than {COMMENT_LIMIT:,} characters.", hint="Shorten it.", code="too_long")
    given = Feedback.objects.for_tenant(member.tenant_id).filter(answer=answer, member=member).first()
    if given is None:
        given = Feedback(tenant=member.tenant, answer=answer, member=member)
    if given.verdict != verdict:
        given.verdict, given.reasons = verdict, []
    if reasons is not None:
        given.reasons = list(dict.fromkeys(reasons))
    if comment is not None:
        given.comment = comment.replace("\x00", "").strip()
    given.save()
    personal = {"comment": given.comment} if given.comment else None
    record(Action.ANSWER_RATED, member, answer, verdict=verdict, reasons=given.reasons, personal=personal)
    return given
