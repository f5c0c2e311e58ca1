"""The one place where errors become answers: a page for people, RFC 9457 problem details for programs.

A refusal is recorded here, after the rollback of whatever it stopped, in a transaction of its own.
"""

from __future__ import annotations

import errno
import logging
import sqlite3

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.views import exception_handler

from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import Actor
from audit.ledger.record import record
from knowledge.indexes.consistency import IndexIncomplete
from knowledge.stores.base import StoreError
from portal.errors import session_expired
from portal.errors.client_kinds import is_script, wants_json
from portal.errors.problems import error_page, problem_answer, problem_json
from portal.observability.unavailable import log_unavailable
from tenants.errors import DiskFull, NotAllowed, Problem, SignedOut, TooLarge, TooMany, Unavailable
from tenants.requests import form_drafts
from tenants.requests.refusal_log import is_repeated

log = logging.getLogger("portal.errors.handlers")

NOTHING_HERE = (
    "There is nothing at this address. It may have moved, or you may not have access. Ask its owner for a link."
)


def as_problem(error: Exception) -> Problem | None:
    """Our own kind of error, where it is one or means one."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            "The disk of the portal is full. Existing data is safe.", hint="Tell the operator of the portal."
        )
    if isinstance(error, OperationalError):
        if "disk is full" in str(error) or (
            isinstance(error.__cause__, sqlite3.OperationalError) and ("disk I/O" in str(error))
        ):
            return DiskFull(
                "The disk of the portal is full. Existing data is safe.", hint="Tell the operator of the portal."
            )
        return Unavailable("The database does not answer.", hint="Saved data is safe. Try again in a moment.")
    if isinstance(error, IndexIncomplete):
        return Unavailable(error.message, hint=error.hint, code="index_rebuilding")
    if isinstance(error, StoreError):
        return Unavailable("Search is temporarily unavailable.", hint="Saved data is safe. Try again in a moment.")
    if isinstance(error, (RequestDataTooBig, TooManyFilesSent, TooManyFieldsSent)):
        return TooLarge("That is too large to send at once.", hint="Send less, or fewer files at a time.")
    if isinstance(error, PermissionDenied):
        return NotAllowed("You don’t have permission to do this.", hint="Ask an admin of your company.")
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


class ProblemMiddleware:
    """Django middleware for the pages and for what happens before DRF."""

    sync_capable = async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request):
        if self._is_async:
            return self._later(request)
        response = self.get_response(request)
        return with_plain_text(request, response) if is_bare(response) else response

    async def _later(self, request):
        response = await self.get_response(request)
        return await sync_to_async(with_plain_text)(request, response) if is_bare(response) else response

    def process_exception(self, request, error):
        if isinstance(error, SignedOut):
            return session_expired.answer(request)
        problem = as_problem(error)
        if problem is None:
            return None  # Http404 and bugs take Django's way, through the handlers below
        note_refusal(request, problem)
        if problem.status >= 500:
            log_unavailable(request, problem.status, problem.code, error)
        response = problem_answer(request, problem.status, problem.code, problem.message, problem.hint, **problem.extra)
        if isinstance(problem, TooMany):
            response["Retry-After"] = str(problem.retry_after)
        return response


PLAIN_PAGE_TEXTS = {
    405: "This address does not accept that kind of request. Nothing was changed.",
    413: "That is too large to send at once. Nothing was saved.",
    415: "This format is not supported here. Nothing was saved.",
    429: "Too many attempts. Nothing was changed.",
}
HINTS = {
    405: "Go back to the previous page and try again.",
    413: "Send less, or fewer files at a time.",
    415: "Save it in another format and send that.",
    429: "Wait a minute and try again.",
}
CODES = {405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type", 429: "too_many_requests"}


def is_bare(response: HttpResponse) -> bool:
    """An error that a decorator or Django itself answers without a word."""
    return response.status_code in PLAIN_PAGE_TEXTS and not response.streaming and not response.content


def with_plain_text(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A bare error in words, with the headers that it had."""
    status = response.status_code
    words = PLAIN_PAGE_TEXTS[status]
    if status == 405 and request.method in ("GET", "HEAD"):
        words = "This address only accepts forms. There is no page to show."
    spoken = problem_answer(request, status, CODES[status], words, HINTS[status])
    for header in ("Allow", "Retry-After"):
        if header in response:
            spoken[header] = response[header]
    return spoken


