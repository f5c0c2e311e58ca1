"""What a response was opened with: an API key or a session, and the membership behind it; and whether that still holds."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.db.models import FilteredRelation, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tenants.isolation.scope import in_tenant
from tenants.models import ApiKey, Membership, Tenant, User
from tenants.roles import EVERYONE

NO_KEY = UUID(int=0)


class Ended(StrEnum):
    """Why a credential no longer holds."""

    KEY_REVOKED = "the API key was revoked"
    KEY_EXPIRED = "the API key expired"
    SCOPE_LOST = "the API key no longer has the scope"
    SIGNED_OUT = "the session was signed out"
    PASSWORD_CHANGED = "the password was changed"  # noqa: S105 - a reason
    MEMBER_ENDED = "the member is no longer active"
    ROLE_LOST = "the member's role no longer allows it"
    UNKNOWN = "the database could not say for too long whether it still holds"


@dataclass(frozen=True, slots=True, eq=False)
class Credential:
    """References, never the secrets: the key's id, or the session's key and authentication hash. With neither, the
    membership alone."""

    member: Membership
    roles: Collection[str] = EVERYONE  # of which the member needs one
    key_id: UUID | None = None
    scope: str = ""  # that the key needs
    session_key: str = ""
    session_hash: str = ""
    since: float = field(default_factory=time.monotonic)  # when it was last known to hold, in seconds

    @classmethod
    def of_session(cls, request: HttpRequest, member: Membership, roles: Collection[str] = EVERYONE) -> Credential:
        """Call after `request.user` was looked at: that may give the session another key."""
        session = request.session
        return cls(member, roles, session_key=session.session_key or "", session_hash=session.get(HASH_SESSION_KEY, ""))

    @classmethod
    def of_key(cls, key: ApiKey, member: Membership, scope: str, roles: Collection[str] = EVERYONE) -> Credential:
        return cls(member, roles, key_id=key.pk, scope=scope)


def ended_among(credentials: Iterable[Credential]) -> dict[Credential, Ended]:
    """Those that no longer hold, and why. One query for each tenant among them and one for all their sessions.

    Opens each tenant for itself. Raises what the database raises.
    """
    by_tenant: dict[UUID, list[Credential]] = defaultdict(list)
    for credential in credentials:
        by_tenant[credential.member.tenant_id].append(credential)
    session_keys = {each.session_key for own in by_tenant.values() for each in own if each.session_key}
    sessions = _signed_in(session_keys) if session_keys else set()
    ended: dict[Credential, Ended] = {}
    for own in by_tenant.values():
        rows = _rows(own[0].member.tenant, own)
        for credential in own:
            row = rows.get((credential.member.pk, credential.key_id)) or rows.get((credential.member.pk, None))
            if reason := _reason(credential, row, sessions):
                ended[credential] = reason
    return ended


def _signed_in(session_keys: Collection[str]) -> set[str]:
    """Sessions are rows (settings.SESSION_ENGINE, which a check holds to that), of no tenant. Signing out, a new sign-in
    and flushing remove the row; a new password changes the hash that the row's hash must equal."""
    rows = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class().objects
    return set(rows.filter(pk__in=session_keys, expire_date__gt=timezone.now()).values_list("pk", flat=True))


def _rows(tenant: Tenant, credentials: Collection[Credential]) -> dict[tuple[UUID, UUID | None], dict]:
    """By member and key; under a key of None also the member alone, whichever of its keys the row has."""
    keys = {each.key_id for each in credentials if each.key_id} or {NO_KEY}
    members = {each.member.pk for each in credentials}
    with in_tenant(tenant):
        rows = list(
            Membership.objects.for_tenant(tenant)
            .filter(pk__in=members)
            .annotate(used=FilteredRelation("api_keys", condition=Q(api_keys__pk__in=keys)))
            .values(
                "pk", "role", "is_active", "user__is_active", "tenant__is_active", "user__password",
                "used__pk", "used__revoked_at", "used__expires_at", "used__scopes",
            )
        )  # fmt: skip
    return {(row["pk"], None): row for row in rows} | {(row["pk"], row["used__pk"]): row for row in rows}


def _reason(credential: Credential, row: dict | None, sessions: set[str]) -> Ended | None:
    if row is None or not (row["is_active"] and row["user__is_active"] and row["tenant__is_active"]):
        return Ended.MEMBER_ENDED
    if credential.key_id:
        if row["used__pk"] != credential.key_id or row["used__revoked_at"] is not None:
            return Ended.KEY_REVOKED
        if row["used__expires_at"] is not None and row["used__expires_at"] <= timezone.now():
            return Ended.KEY_EXPIRED
        if credential.scope and credential.scope not in row["used__scopes"]:
            return Ended.SCOPE_LOST
    if credential.session_key:
        hash_now = User(password=row["user__password"]).get_session_auth_hash()
        if not constant_time_compare(credential.session_hash, hash_now):
            return Ended.PASSWORD_CHANGED
        if credential.session_key not in sessions:
            return Ended.SIGNED_OUT
    return None if row["role"] in credential.roles else Ended.ROLE_LOST
