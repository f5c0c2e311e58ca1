"""Who may manage whom."""

from __future__ import annotations

from django.http import Http404

from tenants.errors import NotAllowed
from tenants.models import Membership
from tenants.roles import ADMINS, Role


def insist_on_admin(by: Membership) -> None:
    if by.role not in ADMINS:
        raise NotAllowed("Only an admin or an owner can do that.", hint="Ask an admin of your company.")


def insist_on_rank(by: Membership, *roles: str) -> None:
    """Admins manage everybody but owners; only an owner makes or unmakes an owner."""
    insist_on_admin(by)
    if Role.OWNER in roles and by.role != Role.OWNER:
        raise NotAllowed("Only an owner can do that.", hint="Ask an owner of your company.")


def insist_on_one_company(by: Membership, row) -> None:
    """A row of another company is not there, for whoever asks."""
    if row.tenant_id != by.tenant_id:
        raise Http404
