"""The doors to a tenant's API: with what role and key, inside which tenant."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.ledger.current_actor import acting
from tenants.errors import NotAllowed
from tenants.isolation.scope import in_tenant
from tenants.models import Membership
from tenants.models.api_key import Scope
from tenants.requests.credentials import Credential
from tenants.requests.query_parameters import known_parameters, require_known
from tenants.roles import EVERYONE


class MemberAPIView(APIView):
    """A view of one tenant's API: `self.member` is who asks.

    `scopes` says for each HTTP method which scope a key needs; a method that is not named is refused to keys, unless
    the view is open to `any_key`.
    """

    roles: Collection[str] = EVERYONE
    scopes: dict[str, Scope] = {}
    any_key = False
    member: Membership

    def dispatch(self, request, *args, **kwargs):
        with ExitStack() as self._tenant_block:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        self.member = request._request.member
        self._tenant_block.enter_context(in_tenant(self.member.tenant))
        self._tenant_block.enter_context(acting(self.member))
        self._require_scope(request)
        if self.member.role not in self.roles:
            raise NotAllowed("You don’t have permission to do this.", hint="Ask an admin of your company.")
        require_known(request.query_params, known_parameters(self, request.method))
        request._request.credential = self._credential(request)

    def handle_exception(self, exc: Exception) -> Response:
        """What the request changed is rolled back first: a refusal is recorded after it, not with it."""
        self._tenant_block.__exit__(type(exc), exc, exc.__traceback__)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response, *args, **kwargs):
        """A key that may write and not read learns the id of what it changed, and nothing about it."""
        key, data = getattr(request, "auth", None), getattr(response, "data", None)
        is_write = self.scopes.get(request.method) == Scope.WRITE and response.status_code < 300
        if key is not None and is_write and Scope.READ not in key.scopes and data is not None:
            response.data = {"id": data["id"]} if isinstance(data, dict) and "id" in data else {}
        return super().finalize_response(request, response, *args, **kwargs)

    def _credential(self, request: Request) -> Credential:
        if request.auth is None:
            return Credential.of_session(request._request, self.member, self.roles)
        return Credential.of_key(request.auth, self.member, self.scopes.get(request.method, ""), self.roles)

    def _require_scope(self, request: Request) -> None:
        key, needed = request.auth, self.scopes.get(request.method)
        if key is None or (self.any_key and needed is None):
            return
        if needed is None:
            raise NotAllowed("API keys cannot do that.", hint="Sign in and do it in the portal.")
        if needed.value not in key.scopes:
            raise NotAllowed(
                "This API key does not have the scope for that.", hint=f"Create one with the scope {needed.value}."
            )
