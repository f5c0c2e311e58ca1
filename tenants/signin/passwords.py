"""New passwords: asked for by the person, handed over by an admin where that is safe, set by the operator.

Who may see a reset link could become that person. So it is shown only to somebody who manages that person anyway: an
admin or owner of the one company the person has ever belonged to, and to owners alone where the person is, or was a
short while ago, an admin, a compliance officer or an owner. The link dies when the person's role changes, when they
join or leave a company, sign in, or change address or password.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import system
from audit.ledger.record import record
from tenants.errors import NotAllowed
from tenants.isolation.scope import as_person, in_tenant
from tenants.mail import mail
from tenants.members.rank import require_rank
from tenants.models import Membership, OutboxMail, Tenant, User
from tenants.requests.absolute_urls import absolute
from tenants.roles import Role
from tenants.signin.audit_events import NOBODY, record_everywhere

PRIVILEGE_LASTS = timedelta(days=30)  # after a privileged role was taken away


class _ResetTokens(PasswordResetTokenGenerator):
    key_salt = "tenants.passwords.reset"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        with as_person(user):
            rows = Membership.objects.of_user(user).values_list("tenant_id", "role", "role_changed_at", "is_active")
            roles = sorted(f"{tenant.hex} {role} {since} {active}" for tenant, role, since, active in rows)
        return f"{super()._make_hash_value(user, timestamp)}{','.join(roles)}"


tokens = _ResetTokens()


@transaction.atomic
def ask_for_reset(email: str, *, base: str) -> None:
    """The same answer, and about the same work, whether the address is known or not."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        record(
            Action.PASSWORD_RESET_ASKED, NOBODY, outcome=Outcome.REFUSED, personal={"address": email}, reason="unknown"
        )
        return
    _write_mail(user, base)
    record_everywhere(Action.PASSWORD_RESET_ASKED, user, by=NOBODY)


@transaction.atomic
def make_link_for(member: Membership, *, by: Membership, base: str) -> OutboxMail:
    """An admin helps somebody who cannot sign in. Recorded, on the person's own name."""
    require_password_reset_allowed(member.user, by=by)
    written = _write_mail(member.user, base)
    record(Action.PASSWORD_RESET_ASKED, by, member, subject=member)
    return written


def require_password_reset_allowed(user: User, *, by: Membership) -> None:
    member = Membership.objects.for_tenant(by.tenant).active().filter(user=user).first()
    if member is None or user.is_superuser or user.is_staff or _companies(user) != {by.tenant_id}:
        raise NotAllowed(
            "Your company cannot set this person’s password.",
            hint="They can request a link by e-mail, or the operator can set a password with manage.py set_password.",
        )
    require_rank(by, member.role)
    if by.role != Role.OWNER and member.was_privileged_since(timezone.now() - PRIVILEGE_LASTS):
        # Whoever takes a role away for a moment must not become the person meanwhile.
        raise NotAllowed(
            "This person was an admin, a compliance officer or an owner within the last 30 days, so only an owner can "
            "give them this link.",
            hint="Ask an owner of your company.",
        )


def person_of(uid: str, token: str) -> User | None:
    """Whose link this is, while it holds."""
    try:
        user = User.objects.filter(pk=force_str(urlsafe_base64_decode(uid)), is_active=True).first()
    except Exception:  # whatever else somebody wrote into the address
        return None
    return user if user is not None and tokens.check_token(user, token) else None


@transaction.atomic
def use_link(user: User, token: str, password: str) -> bool:
    """Sets the password if the link still holds. False if it was used, or the person's role changed, since it was
    opened.

    Hashing takes a tenth of a second. A promotion in that time must not end with a password that somebody else chose,
    so the link is looked at once more while roles and passwords are locked (as in members.change_role).
    """
    for tenant in Tenant.objects.filter(pk__in=_companies(user)).order_by("pk"):
        with in_tenant(tenant):
            Tenant.objects.select_for_update().get(pk=tenant.pk)
    fresh = User.objects.select_for_update().filter(pk=user.pk, is_active=True).first()
    if fresh is None or not tokens.check_token(fresh, token):
        return False
    set_password(fresh, password, how="link")
    return True


@transaction.atomic
def set_password(user: User, password: str, *, how: str) -> None:
    """`how`: by link, by the person, by the operator. Every other session of this person ends with the old password."""
    user.set_password(password)
    user.save(update_fields=["password"])
    mail.forget_links_to(user)
    by = system(None) if how == "operator" else None
    record_everywhere(Action.PASSWORD_CHANGED, user, by=by, how=how)


def _write_mail(user: User, base: str) -> OutboxMail:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    link = absolute(base, "password-reset", uid, tokens.make_token(user))
    lifetime = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return mail.write_password_reset(user, link, tenant=_only_company(user), expires_at=timezone.now() + lifetime)


def _companies(user: User) -> set:
    """Every company this person has ever belonged to: a membership that ended can come back."""
    with as_person(user):
        return set(Membership.objects.of_user(user).values_list("tenant_id", flat=True))


def _only_company(user: User) -> Tenant | None:
    companies = _companies(user)
    return Tenant.objects.filter(pk__in=companies).first() if len(companies) == 1 else None
