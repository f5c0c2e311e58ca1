"""Asking and following by REST."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response

from answers.api.serializers import AnswerOut, AskIn, FeedbackIn, FeedbackOut, of_answer, of_feedback
from answers.conversations.conversations import access_answer
from answers.conversations.feedback import rate
from answers.conversations.reopening_log import note_replayed, note_shown
from answers.conversations.stop_answer import stop
from answers.live import runner
from answers.live.follow import follow, follow_run
from answers.live.sse import last_event_id, stream
from answers.presentation.answer_view import show
from answers.question.question_input import AskRequest, check_question
from answers.runtime.thread_pool import in_thread
from knowledge.permissions import access
from knowledge.retrieval.search import SearchFilters
from tenants.errors import Unavailable
from tenants.isolation.scope import in_tenant
from tenants.models import Membership
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.deadline_exemptions import may_take_longer


class EventStream(BaseRenderer):
    """Lets a client ask for `Accept: text/event-stream`. The stream itself is no rendered data."""

    media_type = "text/event-stream"
    format = "sse"
    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return JSONRenderer().render(data)


class AskView(MemberAPIView):
    scopes = {"POST": Scope.ASK}
    renderer_classes = [JSONRenderer, EventStream]

    @extend_schema(
        operation_id="ask",
        tags=["answers"],
        request=AskIn,
        responses={200: AnswerOut, (200, "text/event-stream"): OpenApiTypes.STR},
        description="One object when the answer is whole; or, with `stream`, server-sent events: `asked` (the ids), "
        "`step`, `sources`, `token`, `part`, `citation`, `sentence`, `withdrawn`, then `done` or `error`. Each has a number as its id; "
        "`answers/<id>/events/` with `Last-Event-ID` continues after any of them.",
    )
    def post(self, request, slug: str) -> HttpResponseBase:
        data = AskIn(data=request.data)
        data.is_valid(raise_exception=True)
        asking = AskRequest(
            check_question(data.validated_data["question"]),
            conversation_id=data.validated_data.get("conversation"),
            filters=self._filters(data.validated_data.get("filters") or {}),
        )
        return Accepted(self.member, asking, streamed=data.validated_data["stream"])

    def _filters(self, data: dict) -> SearchFilters:
        access.require_collections(self.member, data.get("collections", ()))
        return SearchFilters(
            collections=tuple(data.get("collections", ())),
            types=tuple(data.get("types", ())),
            dated_from=data.get("dated_from"),
            dated_to=data.get("dated_to"),
            author=data.get("author", ""),
        )


class Accepted(HttpResponse):
    """A question that may be asked. The door asks it: nothing of it is sent."""

    def __init__(self, member: Membership, ask_request: AskRequest, *, streamed: bool) -> None:
        super().__init__(status=202)
        self.member, self.asking, self.streamed = member, ask_request, streamed


def door(view: Callable) -> Callable:
    """The view on one of our own threads, whose database connection is open already, and the asking on the loop.

    Django gives every request a thread and so a connection of its own; for a question that is a tenth of the time to
    its first word.
    """

    @may_take_longer  # an answer has a deadline of its own, answers/persistence/save_answer.py
    @wraps(view)
    async def asked(request: HttpRequest, **kwargs) -> HttpResponseBase:
        # Elsewhere than under ASGI the connection of the calling thread is the one that counts.
        run_view = in_thread if isinstance(request, ASGIRequest) else _here
        response = await run_view(view, request, **kwargs)
        if not isinstance(response, Accepted):
            return response
        run = await runner.start(response.member, response.asking)
        if response.streamed:
            return stream(follow_run(run))
        await runner.wait_until_saved(run)
        return JsonResponse(await in_thread(_whole, response.member, run.answer_id))

    return asked


async def _here(view: Callable, request: HttpRequest, **kwargs) -> HttpResponseBase:
    return await sync_to_async(view)(request, **kwargs)


def _whole(member: Membership, answer_id: UUID) -> dict:
    with in_tenant(member.tenant):
        answer = access_answer(member, answer_id)
        if answer.is_running:  # it broke while the database was away; whoever finds the row ends it
            raise Unavailable(
                "Your question is saved, but its answer could not be saved.", hint="Ask again in a moment."
            )
        return of_answer(show(member, answer))


class AnswerDetailView(MemberAPIView):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="answer", tags=["answers"], responses=AnswerOut)
    def get(self, request, slug: str, answer_id: UUID) -> Response:
        answer = access_answer(self.member, answer_id)
        shown = show(self.member, answer)
        note_shown(self.member, answer, [shown])
        return Response(of_answer(shown))


class AnswerEventsView(MemberAPIView):
    scopes = {"GET": Scope.READ}
    renderer_classes = [EventStream, JSONRenderer]

    @extend_schema(
        operation_id="answer_events",
        tags=["answers"],
        parameters=[
            OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER, description="Continue after this one."),
            OpenApiParameter("after", int, description="Same as the header, for clients that cannot send headers."),
        ],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    def get(self, request, slug: str, answer_id: UUID) -> HttpResponseBase:
        access_answer(self.member, answer_id)
        note_replayed(self.member, answer_id)
        return stream(follow(self.member, answer_id, after=last_event_id(request)))


class StopView(MemberAPIView):
    scopes = {"POST": Scope.ASK}

    @extend_schema(operation_id="answer_stop", tags=["answers"], request=None, responses={204: None})
    def post(self, request, slug: str, answer_id: UUID) -> Response:
        stop(self.member, answer_id)
        return Response(status=204)


class ReceiptView(MemberAPIView):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="answer_receipt", tags=["answers"], responses=OpenApiTypes.OBJECT)
    def get(self, request, slug: str, answer_id: UUID) -> Response:
        answer = access_answer(self.member, answer_id)
        shown = show(self.member, answer)
        note_shown(self.member, answer, [shown])
        return Response({"answer": of_answer(shown), "receipt": shown.receipt})


class FeedbackView(MemberAPIView):
    scopes = {"POST": Scope.ASK}

    @extend_schema(operation_id="message_feedback", tags=["answers"], request=FeedbackIn, responses=FeedbackOut)
    def post(self, request, slug: str, answer_id: UUID) -> Response:
        data = FeedbackIn(data=request.data)
        data.is_valid(raise_exception=True)
        return Response(of_feedback(rate(self.member, answer_id, **data.validated_data)))
