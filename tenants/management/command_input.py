"""What the commands of this app ask for, and their errors: one clear sentence each."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email

from tenants.errors import Problem
from tenants.isolation.scope import in_tenant
from tenants.models import Membership, Tenant, User


def add_password_options(parser: CommandParser) -> None:
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def tenant_of(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug!r}. Create one with: manage.py create_tenant {slug} --name NAME")
    return tenant


def user_of(email: str) -> User:
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise CommandError(f"Nobody signs in as {email!r}. Add them with: manage.py add_member --email {email} …")
    return user


def member_of(tenant: Tenant, email: str) -> Membership:
    with in_tenant(tenant):
        found = Membership.objects.for_tenant(tenant).active().select_related("user", "tenant")
        member = found.filter(user__email=email.strip().lower()).first()
    if member is None:
        raise CommandError(
            f"{email!r} does not belong to {tenant.slug!r}. Add them with: "
            f"manage.py add_member --tenant {tenant.slug} --email {email} --role ROLE"
        )
    return member


def address(email: str) -> str:
    try:
        validate_email(email.strip())
    except ValidationError:
        raise CommandError(f"{email!r} is not an e-mail address.") from None
    return email.strip().lower()


def password_from(options: dict, user: User) -> tuple[str, bool]:
    """The password, and whether it was made here (and so must be printed)."""
    if not options["password_stdin"]:
        return secrets.token_urlsafe(12), True
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError(f"This password cannot be used. {' '.join(error.messages)}") from None
    return password, False


@contextmanager
def plain_errors() -> Iterator[None]:
    try:
        yield
    except Problem as problem:
        raise CommandError(f"{problem.message} {problem.hint}".strip()) from problem
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
