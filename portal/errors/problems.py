"""An error in words, for whoever asks: a page, a fragment of one, or problem details (RFC 9457)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from portal.errors.client_kinds import wants_fragment, wants_json

TITLES = {
    400: "The request is not valid",
    401: "Sign in first",
    403: "You don’t have permission",
    404: "Not found",
    405: "Not possible here",
    409: "This was changed by someone else",
    413: "Too large",
    415: "Format not supported",
    429: "Too many requests",
    500: "Something went wrong on our side",
    503: "Temporarily unavailable",
    507: "The disk is full",
}


def problem_body(status: int, code: str, detail: str, hint: str = "", **extra) -> dict:
    """RFC 9457: https://www.rfc-editor.org/rfc/rfc9457"""
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail}
    return body | {"code": code} | ({"hint": hint} if hint else {}) | extra


def problem_json(status: int, code: str, detail: str, hint: str = "", **extra) -> JsonResponse:
    return JsonResponse(
        problem_body(status, code, detail, hint, **extra), status=status, content_type="application/problem+json"
    )


def problem_answer(
    request: HttpRequest, status: int, code: str, message: str, hint: str = "", *, title: str = "", go_on=(), **extra
) -> HttpResponse:
    """The same error for whoever asks: problem details, a fragment or a page.

    `go_on`: words and address of a way on. `title`: where the status alone would say the wrong thing.
    """
    if wants_json(request):
        return problem_json(status, code, message, hint, **extra)
    return error_page(request, status, message, hint, title=title, go_on=go_on)


def error_page(
    request: HttpRequest, status: int, message: str, hint: str = "", *, title: str = "", go_on=()
) -> HttpResponse:
    template = "_problem.html" if wants_fragment(request) else "problem.html"
    context = {
        "go_on": go_on,
        "status": status,
        "title": title or TITLES.get(status, "Error"),
        "message": message,
        "hint": hint,
        "request_id": getattr(request, "request_id", ""),
    }
    if status == 503:  # the page around it would ask the database, which may be what is away, who is here
        return HttpResponse(render_to_string(template, context), status=status)
    return render(request, template, context, status=status)
