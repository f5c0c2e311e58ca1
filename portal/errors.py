"""The one place where errors become answers: a page for people, RFC 9457 problem details for programs.

A refusal is recorded here, after the rollback of whatever it stopped, in a transaction of its own.
"""

from __future__ import annotations

import errno
import logging
import sqlite3

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from rest_framework import exceptions as drf
from rest_framework.views import exception_handler

from audit.actions import Action, Outcome
from audit.record import Actor, record
from knowledge.index_state import IndexIncomplete
from knowledge.stores.base import StoreError
from portal.observability.unavailable import log_unavailable
from tenants.errors import NoRoom, NotAllowed, Problem, TooLarge, TooMany, Unavailable
from tenants.refusals import is_repeated

log = logging.getLogger("portal.errors")

NOTHING_HERE = (
    "There is nothing here for you. It may have moved, or it is not shared with you. Ask its owner for a link."
)
TITLES = {
    400: "That did not work",
    401: "Sign in first",
    403: "Not for your role",
    404: "Nothing here for you",
    405: "That is not possible here",
    409: "Somebody was faster",
    413: "Too large",
    415: "Not in this format",
    429: "Too many at once",
    500: "Something broke on our side",
    503: "Not available just now",
    507: "No room left",
}


def as_problem(error: Exception) -> Problem | None:
    """Our own kind of error, where it is one or means one."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoRoom("The disk of the portal is full. What was there before is safe.", hint="Tell your operator.")
    if isinstance(error, OperationalError):
        if "disk is full" in str(error) or (
            isinstance(error.__cause__, sqlite3.OperationalError) and ("disk I/O" in str(error))
        ):
            return NoRoom("The disk of the portal is full. What was there before is safe.", hint="Tell your operator.")
        return Unavailable("The database does not answer.", hint="Nothing is lost. Try again in a moment.")
    if isinstance(error, IndexIncomplete):
        return Unavailable(error.message, hint=error.hint, code="index_rebuilding")
    if isinstance(error, StoreError):
        return Unavailable("The search does not answer just now.", hint="Nothing is lost. Try again in a moment.")
    if isinstance(error, (RequestDataTooBig, TooManyFilesSent)):
        return TooLarge("That is more than the portal takes at once.", hint="Send less, or fewer files at a time.")
    if isinstance(error, PermissionDenied):
        return NotAllowed("Your role does not open this.", hint="Ask an admin of your company.")
    return None


def note_refusal(request: HttpRequest, problem: Problem) -> None:
    """On the trail: who was refused what. Only refusals of rights; a mistyped form is nobody's business."""
    if problem.status not in (403, 429) or (isinstance(problem, TooMany) and not problem.first):
        return
    member = getattr(request, "member", None)
    if member is not None and is_repeated(member, problem.code):
        return
    actor = member.audit_actor() if member is not None else Actor(None, None, kind="nobody")
    record(Action.REQUEST_REFUSED, actor, outcome=Outcome.REFUSED, path=_place(request), code=problem.code)


def _place(request: HttpRequest) -> str:
    """Where it was refused. Outside a company's pages an address may hold a token, so the pattern stands for it."""
    if request.path.startswith("/t/"):
        return request.path[:300]
    match = request.resolver_match
    return f"/{match.route}" if match else ""


def wants_json(request: HttpRequest) -> bool:
    return "/api/" in request.path


def problem_body(status: int, code: str, detail: str, hint: str = "", **extra) -> dict:
    """RFC 9457: https://www.rfc-editor.org/rfc/rfc9457"""
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail}
    return body | {"code": code} | ({"hint": hint} if hint else {}) | extra


def problem_json(status: int, code: str, detail: str, hint: str = "", **extra) -> JsonResponse:
    return JsonResponse(
        problem_body(status, code, detail, hint, **extra), status=status, content_type="application/problem+json"
    )


def error_page(request: HttpRequest, status: int, message: str, hint: str = "") -> HttpResponse:
    template = "_problem.html" if getattr(request, "htmx", False) else "problem.html"
    told = {
        "status": status,
        "title": TITLES.get(status, "Error"),
        "message": message,
        "hint": hint,
        "request_id": getattr(request, "request_id", ""),
    }
    if status == 503:  # the page around it would ask the database, which may be what is away, who is here
        return HttpResponse(render_to_string(template, told), status=status)
    return render(request, template, told, status=status)


