"""Companies without an owner: nobody there can give or take the privileged roles."""

from __future__ import annotations

from django.db import connection
from django.db.models import Exists, OuterRef

from tenants.models import Membership, Tenant
from tenants.roles import Role


def companies_without_owner() -> list[Tenant]:
    """Active companies without an active owner, by their addresses. One query, however many companies there are."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT tenant_id FROM portal_tenants_without_owner()")
            ids = [tenant_id for (tenant_id,) in cursor.fetchall()]
        return list(Tenant.objects.filter(pk__in=ids).order_by("slug"))
    everywhere = Membership.objects.across_tenants("the start names every company without an owner")
    owners = everywhere.filter(tenant=OuterRef("pk"), role=Role.OWNER, is_active=True, user__is_active=True)
    return list(Tenant.objects.filter(is_active=True).exclude(Exists(owners)).order_by("slug"))


def ownerless_notices() -> list[str]:
    """For the operator: one line for each such company, with the command that makes an owner."""
    return [
        f"{tenant.name} has no owner, so nobody can make admins, compliance officers and owners there. Make an owner with: "
        f"manage.py set_role --tenant {tenant.slug} --email EMAIL --role owner"
        for tenant in companies_without_owner()
    ]
