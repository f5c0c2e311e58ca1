"""Who may bring a file: looked up from the headers of a request, before its body is read."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import Http404

from tenants.api_keys.attempt_limits import find_key_within_limits
from tenants.errors import TooMany
from tenants.isolation.scope import return_connection
from tenants.models.api_key import Scope
from tenants.requests.gates import find_member

_threads = ThreadPoolExecutor(2, thread_name_prefix="uploaders")  # as many as there are database connections for it


async def find_tenant(scope: dict[str, Any], address: str) -> str | None:
    """The id of the company to which the session or API key of the request may bring files, else None."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _look_up, scope, address)


def _look_up(scope: dict[str, Any], address: str) -> str | None:
    close_old_connections()
    try:
        return tenant_of(ASGIRequest(scope, BytesIO()), address)
    finally:
        return_connection()


def tenant_of(request: ASGIRequest, address: str) -> str | None:
    slug = request.path.split("/")[2]
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if secret:
        try:
            key = find_key_within_limits(secret.strip(), slug, address) if scheme.lower() == "bearer" else None
        except TooMany:
            return None
        return str(key.tenant_id) if key is not None and Scope.WRITE.value in key.scopes else None
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    sessions = import_module(settings.SESSION_ENGINE)
    request.session = sessions.SessionStore(request.COOKIES[settings.SESSION_COOKIE_NAME])
    user = get_user(request)
    if not user.is_authenticated:
        return None
    try:
        return str(find_member(user, slug).tenant_id)
    except Http404:
        return None
