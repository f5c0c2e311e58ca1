"""Who asks: a browser that shows a page, a script of ours inside one, or a program."""

from __future__ import annotations

from django.http import HttpRequest


def wants_json(request: HttpRequest) -> bool:
    """A program, or a script that reads JSON or events: problem details (RFC 9457) are for it."""
    if "/api/" in request.path:
        return True
    accepts = request.headers.get("Accept", "")
    return "text/html" not in accepts and ("json" in accepts or "text/event-stream" in accepts)


def wants_fragment(request: HttpRequest) -> bool:
    """htmx, or a script of ours that puts the answer into its page."""
    return bool(getattr(request, "htmx", False)) or "X-Follows" in request.headers


def is_script(request: HttpRequest) -> bool:
    """Nobody looks at the answer as a page, so leading elsewhere does not help."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return wants_json(request) or wants_fragment(request) or mode != "navigate"
