"""Signing in and out: verbs."""

from __future__ import annotations

import time

from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest

from audit.ledger.actions import Action, Outcome
from audit.ledger.record import record
from tenants.models import User
from tenants.requests import rate_limits
from tenants.signin import known_browser
from tenants.signin.audit_events import NOBODY, record_everywhere
from tenants.signin.constant_time import wait

ASK_AN_ADMIN = ", or ask an admin of your company for a link for a new password"
BACKEND = "tenants.signin.backend.EmailBackend"


def sign_in(request: HttpRequest, *, email: str, password: str) -> User | None:
    """The person, now signed in; None where address and password do not fit, whichever of them it is.

    Tries are counted before the password is looked at, so that many at once cannot pass, and given back on success. Those
    of a browser in which the account has signed in before are counted apart from those of everybody else.
    """
    began = time.monotonic()
    counted, instead = _limits_of(request, email)
    for limit, subject in counted:
        rate_limits.spend(limit, subject, instead=instead)
    user = authenticate(request, email=email, password=password)
    if user is None:
        _note_failure(email)
        wait(began)
        return None
    for limit, subject in counted:
        rate_limits.refund(limit, subject)
    enter(request, user)
    return user


def _limits_of(request: HttpRequest, email: str) -> tuple[tuple[tuple[rate_limits.Limit, str], ...], str]:
    """What a try counts for, and what somebody can do who has no try left."""
    nonce = known_browser.find_nonce(request, email)
    if nonce:
        return ((rate_limits.SIGN_IN_FROM_KNOWN_BROWSER, nonce),), ASK_AN_ADMIN
    address = rate_limits.address_of(request)
    counted = (
        (rate_limits.SIGN_IN_FROM_ADDRESS, address),
        (rate_limits.SIGN_IN_TO_ACCOUNT_FROM_ADDRESS, f"{email} {address}"),
        (rate_limits.SIGN_IN_TO_ACCOUNT, email),
    )
    return counted, known_browser.USE_IT + ASK_AN_ADMIN


@transaction.atomic
def enter(request: HttpRequest, user: User) -> None:
    """A fresh session for somebody who has just proved who they are."""
    login(request, user, backend=BACKEND)
    record_everywhere(Action.PERSON_SIGNED_IN, user)


@transaction.atomic
def sign_out(request: HttpRequest) -> None:
    if request.user.is_authenticated:
        record_everywhere(Action.PERSON_SIGNED_OUT, request.user)
    logout(request)


@transaction.atomic
def _note_failure(email: str) -> None:
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        record(Action.SIGN_IN_FAILED, NOBODY, outcome=Outcome.FAILED, personal={"address": email}, reason="unknown")
    else:
        reason = "password" if user.is_active else "switched off"
        record_everywhere(Action.SIGN_IN_FAILED, user, by=NOBODY, outcome=Outcome.FAILED, reason=reason)
