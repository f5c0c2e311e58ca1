from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils import timezone

from tenants.members.rank import may_manage
from tenants.models import Membership
from tenants.models.api_key import Scope
from tenants.roles import Role
from tenants.signin.forms import email_input, text

LIFETIMES = [(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "1 year")]


def select(**attrs: str) -> forms.Select:
    return forms.Select(attrs={"class": "select", **attrs})


def roles_for(by: Membership) -> list[tuple[str, str]]:
    """What this person may give."""
    return [(role.value, role.label) for role in Role if may_manage(by, role)]


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        widget=email_input(autocomplete="off"),
        error_messages={"required": "Enter an e-mail address."},
    )
    role = forms.ChoiceField(label="Role", widget=select())

    def __init__(self, *args, by: Membership, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles_for(by)
        self.fields["role"].initial = Role.MEMBER


class TeamForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=80, widget=text(), error_messages={"required": "Enter a team name."}
    )
    description = forms.CharField(label="What it is for", max_length=200, required=False, widget=text())


class CompanyForm(forms.Form):
    name = forms.CharField(
        label="Company",
        max_length=120,
        widget=text(autocomplete="organization"),
        error_messages={"required": "Enter the company’s name."},
    )


class KeyForm(forms.Form):
    name = forms.CharField(
        label="What it is for",
        max_length=80,
        widget=text(placeholder="Nightly import"),
        error_messages={"required": "Enter what the key is for."},
    )
    scopes = forms.MultipleChoiceField(
        label="Permissions",
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checkbox"}),
        initial=[Scope.READ],
        error_messages={"required": "Select at least one permission."},
    )
    days = forms.TypedChoiceField(label="Expires after", coerce=int, choices=LIFETIMES, initial=90, widget=select())

    def __init__(self, *args, member: Membership, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = scopes_for(member)

    @property
    def expires_at(self):
        return timezone.now() + timedelta(days=self.cleaned_data["days"])


def scopes_for(member: Membership) -> list[tuple[str, str]]:
    """A key never does more than its member may, so what the role does not open is not offered."""
    return [(s.value, s.label) for s in Scope if s != Scope.AUDIT or member.is_auditor]
