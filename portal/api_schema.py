"""How programs sign in, for the API's own description. Imported with the addresses, since that is where it is served."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class MemberScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.api_auth.MemberAuthentication"
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
