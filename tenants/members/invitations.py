"""Invitations: a link with 256 random bits, of which only a digest is kept, lets one address join one company."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.record import record
from tenants.errors import Conflicting, NotAllowed
from tenants.isolation.scope import in_tenant
from tenants.mail import mail
from tenants.members.members import add_member
from tenants.members.rank import may_manage, require_rank
from tenants.models import Invitation, Membership, OutboxMail, Tenant, User
from tenants.requests import rate_limits
from tenants.requests.absolute_urls import absolute
from tenants.roles import Role


@transaction.atomic
def invite(email: str, role: str, *, by: Membership, base: str) -> Invitation:
    """A new link; one that the address had before stops working."""
    email = email.strip().lower()
    require_rank(by, role)
    rate_limits.spend(rate_limits.INVITATIONS_OF_TENANT, str(by.tenant_id))
    if Membership.objects.for_tenant(by.tenant).active().filter(user__email=email).exists():
        raise Conflicting("This person already belongs to the company.", hint="Change their role in the list below.")
    for former in open_invitations(by).filter(email=email):
        withdraw(former, by=by)
    invitation = Invitation(tenant=by.tenant, email=email, role=Role(role), invited_by=by)
    _send(invitation, base)
    record(Action.INVITATION_SENT, by, invitation, role=invitation.role, personal={"address": email})
    return invitation


@transaction.atomic
def send_again(invitation: Invitation, *, by: Membership, base: str) -> Invitation:
    """A fresh link and a fresh term; the one before stops working."""
    require_rank(by, invitation.role)
    if invitation.accepted_at or invitation.withdrawn_at:
        raise Conflicting("This invitation was accepted or withdrawn.", hint="Invite them again.")
    rate_limits.spend(rate_limits.INVITATIONS_OF_TENANT, str(by.tenant_id))
    invitation.invited_by = by
    _send(invitation, base)
    record(
        Action.INVITATION_SENT, by, invitation, role=invitation.role, again=True, personal={"address": invitation.email}
    )
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, by: Membership) -> None:
    require_rank(by, invitation.role)
    changed = open_invitations(by).filter(pk=invitation.pk).update(withdrawn_at=timezone.now())
    if changed:
        mail.forget_links(invitation=invitation)
        record(Action.INVITATION_WITHDRAWN, by, invitation, personal={"address": invitation.email})


def open_invitations(member: Membership):
    """Neither accepted nor withdrawn; the ones that ran out are among them, so that they can be sent again."""
    return Invitation.objects.for_tenant(member.tenant).filter(accepted_at=None, withdrawn_at=None)


def find(token: str) -> Invitation | None:
    """The invitation behind a link, while it holds: unused, not out of date, and its giver could still give it."""
    tenant = _tenant_of(_digest(token))
    if tenant is None:
        return None
    with in_tenant(tenant):
        found = Invitation.objects.for_tenant(tenant).select_related("tenant", "invited_by__user", "invited_by__tenant")
        invitation = found.filter(token_digest=_digest(token)).first()
    return invitation if invitation is not None and invitation.is_open and _still_backed(invitation) else None


def _tenant_of(token_digest: str) -> Tenant | None:
    """A link is opened before its tenant is known."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT portal_invitation_tenant(%s)", [token_digest])
            (tenant_id,) = cursor.fetchone()
    else:
        everywhere = Invitation.objects.across_tenants("where the database keeps no tenants apart")
        tenant_id = everywhere.filter(token_digest=token_digest).values_list("tenant_id", flat=True).first()
    return Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None


@transaction.atomic
def show_link(invitation: Invitation, *, by: Membership) -> str:
    """Returns the link, or nothing once it was sent or used. Recorded: with it one could join in the other's place."""
    require_rank(by, invitation.role)
    written = OutboxMail.objects.filter(tenant=by.tenant, invitation=invitation).first()
    link = mail.link_of(written) if written else ""
    if link:
        record(Action.INVITATION_LINK_SHOWN, by, invitation, personal={"address": invitation.email})
    return link


@transaction.atomic
def accept(
    invitation: Invitation, *, user: User | None = None, name: str = "", password: str | None = None
) -> Membership:
    """By the signed-in person whose address it is, or by somebody new, who brings a name and a password."""
    with in_tenant(invitation.tenant):
        return _accept(invitation, user, name, password)


def _accept(invitation: Invitation, user: User | None, name: str, password: str | None) -> Membership:
    if user is not None and user.email != invitation.email:
        raise NotAllowed("This invitation is for another address.", hint="Sign in with the address it was sent to.")
    if user is None and User.objects.filter(email=invitation.email).exists():
        raise NotAllowed("This address already has an account.", hint="Sign in, then open the link again.")
    Tenant.objects.select_for_update().get(pk=invitation.tenant_id)  # a role that is taken at this moment counts
    rows = Invitation.objects.for_tenant(invitation.tenant).filter(
        pk=invitation.pk, accepted_at=None, withdrawn_at=None
    )
    fresh = rows.select_related("invited_by__user", "invited_by__tenant").first()
    if fresh is None or not _still_backed(fresh) or not rows.update(accepted_at=timezone.now()):
        raise Conflicting("This invitation was used or withdrawn just now.", hint="Ask for a new one.")
    mail.forget_links(invitation=invitation)
    member = add_member(
        invitation.tenant,
        email=invitation.email,
        role=invitation.role,
        name=name,
        password=password,
        by=invitation.invited_by,
    )
    record(Action.INVITATION_ACCEPTED, member, invitation)
    return member


def _send(invitation: Invitation, base: str) -> None:
    token = secrets.token_urlsafe(32)
    invitation.token_digest = _digest(token)
    invitation.expires_at = timezone.now() + settings.INVITATION_LIFETIME
    invitation.save()
    mail.write_invitation(invitation, absolute(base, "invitation", token))


def _still_backed(invitation: Invitation) -> bool:
    giver = invitation.invited_by
    return giver.may_work and may_manage(giver, invitation.role)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
