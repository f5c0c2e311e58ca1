"""The ask room's pages."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from answers.conversations import suggestions
from answers.conversations.conversations import HISTORY, access_answer, access_conversation, answers_in, history
from answers.conversations.related_questions import related
from answers.conversations.reopening_log import note_shown
from answers.models import Conversation
from answers.presentation.answer_view import show, show_all
from answers.views.turn_context import TurnContext
from knowledge.library.reading_log import note_list
from knowledge.models import Collection, Document
from knowledge.retrieval import search
from tenants.models import Membership
from tenants.requests.gates import member_view


@require_safe
@member_view()
def ask(request: HttpRequest, member: Membership) -> HttpResponse:
    """The empty page."""
    news, starters = suggestions.new_to(member), suggestions.starters(member)
    if news:
        note_list(member, "ask")
    return render(
        request,
        "answers/ask.html",
        {
            **_page_context(request, member),
            "suggested": suggestions.answered_well(member, beside=starters),
            "starters": starters,
            "news": news,
            "added": Document.objects.visible_to(member).count(),
            "question": request.GET.get("q", "")[:4000],
            "first_name": (member.user.name or member.user.email.partition("@")[0]).split()[0],
        },
    )


@require_safe
@member_view()
def conversation(request: HttpRequest, member: Membership, conversation_id: UUID) -> HttpResponse:
    found = access_conversation(member, conversation_id)
    answers = answers_in(member, found)
    shown = show_all(member, [answer for answer in answers if not answer.is_running])
    note_shown(member, found, shown)
    ended = iter(shown)
    turns = [
        TurnContext(member, answer) if answer.is_running else TurnContext(member, answer, next(ended))
        for answer in answers
    ]
    if turns and turns[-1].shown:
        turns[-1] = replace(turns[-1], related=related(member, turns[-1].shown, found))
    return render(
        request,
        "answers/conversation.html",
        {
            **_page_context(request, member, found),
            "conversation": found,
            "turns": turns,
            "last": turns[-1] if turns else None,
        },
    )


@require_safe
@member_view()
def answer(request: HttpRequest, member: Membership, answer_id: UUID) -> HttpResponse:
    """One answer: its turn and its evidence for the script that followed it; the conversation for everyone else."""
    found = access_answer(member, answer_id)
    if not request.headers.get("X-Follows"):
        address = reverse("answers:conversation", args=[member.tenant.slug, found.conversation_id])
        return redirect(f"{address}#turn-{found.pk}")
    turn = TurnContext(member, found)
    if not found.is_running:
        shown = show(member, found)
        note_shown(member, found, [shown])
        turn = TurnContext(member, found, shown, related(member, shown, found.conversation))
    later = answers_in(member, found.conversation)[0].pk != found.pk
    return render(request, "answers/_finished.html", {"turn": turn, "later": later, "member": member})


@require_safe
@member_view()
def receipt(request: HttpRequest, member: Membership, answer_id: UUID) -> HttpResponse:
    found = access_answer(member, answer_id)
    shown = show(member, found)
    note_shown(member, found, [shown])
    context = {**_page_context(request, member, found.conversation), "turn": TurnContext(member, found, shown)}
    return render(request, "answers/receipt.html", context)


@require_safe
@member_view()
def conversations(request: HttpRequest, member: Membership) -> HttpResponse:
    """All of one's conversations, searched by their questions."""
    words = request.GET.get("q", "")[:200]
    found = history(member, words)
    if request.htmx:
        current = {"pk": request.GET.get("current", "")}
        return render(request, "answers/_history.html", {"words": words, "found": found[:HISTORY], "current": current})
    return render(
        request, "answers/conversations.html", {**_page_context(request, member), "words": words, "found": found[:200]}
    )


def _page_context(request: HttpRequest, member: Membership, current: Conversation | None = None) -> dict:
    chosen = {each for each in request.GET.getlist("collections") if len(each) <= 36}
    return {
        "room": "ask",
        "current": current,
        "history": list(history(member)[:HISTORY]),
        "collections": list(Collection.objects.visible_to(member).order_by("name")[:60]),
        "chosen": chosen,
        "readable": search.count_readable(member),
    }
