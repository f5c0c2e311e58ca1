"""Mails: always written to the outbox, and sent after the commit where a mail server is configured.

A link in a mail is a secret. It stands sealed beside the words until the mail was sent, or the link used or void.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.ledger import crypto
from audit.ledger.rls_context import TENANT, rls_setting
from tenants.isolation.scope import as_person
from tenants.models import Invitation, OutboxMail, Tenant, User

INVITATION = """{inviter} invites you to the knowledge portal of {company}.

Open this link to join. It works until {until}. Do not forward it: anyone who opens it joins in your place.

{{link}}

If you did not expect this, ignore this e-mail.
"""
RESET = """Someone requested a new password for your account in the knowledge portal.

Open this link to choose one. It works once, within 24 hours:

{{link}}

If it was not you, ignore this e-mail: your password does not change.
"""


def write_invitation(invitation: Invitation, link: str) -> OutboxMail:
    forget_links(invitation=invitation)
    words = INVITATION.format(
        inviter=_line(invitation.invited_by),
        company=_line(invitation.tenant),
        until=f"{invitation.expires_at:%d %B %Y}",
    )
    return _write(
        OutboxMail(
            tenant=invitation.tenant,
            kind=OutboxMail.Kind.INVITATION,
            to=invitation.email,
            subject=f"Join the knowledge portal of {_line(invitation.tenant)}"[:200],
            body=words,
            invitation=invitation,
            expires_at=invitation.expires_at,
        ),
        link,
    )


def write_password_reset(user: User, link: str, *, tenant: Tenant | None, expires_at: datetime) -> OutboxMail:
    """`tenant` is the one company whose owners and admins may hand the link over; None where there is no such one."""
    forget_links_to(user)
    return _write(
        OutboxMail(
            tenant=tenant,
            kind=OutboxMail.Kind.PASSWORD_RESET,
            to=user.email,
            subject="A new password for the knowledge portal",
            body=RESET.format(),
            person=user,
            expires_at=expires_at,
        ),
        link,
    )


def link_of(mail: OutboxMail) -> str:
    """The link, while it is kept and not out of date."""
    if not mail.link_sealed or (mail.expires_at and mail.expires_at < timezone.now()):
        return ""
    return (crypto.Unsealer().open(None, mail.link_sealed) or {}).get("link", "")


def forget_links(**of: object) -> None:
    """Used, withdrawn or replaced: nobody needs to see these links again."""
    OutboxMail.objects.filter(**of).exclude(link_sealed="").update(link_sealed="")


def forget_links_to(person: User) -> None:
    """In whichever company's outbox they stand."""
    with as_person(person):
        forget_links(person=person)


@transaction.atomic
def try_again(mail: OutboxMail) -> None:
    OutboxMail.objects.filter(pk=mail.pk).update(error="")
    _enqueue_delivery(mail)


def _line(name: object) -> str:
    """A name on one line: it stands in a subject, and must not begin lines of its own."""
    return " ".join(str(name).split())


def _write(mail: OutboxMail, link: str) -> OutboxMail:
    mail.link_sealed = crypto.seal(None, {"link": link})
    with rls_setting(TENANT, mail.tenant_id):
        mail.save()
    _enqueue_delivery(mail)
    return mail


def _enqueue_delivery(mail: OutboxMail) -> None:
    if settings.EMAIL_HOST:
        from tenants.tasks import deliver

        deliver.delay_on_commit(str(mail.pk), str(mail.tenant_id or ""))
