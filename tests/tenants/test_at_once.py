"""Two people do the same thing at the same moment, in threads of their own with connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.cache import cache
from django.db import connection

from tenants.errors import Problem, TooMany
from tenants.members import invitations
from tenants.members.members import add_member, end_membership
from tenants.models import Membership, Tenant
from tenants.requests import rate_limits
from tenants.signin import first_run

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable) -> list[bool]:
    """Which of them worked."""
    barrier = Barrier(len(acts))

    def run(act: Callable) -> bool:
        try:
            barrier.wait(timeout=20)
            act()
        except Problem:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_last_owners_do_not_both_leave(olga, acme):
    other = add_member(acme, email="other@acme.example", role="owner")
    worked = at_once(lambda: end_membership(olga, by=olga), lambda: end_membership(other, by=other))
    assert sorted(worked) == [False, True]
    assert Membership.objects.for_tenant(acme).active().filter(role="owner").count() == 1


def test_one_invitation_makes_one_member(acme, adam):
    invitation = invitations.invite("nina@acme.example", "member", by=adam, base="http://portal.example")
    join = lambda: invitations.accept(invitation, name="Nina", password="a-long-new-password")  # noqa: E731
    assert at_once(join, join, join).count(True) == 1
    assert Membership.objects.for_tenant(acme).filter(user__email="nina@acme.example").count() == 1


def test_an_empty_portal_is_set_up_once():
    def begin(n: int) -> Callable:
        words = {
            "company": f"Company {n}",
            "slug": f"c{n}",
            "name": "N",
            "email": f"n{n}@c.example",
            "password": "x" * 12,
        }
        return lambda: first_run.begin(**words)

    assert at_once(*(begin(n) for n in range(4))).count(True) == 1
    assert Tenant.objects.count() == 1


def test_a_limit_counts_right_however_many_try_at_once():
    cache.clear()
    limit = rate_limits.Limit("test", 20, 3600)
    allowed = []

    def many() -> None:
        for _ in range(15):
            try:
                rate_limits.spend(limit, "somebody")
            except TooMany:
                continue
            allowed.append(1)

    at_once(many, many, many, many)
    assert len(allowed) == 20
