"""Every address under /t/<slug>/ stands behind a gate, and meets the stranger and another tenant's admin."""

import pytest

from tenants.requests.api_gates import MemberAPIView
from tests.every_address import every_address

OF_A_TENANT = [address for address in every_address() if address.is_of_a_tenant]


def test_there_are_pages_and_an_api_to_walk():
    assert len(OF_A_TENANT) > 40


@pytest.mark.parametrize("address", OF_A_TENANT, ids=[address.route for address in OF_A_TENANT])
def test_it_stands_behind_a_gate(address):
    cls = address.view_class
    assert hasattr(address.view, "gate") or (cls and issubclass(cls, MemberAPIView)), f"{address.route} has no gate"


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_a_stranger_gets_nowhere(client, acme, method):
    for address in OF_A_TENANT:
        response = getattr(client, method)(address.path("acme", {}))
        if address.is_api:
            assert response.status_code == 401, (address.route, response.status_code)
        else:
            assert response.status_code in (302, 405), (address.route, response.status_code)
            if response.status_code == 302:
                assert response["Location"].startswith("/sign-in/"), (address.route, response["Location"])


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_another_tenants_admin_finds_nothing(sign_in, acme, mallory, method):
    client = sign_in(mallory)
    for address in OF_A_TENANT:
        response = getattr(client, method)(address.path("acme", {}))
        assert response.status_code in (404, 405), (address.route, response.status_code)


def test_another_tenants_key_opens_nothing(client, acme, mallory, bearer):
    header = bearer(mallory)
    for address in OF_A_TENANT:
        response = client.get(address.path("acme", {}), headers=header)
        assert response.status_code in (401, 302, 405), (address.route, response.status_code)


def test_a_tenant_that_does_not_exist_looks_like_one_that_is_not_yours(sign_in, acme, mallory):
    client = sign_in(mallory)
    for address in OF_A_TENANT:
        theirs = client.get(address.path("acme", {}))
        nobodys = client.get(address.path("no-such-company", {}))
        assert theirs.status_code == nobodys.status_code, address.route
