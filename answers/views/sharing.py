"""Sharing an answer by its link, and what a colleague sees there."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from answers.conversations import sharing
from answers.conversations.conversations import access_answer
from answers.views.pages import _page_context
from answers.views.turn_context import TurnContext
from tenants.models import Membership
from tenants.requests.absolute_urls import shown_address
from tenants.requests.gates import member_view


@require_http_methods(["GET", "POST"])
@member_view()
def share(request: HttpRequest, member: Membership, answer_id: UUID) -> HttpResponse:
    """The link: made, shown, ended. A dialog over the answer with the script, a page without."""
    answer = access_answer(member, answer_id)
    outcome = ""
    if request.method == "POST":
        if request.POST.get("act") == "end":
            outcome = "ended" if sharing.end(member, answer.pk) else ""
        else:
            sharing.share(member, answer.pk)
            outcome = "shared"
        if not request.htmx:
            return redirect("answers:share", member.tenant.slug, answer.pk)
    link = sharing.link_of(member, answer)
    address = reverse("answers:shared", args=[member.tenant.slug, link.pk]) if link else ""
    context = {
        "answer": answer,
        "link": link,
        "address": shown_address(request, address) if link else "",
        "shareable": sharing.may_be_shared(answer),
        "said": outcome,
    }
    if request.htmx:
        return render(request, "answers/_share.html", context)
    return render(request, "answers/share.html", {**_page_context(request, member, answer.conversation), **context})


@require_safe
@member_view()
def shared(request: HttpRequest, member: Membership, shared_id: UUID) -> HttpResponse:
    opened = sharing.open_shared(member, shared_id)
    turn = TurnContext(member, opened.answer, opened.shown)
    return render(request, "answers/shared.html", {**_page_context(request, member), "opened": opened, "turn": turn})
