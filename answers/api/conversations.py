"""A person's own conversations by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from answers.api.serializers import ConversationOut, ConversationWhole, RenameIn, of_answer, of_conversation
from answers.conversations.conversations import access_conversation, answers_in, history, remove, rename
from answers.conversations.reopening_log import note_shown
from answers.presentation.answer_view import show_all
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.pagination import NewestFirst


class LatestFirst(NewestFirst):
    ordering = ("-changed_at", "-id")


class ConversationsView(MemberAPIView):
    scopes = {"GET": Scope.READ}
    pagination_class = LatestFirst

    @extend_schema(
        operation_id="conversations",
        tags=["conversations"],
        parameters=[OpenApiParameter("q", str, description="Words of titles and questions.")],
        responses=ConversationOut(many=True),
    )
    def get(self, request, slug: str) -> Response:
        pages = self.pagination_class()
        page = pages.paginate_queryset(history(self.member, request.GET.get("q", "")[:200]), request, view=self)
        return pages.get_paginated_response([of_conversation(self.member, each) for each in page])


class ConversationView(MemberAPIView):
    scopes = {"GET": Scope.READ, "PATCH": Scope.ASK, "DELETE": Scope.ASK}

    @extend_schema(operation_id="conversation", tags=["conversations"], responses=ConversationWhole)
    def get(self, request, slug: str, conversation_id: UUID) -> Response:
        conversation = access_conversation(self.member, conversation_id)
        shown = show_all(self.member, answers_in(self.member, conversation))
        note_shown(self.member, conversation, shown)
        return Response(of_conversation(self.member, conversation) | {"answers": [of_answer(each) for each in shown]})

    @extend_schema(
        operation_id="conversation_rename", tags=["conversations"], request=RenameIn, responses=ConversationOut
    )
    def patch(self, request, slug: str, conversation_id: UUID) -> Response:
        conversation = access_conversation(self.member, conversation_id)
        data = RenameIn(data=request.data)
        data.is_valid(raise_exception=True)
        rename(conversation, data.validated_data["title"], by=self.member)
        return Response(of_conversation(self.member, conversation))

    @extend_schema(operation_id="conversation_remove", tags=["conversations"], responses={204: None})
    def delete(self, request, slug: str, conversation_id: UUID) -> Response:
        remove(access_conversation(self.member, conversation_id), by=self.member)
        return Response(status=204)
