"""Who may manage whom."""

from __future__ import annotations

from django.http import Http404

from tenants.errors import NotAllowed
from tenants.models import Membership
from tenants.roles import ADMINS, PRIVILEGED, Role


def require_admin(by: Membership) -> None:
    if by.role not in ADMINS:
        raise NotAllowed("Only an admin or an owner can do that.", hint="Ask an admin of your company.")


def may_manage(by: Membership, *roles: str) -> bool:
    """Owners manage everybody. Admins manage members and editors: whoever could make or replace a compliance officer,
    or another admin, could read the audit trail of their own acts."""
    return by.role == Role.OWNER or (by.role in ADMINS and PRIVILEGED.isdisjoint(roles))


def require_rank(by: Membership, *roles: str) -> None:
    """Raises NotAllowed unless `by` may give and take each of these roles."""
    require_admin(by)
    if not may_manage(by, *roles):
        raise NotAllowed(
            "Only an owner can do that: it concerns an admin, a compliance officer or an owner.",
            hint="Ask an owner of your company.",
        )


def require_same_tenant(by: Membership, row) -> None:
    """A row of another company is not there, for whoever asks."""
    if row.tenant_id != by.tenant_id:
        raise Http404
