"""Errors to Sentry, when a DSN is set. Without one the package is never imported."""

from __future__ import annotations

from django.conf import settings


def start() -> None:
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,  # they hold questions and passages
        max_request_body_size="never",
        before_send=_without_people,
    )


def _without_people(event: dict, hint: dict) -> dict:
    """What an error report must not carry: who it was, from where, and with what cookie or key."""
    event.pop("user", None)
    request = event.get("request", {})
    for part in ("cookies", "data", "env", "query_string"):
        request.pop(part, None)
    allowed_headers = {"host", "user-agent", "accept", "content-type"}
    request["headers"] = {k: v for k, v in request.get("headers", {}).items() if k.lower() in allowed_headers}
    return event
