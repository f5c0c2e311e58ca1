"""The cast. Every test about people uses these, so that a reader learns them once.

Acme is a company. Olga owns it, Adam administers, Erin edits, Cora is its compliance officer. Alice and Bob are
employees; Alice is in the finance team, Bob is not. Globex is another company: Mallory is an admin there and sees
nothing of Acme, whatever the URL. Both have Dora, who belongs to two companies.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest_plugins = [
    "tests.fixtures_knowledge",
    "tests.servers.real",
    "tests.servers.browsing",
    "tests.fixtures_production",
]

PASSWORD = "a-long-enough-password"
REPOSITORY = Path(__file__).resolve().parent.parent
BROWSERS = {"browser", "chromium"}  # fixtures
SERVERS = {
    "fresh_database", "image", "own_postgres", "own_redis", "own_weaviate", "production", "real_pgbouncer", "real_postgres",
    "real_redis", "real_weaviate",
}  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks what uses a server or a browser. What is slow begins first, so that no process works alone at the end. Tests
    that share something made for their module run in one process, or each process would make it."""
    for item in items:
        if not SERVERS.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.service)
        if not BROWSERS.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.browser)
        if _is_for_any_process(item) and _shares_with_its_module(item):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _is_for_any_process(item) -> bool:
    if not getattr(item.config.option, "loadgroup", False):  # the tests are not distributed, or not by groups
        return False
    return not any(item.get_closest_marker(name) for name in ("xdist_group", "slow"))


def _shares_with_its_module(item) -> bool:
    """By a fixture of ours: pytest-django's and pytest-asyncio's have nothing to share."""
    found = getattr(item, "_fixtureinfo", None)
    used = [] if found is None else [made[-1] for made in found.name2fixturedefs.values()]
    return any(each.scope in ("module", "class") and each.func.__module__.startswith("tests.") for each in used)


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker):
    from django.db import connection

    from tests.servers import embedded_database, enforced

    if connection.vendor == "sqlite":
        with django_db_blocker.unblock():
            embedded_database.make(connection)
        yield
        return
    request.getfixturevalue("django_db_setup")  # pytest-django's: by migrating
    with django_db_blocker.unblock():
        enforced.prepare()
    yield
    with django_db_blocker.unblock():
        enforced.end_other_sessions()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real documents and questions that do not ship with the product."""
    folder = Path(os.environ.get("PORTAL_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("shared data is not here")
    return folder


@pytest.fixture(autouse=True)
def _no_window_of_a_limit_ends_during_a_test(monkeypatch):
    """Tries are counted in windows of the clock: ten tries with an hour's end among them are two times five."""
    from tenants.requests import rate_limits

    monkeypatch.setattr(rate_limits, "time", SimpleNamespace(time=lambda: 500 * 3600.0 + 60))


@pytest.fixture
def acme(db):
    from tenants.members.members import create_tenant

    return create_tenant("acme", name="Acme Ltd")


@pytest.fixture
def globex(db):
    from tenants.members.members import create_tenant

    return create_tenant("globex", name="Globex AG")


def _member(tenant, name: str, role: str):
    from tenants.members.members import add_member

    email = f"{name.lower()}@{tenant.slug}.example"
    return add_member(tenant, email=email, role=role, name=f"{name} {tenant.slug.title()}", password=PASSWORD)


@pytest.fixture
def olga(acme):
    """Owns Acme."""
    return _member(acme, "Olga", "owner")


@pytest.fixture
def adam(acme):
    """Administers Acme."""
    return _member(acme, "Adam", "admin")


@pytest.fixture
def erin(acme):
    """Edits at Acme."""
    return _member(acme, "Erin", "editor")


@pytest.fixture
def cora(acme):
    """Acme's compliance officer: exports the trail, opens no document by her role."""
    return _member(acme, "Cora", "compliance")


@pytest.fixture
def alice(acme):
    """An employee of Acme."""
    return _member(acme, "Alice", "member")


@pytest.fixture
def bob(acme):
    """An employee of Acme with no rights of his own."""
    return _member(acme, "Bob", "member")


@pytest.fixture
def mallory(globex):
    """An admin, but of Globex. Sees nothing of Acme, whatever the URL."""
    return _member(globex, "Mallory", "admin")


@pytest.fixture
def finance(acme, adam, alice):
    """A team of Acme with Alice in it."""
    from tenants.members.teams import add_to_team, create_team

    team = create_team("Finance", by=adam)
    add_to_team(team, alice, by=adam)
    return team


@pytest.fixture
def sign_in(client):
    """`sign_in(alice)` gives a client whose session is hers."""
    from django.test import Client

    def enter(member) -> Client:
        fresh = Client()
        fresh.force_login(member.user, backend="tenants.signin.backend.EmailBackend")
        return fresh

    return enter


@pytest.fixture
def bearer():
    """`bearer(alice, "read")` gives the header of a fresh API key of hers."""
    from tenants.api_keys.api_keys import create_api_key

    def make(member, *scopes: str) -> dict[str, str]:
        _, secret = create_api_key(member, name="test", scopes=scopes or ("read", "ask", "write", "audit"))
        return {"Authorization": f"Bearer {secret}"}

    return make
