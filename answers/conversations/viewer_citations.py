"""What the viewer shows beside a document that was opened from an answer: its cited places, one of them in focus."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from answers.conversations.sharing import opened_by_citation
from answers.models import Answer, Citation
from answers.presentation.answer_view import ShownCitation, show
from knowledge.hooks.viewer import CitedAnswer, CitedPlace
from tenants.models import Membership


def cited_places(member: Membership, citation_id: UUID) -> CitedAnswer | None:
    """None where the citation is of no answer of this person's, nor of one that was shared with them."""
    citation = Citation.objects.for_tenant(member.tenant).filter(pk=citation_id).first()
    if citation is None:
        return None
    answer = Answer.objects.visible_to(member).filter(pk=citation.answer_id).select_related("conversation").first()
    if answer is not None:
        shown = show(member, answer)
        back = reverse("answers:conversation", args=[member.tenant.slug, answer.conversation_id])
    else:
        opened = opened_by_citation(member, citation)
        if opened is None:
            return None
        shown, back = opened.shown, reverse("answers:shared", args=[member.tenant.slug, opened.link.pk])
    statement = next((s for s in shown.sentences if any(c.id == citation_id for c in s.citations)), None)
    return CitedAnswer(
        focus=citation_id,
        places=tuple(_place(each) for each in shown.citations),
        back_url=f"{back}#evidence-{citation_id}",
        statement=statement.bare if statement and not statement.withheld else "",
    )


def _place(shown: ShownCitation) -> CitedPlace:
    return CitedPlace(
        citation_id=shown.id,
        number=shown.number,
        document_id=shown.document_id,
        version_id=shown.version_id,
        title=shown.title,
        page=shown.page,
        start=shown.start,
        end=shown.end,
        heading=shown.heading,
        lost=shown.lost,
    )
