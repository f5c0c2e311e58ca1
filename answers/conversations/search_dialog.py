"""A person's own conversations in the search dialog."""

from __future__ import annotations

from django.urls import reverse

from answers.conversations.conversations import history
from knowledge.hooks.search_dialog import OwnQuestion
from tenants.models import Membership

MAX_SUGGESTIONS = 3


def own_questions(member: Membership, words: str) -> list[OwnQuestion]:
    slug = member.tenant.slug
    return [
        OwnQuestion(each.title, reverse("answers:conversation", args=[slug, each.pk]), each.changed_at)
        for each in history(member, words)[:MAX_SUGGESTIONS]
    ]
