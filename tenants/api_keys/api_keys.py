"""API keys: made, found by digest, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.record import record
from tenants.compiled_query import CompiledQuery, columns_of, instance_of
from tenants.isolation.scope import in_tenant
from tenants.members.rank import require_admin, require_same_tenant
from tenants.models import ApiKey, Membership, Tenant, User
from tenants.models.api_key import Scope

PREFIX = "kp_"
LAST_USED_PRECISION = timedelta(minutes=1)  # how exact "last used" is: one write a minute, not one a request


def digest(secret: str) -> str:
    """SHA-256 suffices: the secret is 256 random bits, which nobody guesses however fast the hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_api_key(
    member: Membership, *, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """The key and its secret, which is shown this once."""
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        tenant=member.tenant,
        member=member,
        name=name,
        prefix=secret[:10],
        digest=digest(secret),
        scopes=[Scope(scope).value for scope in scopes],
        expires_at=expires_at,
    )
    record(Action.KEY_CREATED, member, key, scopes=key.scopes)
    return key, secret


@transaction.atomic
def revoke_api_key(key: ApiKey, *, by: Membership) -> None:
    """One's own, or anybody's for an admin. A key that was taken is revoked in a hurry: no rank protects it."""
    require_same_tenant(by, key)
    if key.member_id != by.pk:
        require_admin(by)
    changed = ApiKey.objects.for_tenant(by.tenant).filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        record(Action.KEY_REVOKED, by, key, subject=key.member if key.member_id != by.pk else None)


def find_key(secret: str, slug: str) -> ApiKey | None:
    """The live key with that secret in that tenant, whose member may still work. A company that does not exist takes the
    same queries and steps as one that does, so that nobody learns by timing who the customers are."""
    company = Tenant(pk=_id_with_slug(slug))
    with in_tenant(company):
        found = _with_digest.one(company.pk, digest(secret))
        if found is None:
            return None
        values = iter(found)
        key, member, user, tenant = (instance_of(model, values) for model in (ApiKey, Membership, User, Tenant))
        key.tenant = member.tenant = tenant
        key.member, member.user = member, user
        if not key.is_live or not key.member.may_work:
            return None
        now = timezone.now()
        if key.last_used_at is None or now - key.last_used_at > LAST_USED_PRECISION:
            ApiKey.objects.for_tenant(tenant).filter(pk=key.pk).update(last_used_at=now)
    return key


NO_TENANT = UUID(int=0)  # nothing belongs to it
_ID_WITH_SLUG = "SELECT (SELECT id FROM tenants_tenant WHERE slug = %s)"  # one row in any case


def _id_with_slug(slug: str) -> UUID:
    with connection.cursor() as cursor:
        cursor.execute(_ID_WITH_SLUG, [slug])
        (found,) = cursor.fetchone()
    return UUID(str(found or NO_TENANT))


@CompiledQuery
def _with_digest(tenant_id: UUID, digest: str) -> QuerySet:
    related = ((Membership, "member__"), (User, "member__user__"), (Tenant, "tenant__"))
    columns = columns_of(ApiKey) + [name for model, prefix in related for name in columns_of(model, prefix)]
    return ApiKey.objects.for_tenant(tenant_id).filter(digest=digest).values_list(*columns)


def keys_of(member: Membership, *, everybody: bool = False) -> QuerySet[ApiKey]:
    """One's own keys; everybody's for an admin who asks for them."""
    found = ApiKey.objects.for_tenant(member.tenant).select_related("member__user")
    return found if everybody and member.is_admin else found.filter(member=member)
