"""One's own account: name, look of the pages, password."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from audit.ledger.actions import Action
from tenants.models import User
from tenants.requests import rate_limits
from tenants.requests.gates import person_view
from tenants.signin import known_browser, passwords
from tenants.signin.audit_events import record_everywhere
from tenants.signin.forms import NewPasswordForm, secret, text


class AboutMeForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name", "theme", "shortcuts"]
        labels = {"name": "Name", "theme": "Appearance", "shortcuts": "Single-key shortcuts"}
        widgets = {
            "name": text(autocomplete="name"),
            "theme": forms.Select(attrs={"class": "select"}),
            "shortcuts": forms.CheckboxInput(attrs={"class": "switch", "role": "switch"}),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["theme"].choices = User.Theme.choices


class ChangePasswordForm(NewPasswordForm):
    current = forms.CharField(label="Current password", strip=False, widget=secret("current-password"))
    field_order = ["current", "password"]

    def __init__(self, *args, session_key: str, **kwargs) -> None:
        """Tries are counted for the session: who has stolen another one does not use up the owner's."""
        super().__init__(*args, **kwargs)
        self.session_key = session_key

    def clean_current(self) -> str:
        rate_limits.spend(rate_limits.PASSWORD_IN_SESSION, self.session_key)
        if not self.user.check_password(self.cleaned_data["current"]):
            raise forms.ValidationError("This is not your current password.")
        rate_limits.refund(rate_limits.PASSWORD_IN_SESSION, self.session_key)
        return self.cleaned_data["current"]


@never_cache
@person_view
@sensitive_post_parameters("current", "password")
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    forms_or_done = handle(request, redirect("account"))
    if isinstance(forms_or_done, HttpResponse):
        return forms_or_done
    status = 200 if request.method == "GET" else 400
    return render(request, "tenants/account.html", forms_or_done, status=status)


def handle(request: HttpRequest, done: HttpResponse) -> dict | HttpResponse:
    """The forms to show; `done` when one of them was sent and is done. Also behind the settings page of a company."""
    user = request.user
    # A form works on its own copy, so that a wrong value never shows up in the frame around it.
    me = AboutMeForm(_sent(request, "about"), instance=User.objects.get(pk=user.pk))
    new = ChangePasswordForm(_sent(request, "password"), user=user, session_key=request.session.session_key)
    if me.is_bound and me.is_valid():
        change_account(me)
        messages.success(request, "Saved.")
        return done
    if new.is_bound and new.is_valid():
        passwords.set_password(user, new.cleaned_data["password"], how="person")
        update_session_auth_hash(request, user)  # a fresh session here; every other one has ended
        known_browser.remember(request, done, user)
        messages.success(request, "Your password was changed.", extra_tags="You are signed out everywhere else.")
        return done
    return {"about_form": me, "password_form": new}


@transaction.atomic
def change_account(form: AboutMeForm) -> None:
    if form.has_changed():
        user = form.save()
        record_everywhere(Action.PERSON_CHANGED, user, fields=form.changed_data)


def _sent(request: HttpRequest, part: str):
    return request.POST if request.method == "POST" and request.POST.get("part") == part else None
