"""The rows: tenants, users, members, teams, invitations, API keys; the base class of tenant-owned rows.
Imported by every package of tenants above it, and by every app above tenants.
Start reading: owned.py, membership.py.
"""

from tenants.models.api_key import ApiKey
from tenants.models.invitation import Invitation
from tenants.models.membership import Membership
from tenants.models.outbox import OutboxMail
from tenants.models.owned import MissingTenantFilter, TenantManager, TenantOwned, TenantQuerySet
from tenants.models.setup_code import SetupCode
from tenants.models.team import Team, TeamMember
from tenants.models.tenant import Tenant
from tenants.models.user import User

__all__ = [
    "ApiKey",
    "Invitation",
    "Membership",
    "MissingTenantFilter",
    "OutboxMail",
    "SetupCode",
    "Team",
    "TeamMember",
    "Tenant",
    "TenantManager",
    "TenantOwned",
    "TenantQuerySet",
    "User",
]
