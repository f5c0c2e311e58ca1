"""Asking: the question comes in, its events go out."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from answers.conversations.reopening_log import note_replayed
from answers.conversations.stop_answer import stop
from answers.live import runner
from answers.live.follow import follow
from answers.live.sse import last_event_id, stream
from answers.question.question_input import AskRequest, check_question
from answers.runtime.thread_pool import in_thread
from answers.views.turn_context import TurnContext
from knowledge.permissions import access
from knowledge.retrieval.search import SearchFilters
from tenants.errors import Invalid
from tenants.isolation.scope import in_tenant
from tenants.models import Membership
from tenants.requests.gates import member_stream, member_view


@require_POST
@member_stream()
async def question(request: HttpRequest, member: Membership) -> HttpResponse:
    """With the script: the answer's place, whose events it then follows. Without: the answer, once it is whole."""
    asking = AskRequest(
        check_question(request.POST.get("question", "")),
        conversation_id=_uuid(request.POST.get("conversation")),
        filters=await in_thread(_filters, member, request.POST),
    )
    run = await runner.start(member, asking)
    began = run.events[0].data
    address = reverse("answers:conversation", args=[member.tenant.slug, began["conversation_id"]])
    if not request.headers.get("X-Follows"):
        await runner.finished(run)
        return redirect(f"{address}#turn-{run.answer_id}", permanent=False)
    context = {
        "turn": TurnContext.beginning(member, run),
        "member": member,
        "later": asking.conversation_id is not None,
    }
    response = await in_thread(render, request, "answers/_running.html", context)
    response["X-Conversation"] = address
    return response


@require_safe
@member_stream()
async def events(request: HttpRequest, member: Membership, answer_id: UUID) -> HttpResponse:
    await in_thread(_note_replayed, member, answer_id)
    followed = follow(member, answer_id, after=last_event_id(request))
    try:
        first = await anext(followed)
    except StopAsyncIteration:
        return HttpResponse(status=204)  # nothing more to come: a browser stops reconnecting
    return stream(_with(first, followed))


async def _with(first, rest):
    try:
        yield first
        async for event in rest:
            yield event
    finally:
        await rest.aclose()


@require_POST
@member_view()
def stopping(request: HttpRequest, member: Membership, answer_id: UUID) -> HttpResponse:
    answer = stop(member, answer_id)
    if request.headers.get("X-Follows"):
        return HttpResponse(status=204)
    return redirect("answers:conversation", member.tenant.slug, answer.conversation_id)


def _note_replayed(member: Membership, answer_id: UUID) -> None:
    with in_tenant(member.tenant):
        note_replayed(member, answer_id)


def _filters(member: Membership, form: QueryDict) -> SearchFilters:
    """Collections this member may see; what is not theirs is not there."""
    collections = tuple(dict.fromkeys(_uuid(each) for each in form.getlist("collections") if each))
    with in_tenant(member.tenant):
        access.require_collections(member, collections)
    return SearchFilters(
        collections=collections,
        types=tuple(each for each in form.getlist("types") if each)[:20],
        dated_from=_date(form.get("dated_from")),
        dated_to=_date(form.get("dated_to")),
        author=form.get("author", "")[:200],
    )


def _uuid(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _date(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text[:20]!r} is not a date.", hint="Write it as 2026-10-12.") from None
