"""What somebody gets whose session has ended, or whose page is older than their sign-in: nothing of theirs is lost."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_BAD_REFERER
from django.urls import reverse

from portal.errors import client_kinds
from portal.errors.problems import problem_answer
from tenants.requests import form_drafts

CONTINUE_AT = "X-Continue-At"  # for scripts: the address where the person goes on
DRAFT_HEADER = "X-Draft-Kept"  # what was sent comes back on the page after it
WHY = "why"  # a parameter of the sign-in page; its values are those of tenants.requests.form_drafts.kind_of

MAX_PAGE_ADDRESS_CHARACTERS = 4_000  # characters; as a value of `next` they are three times as many at most

PAGE_EXPIRED_MESSAGE = "This page was open for too long. Nothing was changed."
OTHER_PERSON = "You are signed in as someone else now. This page was opened by another person, so nothing was changed."
OTHER_ADDRESS = "This form was sent from a different web address than the portal's. Nothing was changed."


def answer(request: HttpRequest) -> HttpResponse:
    """Signed out. A page leads to signing in and back to where the person was; a script is told where to go."""
    safe = request.method in ("GET", "HEAD", "OPTIONS")
    if safe and not client_kinds.is_script(request):
        return to_sign_in(request.get_full_path())
    draft_id = "" if safe else form_drafts.save_draft(request)
    kind = "nothing" if safe else form_drafts.kind_of(request)
    if kind in ("question", "text") and not draft_id:
        kind = "nothing"
    page = form_drafts.page_of_form(request)
    if not client_kinds.is_script(request):
        query = {"next": form_drafts.marked(_short(page), draft_id), WHY: kind}
        return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode(query)}")
    return to_script(request, form_drafts.marked(_short(page), draft_id), kind if draft_id else "")


def to_sign_in(page: str) -> HttpResponse:
    """To the sign-in, and back to the page after it."""
    return redirect_to_login(_short(page))


def to_script(request: HttpRequest, next_page: str, draft_saved: str = "") -> HttpResponse:
    """401 with the address to sign in at. `draft_saved`: the kind of draft that the page after it shows."""
    # A script still has in its page what it sent: without a draft nothing has to be chosen or done again.
    sign_in = f"{reverse('sign-in')}?{urlencode({'next': next_page} | ({WHY: draft_saved} if draft_saved else {}))}"
    title = form_drafts.TITLES[draft_saved] if draft_saved else "You were signed out."
    response = problem_answer(
        request, 401, "signed_out", title, "Sign in again.", title="You were signed out", go_on=("Sign in", sign_in)
    )
    response[CONTINUE_AT] = sign_in
    if draft_saved:
        response[DRAFT_HEADER] = "1"
    return response


def old_form(request: HttpRequest, reason: str) -> HttpResponse:
    """A form whose token does not fit: Django's check against forged forms (CSRF_FAILURE_VIEW)."""
    if reason.startswith((REASON_BAD_ORIGIN.partition("%")[0], REASON_BAD_REFERER.partition("%")[0])):
        hint = "Open the portal again at its usual address. For operators: CSRF_TRUSTED_ORIGINS names the addresses."
        return problem_answer(request, 403, "csrf", OTHER_ADDRESS, hint, title="Wrong web address")
    inside = request.path.startswith("/t/") or request.path == reverse("account")
    person = request.user if request.user.is_authenticated else None
    if inside and person is None:
        return answer(request)
    owner = form_drafts.user_of_form(request)
    page = form_drafts.page_of_form(request) if inside else _public_page(request)
    if person is not None and owner not in (None, person.pk):
        hint, go_on = "Open the page again.", ("Open it again", page)
        return problem_answer(request, 403, "csrf", OTHER_PERSON, hint, title="Opened by another person", go_on=go_on)
    draft_id = form_drafts.save_draft(request) if person is not None and owner is not None else ""
    go_on = form_drafts.marked(page, draft_id)
    if draft_id and not client_kinds.is_script(request):
        return HttpResponseRedirect(go_on)  # the page has a fresh token, and the text is in its form again
    hint = "Open it again: your text is saved." if draft_id else "Open it again and send the form again."
    way = ("Open it again", go_on)
    response = problem_answer(
        request, 403, "csrf", PAGE_EXPIRED_MESSAGE, hint, title="This page is out of date", go_on=way
    )
    response[CONTINUE_AT] = go_on
    if draft_id:
        response[DRAFT_HEADER] = "1"
    return response


def _short(page: str) -> str:
    """Without its query where that is long: Django refuses to redirect to more than 16,384 characters."""
    return page if len(page) <= MAX_PAGE_ADDRESS_CHARACTERS else page.partition("?")[0]


def _public_page(request: HttpRequest) -> str:
    """Pages before signing in take their own forms; signing out and the like have no page."""
    match = request.resolver_match
    has_page = match is not None and match.url_name in ("sign-in", "first-run", "password-forgotten", "password-reset")
    return request.get_full_path() if has_page or (match and match.url_name == "invitation") else "/"
