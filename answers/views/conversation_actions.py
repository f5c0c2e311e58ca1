"""What a reader changes: a verdict, a conversation's name, whether it is kept."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from answers.conversations.conversations import access_answer, access_conversation, remove, rename
from answers.conversations.feedback import rate
from answers.presentation.answer_view import show
from answers.views.pages import _page_context
from answers.views.turn_context import TurnContext
from tenants.models import Membership
from tenants.requests.gates import member_view


@require_POST
@member_view()
def feedback(request: HttpRequest, member: Membership, answer_id: UUID) -> HttpResponse:
    """One press records; the second step adds reasons and words."""
    second = request.POST.get("step") == "more"
    rate(
        member,
        answer_id,
        request.POST.get("verdict", ""),
        reasons=request.POST.getlist("reasons") if second else None,
        comment=request.POST.get("comment", "") if second else None,
    )
    found = access_answer(member, answer_id)
    if request.htmx:
        turn = TurnContext(member, found, show(member, found))
        return render(request, "answers/_feedback.html", {"turn": turn, "recorded": second})
    return redirect("answers:conversation", member.tenant.slug, found.conversation_id)


@require_http_methods(["GET", "POST"])
@member_view()
def renaming(request: HttpRequest, member: Membership, conversation_id: UUID) -> HttpResponse:
    found = access_conversation(member, conversation_id)
    if request.method == "POST":
        rename(found, request.POST.get("title", ""), by=member)
        messages.success(request, "Renamed")
        return redirect("answers:conversation", member.tenant.slug, found.pk)
    return render(request, "answers/rename.html", {**_page_context(request, member, found), "conversation": found})


@require_http_methods(["GET", "POST"])
@member_view()
def removing(request: HttpRequest, member: Membership, conversation_id: UUID) -> HttpResponse:
    found = access_conversation(member, conversation_id)
    if request.method == "POST":
        remove(found, by=member)
        messages.success(request, "Conversation removed")
        return redirect("answers:ask", member.tenant.slug)
    return render(request, "answers/remove.html", {**_page_context(request, member, found), "conversation": found})
