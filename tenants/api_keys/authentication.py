"""Who asks through the API. Apart from requests/api_gates.py, because DRF imports this while it loads its own views."""

from __future__ import annotations

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from tenants.api_keys.attempt_limits import find_key_within_limits
from tenants.requests.gates import find_member
from tenants.requests.rate_limits import address_of


class MemberAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an API key, or the browser's session with its CSRF token."""

    def authenticate(self, request: Request):
        slug = request.parser_context["kwargs"]["slug"]
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if secret:
            address = address_of(request._request)
            key = find_key_within_limits(secret.strip(), slug, address) if scheme.lower() == "bearer" else None
            if key is None:
                raise exceptions.AuthenticationFailed("This API key is unknown, has expired or was revoked.")
            key.member.key_in_use = key.prefix
            request._request.member = key.member
            return key.member.user, key
        user = getattr(request._request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        SessionAuthentication().enforce_csrf(request)
        request._request.member = find_member(user, slug)
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="knowledge portal"'
