"""The words of a refusal that happens before Django sees the request: no session and no database are asked."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from portal.errors.problems import TITLES, problem_body

HINTS = {413: "Send less, or fewer files at a time."}  # the others say themselves what to do


def error_body(scope: dict[str, Any], status: int, code: str, detail: str) -> tuple[bytes, bytes]:
    """Content type and body for a program, a script of ours, or a browser. Nothing of the request goes into it."""
    headers = dict(scope["headers"])
    accepts = headers.get(b"accept", b"")
    if "/api/" in scope["path"] or (b"json" in accepts and b"text/html" not in accepts):
        return b"application/problem+json", json.dumps(
            problem_body(status, code, detail, HINTS.get(status, ""))
        ).encode()
    template = "_problem.html" if b"hx-request" in headers else "problem.html"
    return b"text/html; charset=utf-8", _page(template, status, detail)


def sign_in_address(scope: dict[str, Any]) -> str:
    """Where a script sends the person whose session has ended: back to the page after it."""
    page = urlsplit(dict(scope["headers"]).get(b"referer", b"").decode("latin-1"))
    if not page.path.startswith("/t/"):
        return "/sign-in/"
    return "/sign-in/?" + urlencode({"next": f"{page.path}?{page.query}" if page.query else page.path})


@lru_cache(maxsize=32)
def _page(template: str, status: int, detail: str) -> bytes:
    from django.template.loader import render_to_string

    context = {"status": status, "title": TITLES[status], "message": detail, "hint": HINTS.get(status, "")}
    return render_to_string(template, context).encode()
