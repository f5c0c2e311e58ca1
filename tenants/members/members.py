"""People come, change roles and go."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.actors import Actor, system
from audit.ledger.record import record
from tenants.errors import Conflicting, Invalid, NotAllowed
from tenants.isolation.scope import as_person, in_tenant
from tenants.mail import mail
from tenants.members.handover import hand_over_everything
from tenants.members.rank import require_rank, require_same_tenant
from tenants.members.teams import join_everyone, leave_all_teams, make_team_of_everyone
from tenants.models import ApiKey, Membership, Tenant, User
from tenants.roles import PRIVILEGED, Role


@transaction.atomic
def create_tenant(slug: str, *, name: str, is_sample: bool = False) -> Tenant:
    """A company, with the team that everybody in it belongs to. Raises ValidationError for a slug that does not fit."""
    tenant = Tenant(slug=slug, name=name, is_sample=is_sample)
    tenant.full_clean()
    with in_tenant(tenant):
        tenant.save()
        make_team_of_everyone(tenant)
        record(Action.TENANT_CREATED, system(tenant.pk), tenant)
    return tenant


@transaction.atomic
def add_member(
    tenant: Tenant, *, email: str, role: str = Role.MEMBER, name: str = "", password: str | None = None, by=None
) -> Membership:
    """A person in the tenant, found by address or made. Coming back restores the old membership in the new role.

    A password is only set for a person that is new to the installation: an admin of one company must not change the
    sign-in of somebody who also belongs to another.
    """
    with in_tenant(tenant):
        return _add_member(tenant, email, role, name, password, by)


def _add_member(tenant: Tenant, email: str, role: str, name: str, password: str | None, by) -> Membership:
    actor: Actor = by.audit_actor() if by else system(tenant.pk)
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name)
        record(Action.PERSON_CREATED, actor, subject=user)
    member = Membership.objects.for_tenant(tenant).filter(user=user).first()
    if member is not None and member.is_active:
        raise Conflicting("This person already belongs to the company.", hint="Change their role instead.")
    if member is None:
        member = Membership(tenant=tenant, user=user)
    else:
        _end_leftovers(member)
    member.role, member.role_changed_at = Role(role), timezone.now()
    member.is_active, member.ended_at = True, None
    member.save()
    join_everyone(member)
    record(Action.MEMBER_ADDED, actor, member, subject=member, role=member.role)
    return member


def _end_leftovers(member: Membership) -> None:
    """What a request at the same moment gave to somebody who was leaving: it was of no use, and must not come back."""
    _revoke_keys(member)
    leave_all_teams(member)


def _revoke_keys(member: Membership) -> None:
    live = ApiKey.objects.for_tenant(member.tenant_id).filter(member=member, revoked_at=None)
    live.update(revoked_at=timezone.now())


def require_another_owner(member: Membership) -> None:
    """The last owner cannot leave, be removed or step down. Call inside the transaction that changes it."""
    owners = Membership.objects.for_tenant(member.tenant).active().filter(role=Role.OWNER)
    if member.role == Role.OWNER and not owners.exclude(pk=member.pk).exists():
        raise Conflicting(
            f"{member} is the last owner of {member.tenant}.",
            hint="Make someone else an owner first.",
            code="last_owner",
        )


@transaction.atomic
def change_role(member: Membership, role: str, *, by: Membership) -> int:
    """Returns how many API keys of the member end because the new role is a privileged one."""
    _reload_both(by, member)
    require_rank(by, member.role, role)
    if member.role == role:
        return 0
    if not member.is_active:
        raise Conflicting("This person no longer belongs to the company.", hint="Invite them again.")
    if role != Role.OWNER:
        require_another_owner(member)
    return _give(member, role, by=by.audit_actor())


@transaction.atomic
def set_role(member: Membership, role: str) -> int:
    """The operator's way, for a company that has nobody left who could give this role. Returns what `change_role` returns."""
    with in_tenant(member.tenant):
        Tenant.objects.select_for_update().get(pk=member.tenant_id)
        member.refresh_from_db(fields=["role", "is_active", "privileged_until"])
        if member.role == role:
            return 0
        if role != Role.OWNER:
            require_another_owner(member)
        return _give(member, role, by=system(member.tenant_id))


def _give(member: Membership, role: str, *, by: Actor) -> int:
    former = member.role
    member.set_role(role, at=timezone.now())
    member.save(update_fields=Membership.ROLE_FIELDS)
    mail.forget_links_to(member.user)  # a link for a new password is void once the role is another one
    record(Action.MEMBER_ROLE_CHANGED, by, member, subject=member, former=former, role=role)
    return _end_keys(member, by=by) if role in PRIVILEGED and former != Role.OWNER else 0


def _end_keys(member: Membership, *, by: Actor) -> int:
    """A key that was made for a member, and perhaps passed on, must not become one of an admin. Returns how many ended."""
    live = [key for key in ApiKey.objects.for_tenant(member.tenant_id).filter(member=member) if key.is_live]
    _revoke_keys(member)
    for key in live:
        record(Action.KEY_REVOKED, by, key, subject=member, reason="role")
    return len(live)


@transaction.atomic
def end_membership(member: Membership, *, by: Membership, heir: Membership | None = None) -> None:
    """The person can no longer enter. Their keys stop, their teams forget them, the heir owns what they owned.

    Without an heir it is whoever removes them, or, for somebody who leaves, the owner who has been there longest.
    """
    _reload_both(by, member)
    if by.pk != member.pk:
        require_rank(by, member.role)
    require_another_owner(member)
    if not member.is_active:
        raise Conflicting("This person no longer belongs to the company.")
    hand_over_everything(member, heir=_heir_of(member, heir, by), by=by)
    leave_all_teams(member)
    _revoke_keys(member)
    now = timezone.now()
    if member.role in PRIVILEGED:
        member.privileged_until = now
    member.is_active, member.ended_at = False, now
    member.save(update_fields=["is_active", "ended_at", "privileged_until"])
    mail.forget_links_to(member.user)
    record(Action.MEMBER_REMOVED, by, member, subject=member)


def _reload_both(by: Membership, member: Membership) -> None:
    """Both as they are now: roles may have changed since the request began, and two owners may leave at once. The
    company's row is held until the end, so that the second of two sees what the first did."""
    require_same_tenant(by, member)
    Tenant.objects.select_for_update().get(pk=by.tenant_id)
    for person in (by, member):
        person.refresh_from_db(fields=["role", "is_active", "privileged_until"])
    if not by.may_work:
        raise NotAllowed("You no longer belong to the company.")


def _heir_of(member: Membership, wished: Membership | None, by: Membership) -> Membership:
    heir = wished or (by if by.pk != member.pk else None)
    if heir is None:
        owners = Membership.objects.for_tenant(member.tenant).active().filter(role=Role.OWNER).exclude(pk=member.pk)
        heir = owners.select_related("user", "tenant").order_by("joined_at").first()
    if heir.tenant_id != member.tenant_id or heir.pk == member.pk or not heir.may_work:
        raise Invalid("Their content can only go to another active member of the company.", hint="Choose someone else.")
    return heir


def other_tenants(user: User, tenant: Tenant | None = None) -> list[Tenant]:
    """The companies this person can switch to."""
    with as_person(user):
        mine = list(Membership.objects.of_user(user).active().select_related("tenant").order_by("tenant__name"))
    return [member.tenant for member in mine if tenant is None or member.tenant_id != tenant.pk]
