"""Servers that keep their connections and answer nothing (SIGSTOP): nobody waits longer than 20 seconds, and when they go
on, so does the portal, at once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from uuid import uuid4

import httpx
import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from portal import env
from portal.http import deadline
from portal.http.request_threads import Handler
from portal.infrastructure import database_timeouts
from portal.operations.services import Postgres
from tenants.requests.deadline_exemptions import may_take_longer
from tests.servers.portal_database import django_on
from tests.servers.real import _own, _run_folder

pytestmark = pytest.mark.service
NOBODY_WAITS_LONGER = 20.0  # seconds


@pytest.fixture(scope="module")
def server():
    with _own(Postgres(_run_folder() / f"postgresql-{uuid4().hex[:8]}", durable=False)) as started:
        yield started


@pytest.fixture
def own_postgres(server, monkeypatch):
    monkeypatch.setenv("DATABASE_POOL_TIMEOUT", "1")
    yield server
    server.resume()


@pytest.fixture
def people_wait(monkeypatch):
    """As in a web process. The limits are an eighth of what they are, so that the tests are quick."""
    for name in ("STATEMENT_SECONDS", "DOUBTFUL_SECONDS"):
        monkeypatch.setattr(database_timeouts, name, getattr(database_timeouts, name) / 8)
    monkeypatch.setattr(database_timeouts, "_people_wait", True)
    monkeypatch.setattr(database_timeouts, "_is_doubtful", False)


@pytest.fixture
def frozen_postgres(own_postgres, people_wait, django_db_blocker, monkeypatch, settings):
    """In use a moment ago, so that the pool has a connection."""
    with django_on(own_postgres.url, django_db_blocker, monkeypatch):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()
        own_postgres.pause()
        yield own_postgres
        own_postgres.resume()


def test_the_limits_add_up_to_less_than_anybody_may_wait(monkeypatch):
    """A statement under way that is given up, then another that waits for a connection; and the deadline for all."""
    monkeypatch.setenv("TEST_URL", "postgresql://portal_app@127.0.0.1/portal")
    pool = env.pooled("TEST_URL")["OPTIONS"]["pool"]["timeout"]
    assert database_timeouts.STATEMENT_SECONDS + pool + database_timeouts.DOUBTFUL_SECONDS < NOBODY_WAITS_LONGER
    assert deadline.REQUEST_SECONDS < NOBODY_WAITS_LONGER


@pytest.mark.parametrize("door", ["/t/acme/", "/t/acme/api/v1/me/"])
def test_a_frozen_postgresql_is_a_clear_503(frozen_postgres, settings, door):
    client = Client(raise_request_exception=False, headers={"Authorization": "Bearer kp_x"})
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    began = time.monotonic()
    answer = client.get(door)
    assert answer.status_code == 503
    assert "The database does not answer" in answer.content.decode()
    assert time.monotonic() - began < 8, "a second for the statement, one for the pool, and a busy machine"


def test_a_statement_under_way_is_given_up_and_its_connection_with_it(
    own_postgres, people_wait, django_db_blocker, monkeypatch
):
    with django_on(own_postgres.url, django_db_blocker, monkeypatch), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        own_postgres.pause()
        began = time.monotonic()
        with pytest.raises(OperationalError, match="no answer within"):
            cursor.execute("SELECT 2")
        assert time.monotonic() - began < database_timeouts.STATEMENT_SECONDS + 1
        own_postgres.resume()
        connection.close()
        with connection.cursor() as again:
            again.execute("SELECT 3")
            assert again.fetchone() == (3,), "no late answer is taken for another's"


def test_after_one_that_was_waited_for_in_vain_the_next_wait_less(frozen_postgres):
    with pytest.raises(OperationalError):
        connection.cursor()
    assert database_timeouts._is_doubtful
    frozen_postgres.resume()
    until = time.monotonic() + 3
    while database_timeouts._is_doubtful and time.monotonic() < until:
        with contextlib.suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    assert not database_timeouts._is_doubtful


def test_many_who_wait_for_one_that_is_silent_wait_no_longer_together(frozen_postgres):
    """Answers share a few threads: what each waits, all wait one after another."""
    with pytest.raises(OperationalError):
        connection.cursor()
    began = time.monotonic()
    for _ in range(6):
        with pytest.raises(OperationalError):
            connection.cursor()
    assert time.monotonic() - began < 6 * 0.5
    frozen_postgres.resume()
    until = time.monotonic() + 5
    while database_timeouts._is_doubtful and time.monotonic() < until:
        with contextlib.suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    assert connection.pool.timeout == 1


def test_work_that_nobody_waits_for_has_no_limit(own_postgres, people_wait, django_db_blocker, monkeypatch):
    monkeypatch.setattr(database_timeouts, "_people_wait", False)
    with django_on(own_postgres.url, django_db_blocker, monkeypatch), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [database_timeouts.STATEMENT_SECONDS + 0.5])


def test_the_server_ends_what_a_web_process_gave_up_and_nothing_else(own_postgres, django_db_blocker, monkeypatch):
    monkeypatch.setattr(database_timeouts, "_people_wait", False)
    with django_on(own_postgres.url, django_db_blocker, monkeypatch):
        assert _shown("statement_timeout") == "0", "migrations, restores and dumps take their time"
    with django_on(own_postgres.url, django_db_blocker, monkeypatch):
        database_timeouts.serve_people()
        assert _shown("statement_timeout") == "10s"


def test_a_machine_that_vanished_is_noticed(own_postgres, django_db_blocker, monkeypatch):
    with django_on(own_postgres.url, django_db_blocker, monkeypatch):
        connection.ensure_connection()
        told = connection.connection.info.get_parameters()
    assert told["tcp_user_timeout"] == "15000"
    assert told["keepalives_idle"] == "10"


def test_a_postgresql_that_is_back_is_used_within_three_seconds(own_postgres, django_db_blocker, monkeypatch):
    """The pool's own pauses grow to 64 s; they had people wait for 38 s more than the database was away."""
    monkeypatch.setenv("DATABASE_POOL_TIMEOUT", "1")
    with django_on(own_postgres.url, django_db_blocker, monkeypatch):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()
        own_postgres.kill()
        until = time.monotonic() + 5
        while time.monotonic() < until:
            with pytest.raises(OperationalError):
                connection.cursor()
        own_postgres.start()
        back = time.monotonic()
        while True:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                break
            except OperationalError:
                assert time.monotonic() - back < 3.5
        assert time.monotonic() - back < 3.5