def problem(error: Exception, context: dict):
    """DRF's exception handler."""
    request = context["request"]._request
    as_known_problem = as_problem(error)
    if as_known_problem is not None:
        note_refusal(request, as_known_problem)
        if as_known_problem.status >= 500:
            log_unavailable(request, as_known_problem.status, as_known_problem.code, error)
        response = problem_json(
            as_known_problem.status,
            as_known_problem.code,
            as_known_problem.message,
            as_known_problem.hint,
            **as_known_problem.extra,
        )
        if isinstance(as_known_problem, TooMany):
            response["Retry-After"] = str(as_known_problem.retry_after)
        return response
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, drf.ValidationError):
        body = problem_json(400, "invalid", "Some fields are not valid.", errors=response.data)
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
            "This portal does not answer at this address.\n\n"
            f"The request came for {request.META.get('HTTP_HOST', '')[:100]!r}. If that is right, start the portal with "
            "ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS naming it (see README, 'Another address').\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    if isinstance(exception, (RequestDataTooBig, TooManyFilesSent, TooManyFieldsSent)):
        return problem_answer(request, 413, CODES[413], PLAIN_PAGE_TEXTS[413], HINTS[413])
    return problem_answer(
        request, 400, "invalid", "The request could not be read.", "Go back, reload the page and try again."
    )


def csrf_failure(request, reason=""):
    if "/api/" in request.path:
        return problem_json(403, "csrf", "The CSRF token of the request is not valid.", "Send the header X-CSRFToken.")
    return session_expired.old_form(request, reason)


def credential_ended(request):
    """While the response was being made. Nothing of it is sent."""
    if wants_json(request):
        response = problem_json(401, "credential_ended", "The key or the session ended while this was being answered.")
        response["WWW-Authenticate"] = 'Bearer realm="knowledge portal"'
        return response
    if is_script(request):
        return session_expired.to_script(request, form_drafts.page_of_form(request))
    return session_expired.to_sign_in(
        request.get_full_path() if request.method == "GET" else form_drafts.page_of_form(request)
    )


def rights_unknown(request):
    message, hint = "The database does not answer.", "Nothing is lost. Try again in a moment."
    if wants_json(request):
        return problem_json(503, "unavailable", message, hint)
    return error_page(request, 503, message, hint)


def forbidden(request, exception=None):
    return problem_answer(request, 403, "not_allowed", "That is not allowed here.", "Ask an admin of your company.")


def not_found(request, exception=None):
    return problem_answer(request, 404, "not_found", NOTHING_HERE, title="Page not found")


def too_slow(request):
    """Asks no part of the portal, any of which may be what does not answer."""
    log_unavailable(request, 503, "too_slow")
    message, hint = (
        "The portal did not answer in time.",
        "Check whether your change was saved, then try again in a moment.",
    )
    if wants_json(request):
        return problem_json(503, "too_slow", message, hint)
    return error_page(request, 503, message, hint)


def server_error(request):
    reference = getattr(request, "request_id", "")
    message = "Something went wrong on our side. Saved data is safe."
    if wants_json(request):
        return problem_json(500, "error", message, request_id=reference)
    try:
        return error_page(request, 500, message, "Try again. If it happens again, quote the number below.")
    except Exception:  # the page itself may be what is broken
        log.exception("The error page failed")
        return HttpResponse(f"{message} Quote {reference}.", status=500, content_type="text/plain; charset=utf-8")
