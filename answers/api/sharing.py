"""Answers shared by a link, by REST: made, listed, ended, and opened by a colleague."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from answers.api.serializers import LinkOut, SharedOut, of_link, of_shared
from answers.conversations import sharing
from answers.conversations.conversations import access_answer
from answers.models import SharedAnswer
from tenants.models.api_key import Scope
from tenants.requests.absolute_urls import shown_address
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.pagination import NewestFirst


class LatestShared(NewestFirst):
    ordering = ("-shared_at", "-id")


class ShareView(MemberAPIView):
    scopes = {"GET": Scope.READ, "POST": Scope.ASK, "DELETE": Scope.ASK}

    @extend_schema(operation_id="message_share", tags=["answers"], responses=LinkOut)
    def get(self, request: Request, slug: str, answer_id: UUID) -> Response:
        """The link of an answer of one's own; 404 while there is none."""
        link = sharing.link_of(self.member, access_answer(self.member, answer_id))
        if link is None:
            raise Http404
        return Response(_shown(request, slug, link))

    @extend_schema(operation_id="message_share_make", tags=["answers"], request=None, responses={201: LinkOut})
    def post(self, request: Request, slug: str, answer_id: UUID) -> Response:
        """A link for colleagues. One that is there already stays. It gives nobody a right to a document."""
        return Response(_shown(request, slug, sharing.share(self.member, answer_id)), status=201)

    @extend_schema(operation_id="message_share_end", tags=["answers"], responses={204: None})
    def delete(self, request: Request, slug: str, answer_id: UUID) -> Response:
        """From now on the link opens nothing."""
        sharing.end(self.member, answer_id)
        return Response(status=204)


class LinksView(MemberAPIView):
    scopes = {"GET": Scope.READ}
    pagination_class = LatestShared

    @extend_schema(operation_id="shared_links", tags=["answers"], responses=LinkOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The links of one's own answers, the latest first."""
        pages = self.pagination_class()
        page = pages.paginate_queryset(sharing.links(self.member), request, view=self)
        return pages.get_paginated_response([_shown(request, slug, link) for link in page])


class SharedView(MemberAPIView):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="shared", tags=["answers"], responses=SharedOut)
    def get(self, request: Request, slug: str, shared_id: UUID) -> Response:
        """A colleague's answer by its link, as far as one's own rights reach. Opening it is recorded."""
        return Response(of_shared(sharing.open_shared(self.member, shared_id)))


def _shown(request: Request, slug: str, link: SharedAnswer) -> dict:
    return of_link(link, shown_address(request, reverse("answers:shared", args=[slug, link.pk])))
