"""Signing in and out: verbs."""

from __future__ import annotations

import time

from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest

from audit.actions import Action, Outcome
from audit.record import record
from tenants import limits
from tenants.models import User
from tenants.signin.evenly import wait
from tenants.signin.trail import NOBODY, record_everywhere

BACKEND = "tenants.signin.backend.EmailBackend"


def sign_in(request: HttpRequest, *, email: str, password: str) -> User | None:
    """The person, now signed in; None where address and password do not fit, whichever of them it is.

    Tries are counted before the password is looked at, so that many at once cannot pass, and given back on success.
    """
    began = time.monotonic()
    address = limits.address_of(request)
    counted = (
        (limits.SIGN_IN_FROM_ADDRESS, address),
        (limits.SIGN_IN_TO_ACCOUNT_FROM_ADDRESS, f"{email} {address}"),
        (limits.SIGN_IN_TO_ACCOUNT, email),
    )
    for limit, subject in counted:
        limits.spend(limit, subject)
    user = authenticate(request, email=email, password=password)
    if user is None:
        _note_failure(email)
        wait(began)
        return None
    for limit, subject in counted:
        limits.refund(limit, subject)
    enter(request, user)
    return user


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