class ErrorsBecomeAnswers:
    """Django middleware for the pages and for what happens before DRF."""

    sync_capable = async_capable = True

    def __init__(self, get_response):
        from asgiref.sync import iscoroutinefunction, markcoroutinefunction

        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        problem = as_problem(error)
        if problem is None:
            return None  # Http404 and bugs take Django's way, through the handlers below
        note_refusal(request, problem)
        if problem.status >= 500:
            log_unavailable(request, problem.status, problem.code, error)
        if wants_json(request):
            response = problem_json(problem.status, problem.code, problem.message, problem.hint, **problem.extra)
        else:
            response = error_page(request, problem.status, problem.message, problem.hint)
        if isinstance(problem, TooMany):
            response["Retry-After"] = str(problem.retry_after)
        return response


def problem(error: Exception, context: dict):
    """DRF's exception handler."""
    request = context["request"]._request
    known = as_problem(error)
    if known is not None:
        note_refusal(request, known)
        if known.status >= 500:
            log_unavailable(request, known.status, known.code, error)
        response = problem_json(known.status, known.code, known.message, known.hint, **known.extra)
        if isinstance(known, TooMany):
            response["Retry-After"] = str(known.retry_after)
        return response
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, drf.ValidationError):
        body = problem_json(400, "invalid", "Some fields need another value.", errors=response.data)
    elif isinstance(error, (Http404, drf.NotFound)):
        body = problem_json(404, "not_found", NOTHING_HERE)
    else:
        detail = getattr(error, "detail", str(error))
        body = problem_json(response.status_code, getattr(error, "default_code", "error"), str(detail))
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response:
            body[header] = response[header]
    return body


def bad_request(request, exception=None):
    from django.core.exceptions import DisallowedHost

    if isinstance(exception, DisallowedHost):
        return HttpResponse(
            "This portal does not answer under that address.\n\n"
            f"The request came for {request.META.get('HTTP_HOST', '')[:100]!r}. If that is right, start the portal with "
            "ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS naming it (see README, 'Another address').\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    if wants_json(request):
        return problem_json(400, "invalid", "The request could not be read.")
    return error_page(request, 400, "The request could not be read.", "Go back, reload the page and try again.")


def csrf_failure(request, reason=""):
    hint = "Reload the page and try again. If it happens again: CSRF_TRUSTED_ORIGINS must name the address you use."
    if wants_json(request):
        return problem_json(403, "csrf", "The form's safety token did not fit.", hint)
    return error_page(request, 403, "The form's safety token did not fit, so nothing was changed.", hint)


def credential_ended(request):
    """While the response was being made. Nothing of it is sent."""
    if wants_json(request):
        response = problem_json(401, "credential_ended", "The key or the session ended while this was being answered.")
        response["WWW-Authenticate"] = 'Bearer realm="knowledge portal"'
        return response
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


def rights_unknown(request):
    message, hint = "The database does not answer.", "Nothing is lost. Try again in a moment."
    if wants_json(request):
        return problem_json(503, "unavailable", message, hint)
    return error_page(request, 503, message, hint)


def forbidden(request, exception=None):
    if wants_json(request):
        return problem_json(403, "not_allowed", "That is not allowed here.")
    return error_page(request, 403, "That is not allowed here.", "Ask an admin of your company.")


def not_found(request, exception=None):
    if wants_json(request):
        return problem_json(404, "not_found", NOTHING_HERE)
    return error_page(request, 404, NOTHING_HERE)


def too_slow(request):
    """Asks no part of the portal, any of which may be what does not answer."""
    log_unavailable(request, 503, "too_slow")
    message, hint = "The portal did not answer in time.", "Check whether it was done, then try again in a moment."
    if wants_json(request):
        return problem_json(503, "too_slow", message, hint)
    return error_page(request, 503, message, hint)


def server_error(request):
    reference = getattr(request, "request_id", "")
    message = "The portal made a mistake. Nothing you had saved before is lost."
    if wants_json(request):
        return problem_json(500, "error", message, request_id=reference)
    try:
        return error_page(request, 500, message, "Try again. If it happens again, quote the number below.")
    except Exception:  # the page itself may be what is broken
        log.exception("The error page failed")
        return HttpResponse(f"{message} Quote {reference}.", status=500, content_type="text/plain; charset=utf-8")
