"""REST: who one is here, and one's keys."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_keys.api_keys import create_api_key, keys_of, revoke_api_key
from tenants.models import ApiKey
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.pagination import NewestFirst


class MeSerializer(serializers.Serializer):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")
    role = serializers.CharField()
    tenant = serializers.CharField(source="tenant.slug")
    tenant_name = serializers.CharField(source="tenant.name")
    teams = serializers.ListField(child=serializers.CharField(), source="team_names")


class KeySerializer(serializers.ModelSerializer):
    person = serializers.CharField(source="member.user.email", read_only=True)
    scopes = serializers.MultipleChoiceField(choices=Scope.choices, allow_empty=False)
    days = serializers.IntegerField(min_value=1, max_value=365, default=90, write_only=True)

    class Meta:
        model = ApiKey
        fields = [
            "id", "name", "prefix", "scopes", "person",
            "created_at", "expires_at", "last_used_at", "revoked_at", "days",
        ]  # fmt: skip
        read_only_fields = ["id", "prefix", "created_at", "expires_at", "last_used_at", "revoked_at"]

    def to_representation(self, key: ApiKey) -> dict:
        return super().to_representation(key) | {"scopes": key.scopes}


class NewKeySerializer(KeySerializer):
    key = serializers.CharField(read_only=True, help_text="The key itself. Shown only once.")

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "key"]


class MeView(MemberAPIView):
    any_key = True

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request, **_) -> Response:
        """Who you are in this company."""
        joined = self.member.teams.for_tenant(self.member.tenant).order_by("team__name")
        self.member.team_names = list(joined.values_list("team__name", flat=True))
        return Response(MeSerializer(self.member).data)


class KeysView(MemberAPIView):
    """Keys are made and revoked by people who are signed in, never by a key."""

    pagination_class = NewestFirst

    @extend_schema(
        operation_id="list_keys",
        responses=KeySerializer(many=True),
        parameters=[OpenApiParameter("of", str, enum=["me", "everybody"], description="everybody: for admins")],
    )
    def get(self, request: Request, **_) -> Response:
        """Your API keys, the newest first."""
        keys = keys_of(self.member, everybody=request.query_params.get("of") == "everybody")
        pages = self.pagination_class()
        return pages.get_paginated_response(KeySerializer(pages.paginate_queryset(keys, request), many=True).data)

    @extend_schema(operation_id="create_key", request=KeySerializer, responses={201: NewKeySerializer})
    def post(self, request: Request, **_) -> Response:
        """Make a key. It is shown this once."""
        data = KeySerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = data.validated_data
        key, secret = create_api_key(
            self.member,
            name=values["name"],
            scopes=sorted(values["scopes"]),
            expires_at=timezone.now() + timedelta(days=values["days"]),
        )
        return Response(KeySerializer(key).data | {"key": secret}, status=201)


class KeyView(MemberAPIView):
    @extend_schema(operation_id="revoke_key", responses={204: None})
    def delete(self, request: Request, key_id: UUID, **_) -> Response:
        """Revoke a key, at once and for good."""
        revoke_api_key(get_object_or_404(keys_of(self.member, everybody=True), pk=key_id), by=self.member)
        return Response(status=204)
