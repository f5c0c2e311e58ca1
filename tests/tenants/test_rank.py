"""Who may do what to whom, over every combination of roles, against the rule said once more."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.errors import Problem
from tenants.members import invitations
from tenants.members.members import add_member, change_role, end_membership
from tenants.models import Membership
from tenants.roles import Role
from tenants.signin import passwords

pytestmark = pytest.mark.django_db
ROLES = [role.value for role in Role]
BASE = "http://portal.example"


def manages(by: str, *roles: str) -> bool:
    return by == "owner" or (by == "admin" and not {"admin", "compliance", "owner"} & set(roles))


def worked(act) -> bool:
    """Whether it was allowed; whatever it did is undone."""
    done = True
    with transaction.atomic():
        try:
            with transaction.atomic():
                act()
        except Problem:
            done = False
        transaction.set_rollback(True)
    return done


@pytest.fixture
def cast(acme, olga):
    """One of each role, and a second person of each, beside the owner who stays."""
    people = {}
    for role in ROLES:
        for at in "ab":
            people[role, at] = add_member(acme, email=f"{role}-{at}@acme.example", role=role, password="x" * 12)
    return people


def test_every_pair_of_roles_and_every_wish(cast):
    for by in ROLES:
        actor = cast[by, "a"]
        for of in ROLES:
            other = cast[of, "b"]
            for wish in ROLES:
                allowed = manages(by, of, wish)
                assert worked(lambda a=actor, o=other, w=wish: change_role(o, w, by=a)) == allowed, (by, of, wish)
            assert worked(lambda a=actor, o=other: end_membership(o, by=a)) == manages(by, of), (by, of)
            link = lambda a=actor, o=other: passwords.make_link_for(o, by=a, base=BASE)  # noqa: E731
            assert worked(link) == manages(by, of), (by, of)
            invite = lambda a=actor, r=of: invitations.invite("new@acme.example", r, by=a, base=BASE)  # noqa: E731
            assert worked(invite) == manages(by, of), (by, of)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["role", "end", "add"]),
        st.integers(0, 4),
        st.integers(0, 4),
        st.sampled_from(ROLES),
    ),
    max_size=25,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_people_do_to_each_other_an_owner_remains_and_nobody_rises_above_who_raised_them(acme, globex, steps):
    """Random acts of five people; the company is never without an active owner, and the other company never changes."""
    with transaction.atomic():
        five = [add_member(acme, email=f"p{n}@acme.example", role=ROLES[n]) for n in range(5)]
        outside = add_member(globex, email="p0@acme.example", role="owner")
        for what, by, of, role in steps:
            actor, other = (Membership.objects.for_tenant(acme).get(pk=five[n].pk) for n in (by, of))
            if not actor.is_active:
                continue  # the gates let nobody in who no longer belongs
            before = {m.pk: m.role for m in Membership.objects.for_tenant(acme) if m.is_active}
            try:
                with transaction.atomic():
                    if what == "role":
                        change_role(other, role, by=actor)
                    elif what == "end":
                        end_membership(other, by=actor)
                    else:
                        add_member(acme, email=f"p{of}@acme.example", role="member")
            except Problem:
                continue
            after = {m.pk: m.role for m in Membership.objects.for_tenant(acme) if m.is_active}
            assert Role.OWNER in after.values()
            high = ("admin", "compliance", "owner")
            risen = {pk for pk, now in after.items() if now in high and before.get(pk) != now}
            fallen = {pk for pk, was in before.items() if was in high and after.get(pk) != was}
            if risen or fallen - {actor.pk}:
                assert before[actor.pk] == "owner"
        outside.refresh_from_db()
        assert (outside.role, outside.is_active) == ("owner", True)
        transaction.set_rollback(True)
