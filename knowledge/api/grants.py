from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.ledger.actions import Action
from audit.ledger.record import record
from knowledge.api.input_serializers import GrantInput
from knowledge.api.serializers import GrantShape
from knowledge.permissions import grants
from knowledge.permissions.access import access_collection, access_document
from tenants.errors import Invalid
from tenants.models import Membership, Team
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView


class _Grants(MemberAPIView):
    """Who may read, write or manage. Only those who manage see and change it."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    def target(self, target_id: UUID) -> grants.Target:
        raise NotImplementedError

    def listed(self, target_id: UUID) -> Response:
        target = self.target(target_id)
        grants.require_manage_right(target, self.member)
        with transaction.atomic():
            record(Action.READERS_LOOKED_UP, self.member, target)
        return Response(GrantShape(grants.grants_on(target), many=True).data)

    def give(self, request: Request, target_id: UUID) -> Response:
        target = self.target(target_id)
        data = GrantInput(data=request.data)
        data.is_valid(raise_exception=True)
        grants.require_manage_right(target, self.member)
        made = grants.give(target, data.validated_data["right"], self._grantee(data.validated_data), by=self.member)
        return Response(GrantShape(made).data, status=201)

    def _grantee(self, data: dict) -> grants.Grantee:
        if data.get("person"):
            people = Membership.objects.for_tenant(self.member.tenant).active().select_related("user", "tenant")
            grantee_name = data["person"].strip()
            found = people.filter(_by_id_or(user__email=grantee_name.lower(), id_or_name=grantee_name)).first()
        else:
            grantee_name = data["team"].strip()
            teams = Team.objects.for_tenant(self.member.tenant)
            found = teams.filter(_by_id_or(name__iexact=grantee_name, id_or_name=grantee_name)).first()
        if found is None:
            raise Invalid(
                f"No one is called {grantee_name[:80]}, so nothing was shared.",
                hint="Check the names on the pages People and Teams.",
            )
        return found


class CollectionGrants(_Grants):
    def target(self, target_id: UUID) -> grants.Target:
        return access_collection(self.member, target_id)

    @extend_schema(operation_id="collections_grants_list", responses=GrantShape(many=True))
    def get(self, request: Request, collection_id, **_) -> Response:
        return self.listed(collection_id)

    @extend_schema(request=GrantInput, responses={201: GrantShape})
    def post(self, request: Request, collection_id, **_) -> Response:
        """Another right than before takes its place."""
        return self.give(request, collection_id)


class DocumentGrants(_Grants):
    def target(self, target_id: UUID) -> grants.Target:
        return access_document(self.member, target_id)

    @extend_schema(operation_id="documents_grants_list", responses=GrantShape(many=True))
    def get(self, request: Request, document_id, **_) -> Response:
        return self.listed(document_id)

    @extend_schema(request=GrantInput, responses={201: GrantShape})
    def post(self, request: Request, document_id, **_) -> Response:
        """Another right than before takes its place."""
        return self.give(request, document_id)


class OneCollectionGrant(MemberAPIView):
    scopes = {"DELETE": Scope.WRITE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, collection_id, grant_id, **_) -> Response:
        """Takes effect with the next question, and on the citations of earlier answers."""
        grants.revoke_by_id(access_collection(self.member, collection_id), grant_id, by=self.member)
        return Response(status=204)


class OneDocumentGrant(MemberAPIView):
    scopes = {"DELETE": Scope.WRITE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, document_id, grant_id, **_) -> Response:
        """Takes effect with the next question, and on the citations of earlier answers."""
        grants.revoke_by_id(access_document(self.member, document_id), grant_id, by=self.member)
        return Response(status=204)


def _by_id_or(*, id_or_name: str, **condition) -> Q:
    try:
        return Q(pk=UUID(id_or_name))
    except ValueError:
        return Q(**condition)
