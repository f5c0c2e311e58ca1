"""A tenant-owned queryset that nobody narrowed does not answer."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from tenants.models import Membership, MissingTenantFilter, Team, TeamMember

REFUSED = "another tenant|_same_tenant"  # a trigger on SQLite; a composite key on PostgreSQL, as the transaction ends


@pytest.mark.parametrize(
    "evaluate",
    [
        list,
        len,
        bool,
        lambda q: q.count(),
        lambda q: q.exists(),
        lambda q: q.first(),
        lambda q: q.get(),
        lambda q: q.update(name="x"),
        lambda q: q.delete(),
        lambda q: list(q.values("name")),
        lambda q: list(q.iterator()),
        lambda q: q.aggregate(n=__import__("django").db.models.Count("pk")),
        lambda q: q.in_bulk(),
        lambda q: q[:1].get(),
        lambda q: q.order_by("name").last(),
        lambda q: q.filter(name="x").exclude(name="y").exists(),
        lambda q: q.contains(Team()),
    ],
)
def test_an_unnarrowed_queryset_raises_however_it_is_evaluated(acme, evaluate):
    with pytest.raises(MissingTenantFilter):
        evaluate(Team.objects.all())


def test_a_reverse_relation_is_guarded_too(finance):
    with pytest.raises(MissingTenantFilter):
        list(finance.members.all())
    assert finance.members.for_tenant(finance.tenant).count() == 1


def test_narrowing_lasts_through_further_filters(acme, finance):
    assert Team.objects.for_tenant(acme).filter(name="Finance").order_by("name").values_list("name").get() == (
        "Finance",
    )


def test_a_narrowed_queryset_shows_one_tenant_alone(acme, globex, alice, mallory):
    assert set(Membership.objects.for_tenant(acme)) == {alice}
    assert set(Membership.objects.for_tenant(globex)) == {mallory}


def test_picked_rows_are_of_one_tenant_whatever_keys_are_named(acme, globex, alice, mallory):
    both = [alice.pk, mallory.pk]
    assert set(Membership.objects.for_tenant_by_key(acme, pk__in=both)) == {alice}
    assert set(Membership.objects.for_tenant_by_key(globex.pk, pk__in=both)) == {mallory}
    assert Membership.objects.for_tenant_by_key(acme, pk__in=both).exclude(pk=alice.pk).delete()[0] == 0


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps statistics")
def test_picked_rows_are_looked_for_by_their_keys(acme):
    keys = [uuid.uuid4() for _ in range(20)]
    assert "(tenant_id=?)" in Membership.objects.for_tenant(acme).filter(pk__in=keys).explain()
    assert "(id=?)" in Membership.objects.for_tenant_by_key(acme, pk__in=keys).explain()


def test_crossing_tenants_needs_a_reason(acme, globex):
    with pytest.raises(ValueError, match="why"):
        Team.objects.across_tenants("")
    assert Team.objects.across_tenants("this test").count() == 2


def test_the_database_refuses_a_row_that_points_into_another_tenant(finance, mallory):
    def point():
        TeamMember.objects.create(tenant=finance.tenant, team=finance, member=mallory)
        connection.check_constraints()

    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        point()


def test_raw_sql_cannot_move_a_row_into_another_tenant_either(finance, globex):
    def move():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tenants_teammember SET tenant_id = %s", [globex.pk.hex])
        connection.check_constraints()

    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        move()
