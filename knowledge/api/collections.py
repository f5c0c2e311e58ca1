from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge.api.input_serializers import CollectionChange, CollectionInput
from knowledge.api.serializers import CollectionShape, coverage_of
from knowledge.library import collections
from knowledge.models import Collection
from knowledge.permissions.access import access_collection
from tenants.models import Membership
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.pagination import NewestFirst
from tenants.requests.query_parameters import flag


class Collections(MemberAPIView):
    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    pagination_class = NewestFirst

    @extend_schema(operation_id="collections_list", responses=CollectionShape(many=True))
    def get(self, request: Request, **_) -> Response:
        """The collections this member may know of, newest first."""
        pages = self.pagination_class()
        visible = Collection.objects.visible_to(self.member).select_related("owner__user")
        rows = pages.paginate_queryset(visible, request, view=self)
        return pages.get_paginated_response(_shown(self.member, rows))

    @extend_schema(request=CollectionInput, responses={201: CollectionShape})
    def post(self, request: Request, **_) -> Response:
        """Editors and admins make collections. Nobody else reads one until it is shared."""
        data = CollectionInput(data=request.data)
        data.is_valid(raise_exception=True)
        made = collections.create_collection(self.member, **data.validated_data)
        return Response(_shown(self.member, [made])[0], status=201)


class OneCollection(MemberAPIView):
    scopes = {"GET": Scope.READ, "PATCH": Scope.WRITE, "DELETE": Scope.WRITE}

    @extend_schema(responses=CollectionShape)
    def get(self, request: Request, collection_id, **_) -> Response:
        return Response(_shown(self.member, [access_collection(self.member, collection_id)])[0])

    @extend_schema(request=CollectionChange, responses=CollectionShape)
    def patch(self, request: Request, collection_id, **_) -> Response:
        collection = access_collection(self.member, collection_id)
        data = CollectionChange(data=request.data)
        data.is_valid(raise_exception=True)
        changed = collections.change_collection(self.member, collection, **data.validated_data)
        return Response(_shown(self.member, [changed])[0])

    @extend_schema(
        responses={204: None},
        parameters=[OpenApiParameter("with_documents", bool, description="also move its documents to the trash")],
    )
    def delete(self, request: Request, collection_id, **_) -> Response:
        collection = access_collection(self.member, collection_id)
        with_documents = flag(request.query_params, "with_documents")
        collections.remove_collection(self.member, collection, with_documents=with_documents)
        return Response(status=204)


def _shown(member: Membership, rows: list[Collection]) -> list[dict]:
    return CollectionShape(rows, many=True, context={"coverage": coverage_of(member, rows)}).data
