"""The doors of the installation: before, between and beside the companies, of which only names are shown here."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.isolation.scope import as_person
from tenants.models import Membership, Tenant, User
from tenants.requests import form_drafts, rate_limits
from tenants.signin import first_run, known_browser, session, setup_code
from tenants.signin.forms import FirstRunForm, SignInForm


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("first-run" if first_run.is_empty() else "sign-in")
    tenants = [member.tenant for member in _memberships(request.user)]
    if len(tenants) == 1:
        return redirect(f"/t/{tenants[0].slug}/")
    return render(request, "tenants/companies.html", {"companies": tenants})


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    after = _after(request)
    if request.user.is_authenticated and request.method == "GET":
        return redirect(after or "home")
    if request.method == "GET" and first_run.is_empty() and not User.objects.exists():
        return redirect("first-run")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = session.sign_in(request, **form.cleaned_data)
        if user is not None:
            response = redirect(after or "home")
            known_browser.remember(request, response, user)
            return response
        form.add_error(None, SignInForm.WRONG)
    status = 200 if request.method == "GET" else 400
    why = form_drafts.TITLES.get(request.GET.get("why", ""), "")
    context = {"form": form, "next": after, "why": why, "tenant": _only_company()}
    return render(request, "tenants/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    session.sign_out(request)
    messages.success(request, "You are signed out.")
    return redirect("sign-in")


@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    if not first_run.is_empty():
        raise Http404
    check = (
        partial(setup_code.is_right, address=rate_limits.address_of(request)) if setup_code.is_needed(request) else None
    )
    form = FirstRunForm(request.POST or None, user=User(), is_right_code=check)
    if request.method == "POST" and form.is_valid():
        form.cleaned_data.pop("code", None)
        owner = first_run.begin(**form.cleaned_data)
        session.enter(request, owner.user)
        response = redirect(f"/t/{owner.tenant.slug}/")
        known_browser.remember(request, response, owner.user)
        return response
    status = 200 if request.method == "GET" else 400
    return render(request, "tenants/first_run.html", {"form": form}, status=status)


def _memberships(user: User) -> list[Membership]:
    with as_person(user):
        return list(Membership.objects.of_user(user).active().select_related("tenant").order_by("tenant__name"))


def _only_company() -> Tenant | None:
    """Its name may be shown before sign-in where the installation serves one company alone."""
    found = list(Tenant.objects.filter(is_active=True)[:2])
    return found[0] if len(found) == 1 else None


def _after(request: HttpRequest) -> str:
    """Where to go after signing in: only to a page of this portal, given as its path: `redirect` takes a word for the name of a view."""
    wished = request.POST.get("next") or request.GET.get("next") or ""
    fits = url_has_allowed_host_and_scheme(wished, allowed_hosts=None)
    return wished if fits and wished.startswith("/") else ""
