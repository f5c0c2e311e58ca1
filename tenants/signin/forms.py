from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib.auth.password_validation import validate_password

from tenants.models import Tenant, User
from tenants.models.tenant import SLUG


def text(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input", **attrs})


def secret(autocomplete: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"class": "input", "autocomplete": autocomplete})


def email_input(**attrs: str) -> forms.EmailInput:
    return forms.EmailInput(attrs={"class": "input", "autocomplete": "username", "inputmode": "email", **attrs})


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="Work e-mail",
        widget=email_input(autofocus="autofocus"),
        error_messages={"required": "Enter your work e-mail address."},
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=secret("current-password"),
        error_messages={"required": "Enter your password."},
    )

    WRONG = "The e-mail address or password is wrong. Check both, or reset your password."


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label="Work e-mail",
        widget=email_input(autofocus="autofocus"),
        error_messages={"required": "Enter your work e-mail address."},
    )


class NewPasswordForm(forms.Form):
    """A password for a person who is known, so that it is not their own name or address."""

    password = forms.CharField(
        label="New password",
        strip=False,
        max_length=200,
        widget=secret("new-password"),
        help_text="At least 10 characters. A short sentence works well.",
        error_messages={"required": "Enter a password."},
    )

    def __init__(self, *args, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password


class JoinForm(NewPasswordForm):
    """Somebody new, by invitation."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=text(autocomplete="name", autofocus="autofocus"),
        error_messages={"required": "Enter your name."},
    )
    field_order = ["name", "password"]

    def clean_name(self) -> str:
        self.user.name = self.cleaned_data["name"]
        return self.user.name


class FirstRunForm(JoinForm):
    company = forms.CharField(
        label="Company",
        max_length=120,
        widget=text(autocomplete="organization"),
        error_messages={"required": "Enter your company’s name."},
    )
    slug = forms.CharField(
        label="Web address",
        max_length=40,
        validators=[SLUG],
        widget=text(autocapitalize="none", spellcheck="false"),
        help_text="Lower-case letters, digits and hyphens. Your pages will be at /t/web-address/.",
        error_messages={"required": "Enter a web address."},
    )
    email = forms.EmailField(
        label="Your work e-mail", widget=email_input(), error_messages={"required": "Enter your work e-mail address."}
    )
    field_order = ["code", "company", "slug", "name", "email", "password"]

    def __init__(self, *args, is_right_code: Callable[[str], bool] | None, **kwargs) -> None:
        """`is_right_code` is None where no setup code is needed."""
        super().__init__(*args, **kwargs)
        if is_right_code is not None:
            self.is_right_code = is_right_code
            self.fields["code"] = forms.CharField(
                label="Setup code",
                max_length=60,
                widget=text(autocomplete="one-time-code", autocapitalize="none", spellcheck="false"),
                help_text="It was printed in the terminal where the portal was started. "
                "manage.py setup_code prints a new one.",
                error_messages={"required": "Enter the setup code."},
            )
            self.order_fields(self.field_order)
        del self.fields["name"].widget.attrs["autofocus"]
        next(iter(self.fields.values())).widget.attrs["autofocus"] = "autofocus"

    def clean_code(self) -> str:
        if not self.is_right_code(self.cleaned_data["code"]):
            raise forms.ValidationError(
                "This is not the setup code. Copy it from the terminal where the portal was started, "
                "or run manage.py setup_code."
            )
        return ""

    def clean_email(self) -> str:
        self.user.email = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email=self.user.email).exists():
            raise forms.ValidationError("This address already has an account. Sign in first, or use another one.")
        return self.user.email

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if Tenant.objects.filter(slug=slug).exists():
            raise forms.ValidationError("This web address is taken. Choose another one.")
        return slug
