"""Two companies at once, on connections that change hands: nobody's raw SQL ever sees the other's rows.

Each test runs on PostgreSQL itself and by way of a proxy that pools by transaction, with two connections for all.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.servers import looking
from tests.servers.portal_database import make_company
from tests.servers.portal_server import serving

pytestmark = pytest.mark.service


@pytest.fixture(params=["as_app", "behind_a_proxy"])
def database(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def companies(database):
    return make_company(1), make_company(1)


@pytest.fixture
def address(companies, settings):
    from portal.http.request_threads import Handler

    settings.ROOT_URLCONF = looking.__name__
    settings.ALLOWED_HOSTS = ["*"]
    with serving(Handler()) as at:
        yield at


def browser(address: str, company) -> httpx.Client:
    from django.test import Client

    signed_in = Client()
    signed_in.force_login(company.member.user, backend="tenants.signin.backend.EmailBackend")
    cookies = {name: morsel.value for name, morsel in signed_in.cookies.items()}
    return httpx.Client(base_url=f"{address}/t/{company.tenant.slug}", cookies=cookies, timeout=60)


def program(address: str, company) -> httpx.Client:
    from tenants.api_keys.api_keys import create_api_key
    from tenants.isolation.scope import in_tenant

    with in_tenant(company.tenant):
        _, secret = create_api_key(company.member, name="test", scopes=["read"])
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.Client(base_url=f"{address}/t/{company.tenant.slug}", headers=headers, timeout=60)


def test_views_streams_and_programs_see_their_own_company(companies, address):
    def one(company, door: str, client: httpx.Client) -> tuple[str, set[str]]:
        with client:
            told = set()
            for _ in range(6):
                answer = client.get(f"/{door}/")
                assert answer.status_code == 200, answer.text
                told |= set(answer.text.split()) if door == "stream" else set(answer.json()["seen"])
        return str(company.tenant.pk), told

    doors = ["page", "asynchronous", "stream", "api"]
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(one, company, door, (program if door == "api" else browser)(address, company))
            for door in doors
            for company in companies
        ]
        for each in asked:
            mine, told = each.result()
            assert told == {mine}


def test_a_view_that_forgets_to_open_the_tenant_sees_nothing(companies, address):
    with browser(address, companies[0]) as client:
        assert client.get("/page/").json()["seen"] == [str(companies[0].tenant.pk)]
        for _ in range(6):
            assert client.get("/outside/").json()["seen"] == []


def test_a_stranger_is_told_nothing(companies, address):
    with browser(address, companies[0]) as client:
        theirs = f"{address}/t/{companies[1].tenant.slug}/page/"
        assert client.get(theirs).status_code == 404
    with program(address, companies[0]) as client:
        assert client.get(f"{address}/t/{companies[1].tenant.slug}/api/").status_code == 401


def test_the_installations_work_goes_tenant_by_tenant(companies):
    from tenants.isolation.scope import each_tenant

    turns = {}
    for tenant in each_tenant():
        turns[tenant.pk] = looking.seen()
    for company in companies:
        assert turns[company.tenant.pk] == [str(company.tenant.pk)]
    assert looking.seen() == []


def test_an_error_in_one_tenants_turn_leaves_nothing_set_and_nothing_written(companies):
    from knowledge.models import Document
    from tenants.isolation.scope import each_tenant, in_tenant

    class Broken(Exception):
        pass

    def work():
        for tenant in each_tenant():
            Document.objects.for_tenant(tenant).update(title="half done")
            if tenant.pk in {company.tenant.pk for company in companies}:
                raise Broken

    with pytest.raises(Broken):
        work()
    assert looking.seen() == []
    for company in companies:
        with in_tenant(company.tenant):
            assert not Document.objects.for_tenant(company.tenant).filter(title="half done").exists()


def test_a_block_inside_a_block_gives_the_tenant_back_however_it_ends(companies):
    """A setting made in a savepoint outlives it, and one that is rolled back is gone: both ways the outer one holds."""
    from django.db import transaction

    from audit.ledger.rls_context import TENANT, rls_setting
    from tenants.isolation.scope import NestedTenant, in_tenant

    mine, theirs = companies
    with in_tenant(mine.tenant):
        with rls_setting(TENANT, theirs.tenant.pk):
            assert looking.seen() == [str(theirs.tenant.pk)]
        assert looking.seen() == [str(mine.tenant.pk)]
        with pytest.raises(ZeroDivisionError), rls_setting(TENANT, theirs.tenant.pk):
            1 / 0  # noqa: B018
        assert looking.seen() == [str(mine.tenant.pk)]
        with rls_setting(TENANT, None):
            assert looking.seen() == []
        with pytest.raises(ZeroDivisionError), in_tenant(mine.tenant), transaction.atomic():
            1 / 0  # noqa: B018
        assert looking.seen() == [str(mine.tenant.pk)]
        with pytest.raises(NestedTenant), in_tenant(theirs.tenant):
            pass
    assert looking.seen() == []


def test_threads_that_work_at_once_do_not_share_a_tenant(companies):
    def work(company) -> set[str]:
        from django.db import connection

        from audit.ledger.rls_context import TENANT, rls_setting
        from tenants.isolation.scope import in_tenant

        told = set()
        for _ in range(60):
            with in_tenant(company.tenant):
                told |= set(looking.seen())
                with rls_setting(TENANT, None):
                    told |= set(looking.seen())
                told |= set(looking.seen())
        connection.close()
        return told

    with ThreadPoolExecutor(4) as pool:
        asked = [(company, pool.submit(work, company)) for company in [*companies] * 2]
        for company, each in asked:
            assert each.result() == {str(company.tenant.pk)}
