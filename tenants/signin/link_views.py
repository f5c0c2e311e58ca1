"""Pages behind links: a forgotten password, an invitation. The token is a secret: nothing is cached or passed on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tenants.members import invitations
from tenants.models import Invitation, User
from tenants.requests import rate_limits
from tenants.requests.absolute_urls import base_of
from tenants.signin import known_browser, passwords, session
from tenants.signin.constant_time import evenly
from tenants.signin.forms import ForgottenForm, JoinForm, NewPasswordForm


def behind_a_link(view: Callable) -> Callable:
    @never_cache
    @sensitive_post_parameters("password")
    @require_http_methods(["GET", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs) -> HttpResponse:
        rate_limits.spend(rate_limits.LINK_FROM_ADDRESS, rate_limits.address_of(request))
        response = view(request, **kwargs)
        response["Referrer-Policy"] = (
            "no-referrer" if request.method == "GET" and response.status_code != 200 else "same-origin"
        )
        return response

    return guarded


@never_cache
@require_http_methods(["GET", "POST"])
def password_forgotten(request: HttpRequest) -> HttpResponse:
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        _count_reset(request, email)
        with evenly():
            passwords.ask_for_reset(email, base=base_of(request))
        return render(request, "tenants/password_asked.html", {"sends": bool(settings.EMAIL_HOST)})
    status = 200 if request.method == "GET" else 400
    return render(request, "tenants/password_forgotten.html", {"form": form}, status=status)


def _count_reset(request: HttpRequest, email: str) -> None:
    """Raises TooMany, whether the address has a sign-in or not."""
    nonce = known_browser.find_nonce(request, email)
    if nonce:
        rate_limits.spend(rate_limits.RESET_FROM_KNOWN_BROWSER, nonce, instead=session.ASK_AN_ADMIN)
        return
    instead = known_browser.USE_IT + session.ASK_AN_ADMIN
    rate_limits.spend(rate_limits.RESET_FROM_ADDRESS, rate_limits.address_of(request), instead=instead)
    rate_limits.spend(rate_limits.RESET_FOR_ACCOUNT, email, instead=instead)


@behind_a_link
def password_reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    user = passwords.person_of(uid, token)
    if user is None:
        return _void_password_link(request)
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        if not passwords.use_link(user, token, form.cleaned_data["password"]):
            return _void_password_link(request)
        messages.success(request, "Your password was changed. Sign in with the new password.")
        response = redirect("sign-in")
        user.refresh_from_db(fields=["password"])
        known_browser.remember(request, response, user)  # a link helps also while strangers use up the account's tries
        return response
    status = 200 if request.method == "GET" else 400
    return render(request, "tenants/password_reset.html", {"form": form}, status=status)


def _void_password_link(request: HttpRequest) -> HttpResponse:
    return render(request, "tenants/link_void.html", {"kind": "password"}, status=410)


@behind_a_link
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    invitation_row = invitations.find(token)
    if invitation_row is None:
        return render(request, "tenants/link_void.html", {"kind": "invitation"}, status=410)
    user_exists = User.objects.filter(email=invitation_row.email).exists()
    if user_exists:
        return _join_with_a_sign_in(request, invitation_row)
    form = JoinForm(request.POST or None, user=User(email=invitation_row.email))
    if request.method == "POST" and form.is_valid():
        member = invitations.accept(invitation_row, **form.cleaned_data)
        session.enter(request, member.user)
        response = redirect(f"/t/{invitation_row.tenant.slug}/")
        known_browser.remember(request, response, member.user)
        return response
    status = 200 if request.method == "GET" else 400
    return render(request, "tenants/join.html", {"form": form, "invitation": invitation_row}, status=status)


def _join_with_a_sign_in(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """A link proves nothing about an address that has a sign-in: that person signs in first."""
    theirs = request.user.is_authenticated and request.user.email == invitation.email
    if request.method == "POST" and theirs:
        invitations.accept(invitation, user=request.user)
        return redirect(f"/t/{invitation.tenant.slug}/")
    return render(request, "tenants/join_known.html", {"invitation": invitation, "theirs": theirs})
