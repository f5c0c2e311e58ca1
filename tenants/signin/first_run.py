"""An empty installation: somebody on this machine, or with the setup code, makes the first company and owns it. Never
possible again afterwards."""

from __future__ import annotations

from django.db import connection, transaction

from tenants.errors import Conflicting
from tenants.members.members import add_member, create_tenant
from tenants.models import Membership, SetupCode, Tenant
from tenants.roles import Role

_ONE_AT_A_TIME = 0x66697273  # the key of PostgreSQL's advisory lock


def is_empty() -> bool:
    return not Tenant.objects.exists()


@transaction.atomic
def begin(*, company: str, slug: str, name: str, email: str, password: str) -> Membership:
    """Two people may press at once. SQLite lets one transaction write at a time; PostgreSQL needs the lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    if not is_empty():
        raise Conflicting("Someone has just set up this portal.", hint="Ask them to invite you.")
    SetupCode.objects.all().delete()
    tenant = create_tenant(slug, name=company)
    return add_member(tenant, email=email, role=Role.OWNER, name=name, password=password)
