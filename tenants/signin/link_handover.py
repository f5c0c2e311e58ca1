"""The outbox: what the portal wrote, and handing a link over where no mail server sends it."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from audit.ledger.actions import Action
from audit.ledger.record import record
from tenants.errors import Conflicting
from tenants.mail import mail
from tenants.members import invitations
from tenants.members.rank import require_admin, require_same_tenant
from tenants.models import Membership, OutboxMail
from tenants.signin.passwords import require_password_reset_allowed


def mails_of(by: Membership) -> QuerySet[OutboxMail]:
    """What was written for this company. Mails to people of several companies are nobody's here."""
    require_admin(by)
    return OutboxMail.objects.filter(tenant=by.tenant).select_related("invitation", "person")


@transaction.atomic
def show_link(written: OutboxMail, *, by: Membership) -> str:
    """The link, for somebody who may use it in the other's place. Looking is recorded."""
    require_same_tenant(by, written)
    if written.kind == OutboxMail.Kind.INVITATION:
        link = invitations.show_link(written.invitation, by=by)
    else:
        require_password_reset_allowed(written.person, by=by)
        link = mail.link_of(written)
    if not link:
        raise Conflicting(
            "This link was sent, used or replaced, so it is no longer available.", hint="Create a new one."
        )
    if written.kind == OutboxMail.Kind.PASSWORD_RESET:
        record(Action.PASSWORD_LINK_SHOWN, by, subject=written.person)
    return link


def send_again(written: OutboxMail, *, by: Membership) -> None:
    require_admin(by)
    require_same_tenant(by, written)
    if not settings.EMAIL_HOST:
        raise Conflicting("No mail server is configured.", hint="Show the link and give it to the person yourself.")
    if written.sent_at:
        raise Conflicting("This e-mail was already sent.")
    mail.try_again(written)
