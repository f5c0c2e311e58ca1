"""Queries put together once answer as the querysets do that they were made from."""

from __future__ import annotations

import pytest

from tenants.compiled_query import CompiledQuery, columns_of, instance_of
from tenants.isolation.scope import in_tenant
from tenants.models import Membership, Tenant, User
from tenants.models.owned import MissingTenantFilter

pytestmark = pytest.mark.django_db


def test_each_time_it_is_asked_it_answers_for_the_values_of_that_time(acme, globex):
    with_slug = CompiledQuery(lambda slug: Tenant.objects.filter(slug=slug).values_list("pk", "name"))
    assert [with_slug(each.slug) for each in (acme, globex, acme)] == [
        [(acme.pk, acme.name)], [(globex.pk, globex.name)], [(acme.pk, acme.name)],
    ]  # fmt: skip
    assert with_slug.one("nobody") is None


def test_it_is_asked_for_as_many_keys_as_there_are(erin, adam):
    members = CompiledQuery(
        lambda *keys: Membership.objects.across_tenants("a test").filter(pk__in=keys).values_list("pk")
    )
    with in_tenant(erin.tenant):
        assert {pk for (pk,) in members(erin.pk)} == {erin.pk}
        assert {pk for (pk,) in members(erin.pk, adam.pk)} == {erin.pk, adam.pk}


def test_a_row_becomes_the_same_object_as_a_queryset_makes_of_it(erin):
    asked = CompiledQuery(
        lambda tenant, key: (
            Membership.objects.for_tenant(tenant)
            .filter(pk=key)
            .values_list(*columns_of(Membership), *columns_of(User, "user__"))
        )
    )
    with in_tenant(erin.tenant):
        values = iter(asked.one(erin.tenant_id, erin.pk))
        member, user = instance_of(Membership, values), instance_of(User, values)
        same = Membership.objects.for_tenant(erin.tenant).select_related("user").get(pk=erin.pk)
    for made, fetched in ((member, same), (user, same.user)):
        assert {name: getattr(made, name) for name in columns_of(type(made))} == {
            name: getattr(fetched, name) for name in columns_of(type(fetched))
        }
        assert not made._state.adding


def test_what_nobody_narrowed_to_a_tenant_is_refused_here_too(erin):
    with pytest.raises(MissingTenantFilter):
        CompiledQuery(lambda key: Membership.objects.filter(pk=key).values_list("pk"))(erin.pk)


def test_a_value_that_the_query_does_not_use_as_it_is_is_refused(acme):
    with pytest.raises(ValueError, match="changed on its way"):
        CompiledQuery(lambda slug: Tenant.objects.filter(slug=slug.upper()).values_list("pk"))(acme.slug)
