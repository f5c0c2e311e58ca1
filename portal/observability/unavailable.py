"""One log line for each request that could not be served because a part of the portal is away."""

from __future__ import annotations

import logging

from django.http import HttpRequest

log = logging.getLogger("portal.unavailable")  # every line is written: they are counted by operators


def log_unavailable(request: HttpRequest, status: int, code: str, error: Exception | None = None) -> None:
    """Such as `503 unavailable GET documents/ tenant=acme cause=OperationalError: … request=…`.

    The address is the URL pattern, not the path: outside a tenant's pages a path may hold a token.
    """
    match = request.resolver_match
    tenant = match.kwargs.get("slug", "-") if match else "-"
    cause = error.__cause__ or error if error else None
    cause_text = " ".join(str(cause).split())[:200] if cause else ""
    log.warning(
        "%d %s %s /%s tenant=%s%s",
        status,
        code,
        request.method,
        match.route if match else "",
        str(tenant)[:64],
        f" cause={type(cause).__name__}: {cause_text}" if cause else "",
    )
