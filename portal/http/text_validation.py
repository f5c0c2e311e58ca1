"""What every view may rely on about the text of a request, whatever its query string, form or address holds."""

from __future__ import annotations

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import BadRequest, TooManyFieldsSent
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, QueryDict
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters

from portal.errors.handlers import problem_json, wants_json
from tenants.errors import Invalid
from tenants.requests.text_validation import is_storable, require_storable, storable

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class TextInput:
    """Pages get text that can be stored, and the API refuses other text (tenants/requests/text_validation.py).

    Middleware. Stands after CsrfViewMiddleware, which reads the form of a page before its view. A form of the API is
    not read here: its sender is looked up first.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        _require_utf_8(request)
        request.GET  # noqa: B018 - raises TooManyFieldsSent here, and not first in the page that says what is wrong
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        texts = {name: value for name, value in kwargs.items() if isinstance(value, str) and not is_storable(value)}
        if wants_json(request):
            if texts:
                raise Http404
            return _refuse_unstorable(request)
        kwargs.update({name: storable(value) for name, value in texts.items()})  # Django calls the view with this dict
        if _may_hold_nul(request):
            request.GET = _storable(request.GET)
        if request.method == "POST" and request.content_type in FORMS:
            request.POST = _storable(request.POST)
        return None


class Request(ASGIRequest):
    """Always UTF-8. Django decodes the query string by the charset of `Content-Type` and fails before any handler if that
    decodes no text, such as `hex`, or if the header cannot be read.

    A query string of too many parameters is refused once. The page that says so looks for parameters too, and finds none.
    """

    @cached_property
    def GET(self) -> QueryDict:
        try:
            return QueryDict(self.META["QUERY_STRING"])
        except TooManyFieldsSent:
            self.GET = QueryDict()
            raise

    def _set_content_type_params(self, meta):
        given = meta.get("CONTENT_TYPE", "")
        try:
            self.content_type, self.content_params = parse_header_parameters(given)
        except ValueError:
            self.content_type, self.content_params = "", {}  # no form, which would be read by the same header


def _require_utf_8(request: HttpRequest) -> None:
    """Raises BadRequest for a form that says it is in another charset: its text would be stored wrongly."""
    charset = request.content_params.get("charset", "utf-8").lower()
    if request.content_type in FORMS and charset not in ("utf-8", "utf8", "us-ascii"):
        raise BadRequest("A form must be UTF-8.")


def _may_hold_nul(request: HttpRequest) -> bool:
    """A query string is decoded as UTF-8 with replacements, so it has no surrogates."""
    query = request.META.get("QUERY_STRING", "")
    return "%00" in query or "\0" in query


def _refuse_unstorable(request: HttpRequest):
    if not _may_hold_nul(request):
        return None
    try:
        require_storable(request.GET)
    except Invalid as problem:
        return problem_json(problem.status, problem.code, problem.message, problem.hint)
    return None


def _storable(submitted: QueryDict) -> QueryDict:
    if all(is_storable(name) and all(map(is_storable, values)) for name, values in submitted.lists()):
        return submitted
    clean = QueryDict(mutable=True)
    for name, values in submitted.lists():
        for value in values:
            clean.appendlist(storable(name), storable(value))
    clean._mutable = False
    return clean