def _shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


# A request as a whole

hanging = threading.Event()


def slow(request):
    hanging.wait(5)
    return HttpResponse("late")


urlpatterns = [
    path("slow/", slow),
    path("t/acme/api/v1/slow/", slow),
    path("own-limit/", may_take_longer(lambda request: slow(request))),
]


@pytest.fixture
def get(settings, monkeypatch):
    """`get("/slow/")` as the web server sees it: the portal's own handler, its deadline a second."""
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["portal"]
    settings.MIDDLEWARE = ["portal.errors.handlers.ProblemMiddleware"]
    monkeypatch.setattr(deadline, "REQUEST_SECONDS", 0.3)

    def ask(address: str) -> httpx.Response:
        hanging.clear()

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=Handler())
            async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
                threading.Timer(0.8, hanging.set).start()
                return await client.get(address)

        return asyncio.run(send())

    return ask


def test_a_request_that_hangs_anywhere_is_answered_in_time(get):
    began = time.monotonic()
    page, problem = get("/slow/"), get("/t/acme/api/v1/slow/")
    assert time.monotonic() - began < 2
    assert (page.status_code, problem.status_code) == (503, 503)
    assert "did not answer in time" in page.text
    assert problem.json()["code"] == "too_slow"


def test_a_view_with_a_limit_of_its_own_is_waited_for(get):
    assert get("/own-limit/").text == "late"


def test_which_views_have_a_limit_of_their_own():
    """Answers, and what receives large files. All others are held by the deadline."""
    from django.urls import get_resolver

    from portal import urls  # noqa: F401
    from tenants.requests.deadline_exemptions import has_own_limit

    def walk(patterns, prefix=""):
        for each in patterns:
            if hasattr(each, "url_patterns"):
                yield from walk(each.url_patterns, f"{prefix}{each.namespace or ''}:" if each.namespace else prefix)
            else:
                yield f"{prefix}{each.name}", each.callback

    assert {name for name, view in walk(get_resolver("portal.urls").url_patterns) if has_own_limit(view)} == {
        "api:ask",
        "api:documents",
        "api:document-versions",
        "api:upload-piece",
        "knowledge:document-replace",
        "knowledge:upload",
        "knowledge:upload-piece",
    }
