"""What the API's own description cannot find out by itself: how programs sign in, and which bodies refuse unknown fields.

Imported with the addresses, since that is where it is served.
"""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension


class MemberScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.api_keys.authentication.MemberAuthentication"
    name = ["key", "session"]

    def get_security_definition(self, auto_schema) -> list[dict[str, str]]:
        from django.conf import settings

        return [
            {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer kp_…`"},
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]

    def get_security_requirement(self, auto_schema) -> list[dict[str, list]]:
        """One or the other, not both."""
        return [{"key": []}, {"session": []}]


class StrictBody(OpenApiSerializerExtension):
    target_class = "tenants.requests.strict_serializer.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema, direction: str) -> dict:
        described = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return described | {"additionalProperties": False}
