"""A PostgreSQL database as `setup_database` and `migrate` make it, and Django in this very process on it, as the
application's role.

    portal_database   the database; `.app`, `.owner`, `.admin` are addresses
    own_portal_database   the same, empty, for one test alone
    as_app            Django's connections in this process, in all its threads, are the application's
    behind_a_proxy    the same by way of a real pgbouncer that pools by transaction
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from portal import env
from portal.operations.services import Postgres
from tenants.isolation.rls import database_setup

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "a-long-enough-password"


@dataclass(frozen=True)
class PortalDatabase:
    server: Postgres
    name: str
    passwords: dict[str, str]

    @property
    def admin(self) -> str:
        return self.server.url_for(self.name)

    def url(self, role: str) -> str:
        return self.server.url_for(self.name, role, self.passwords[role])

    @property
    def app(self) -> str:
        return self.url(database_setup.APP)

    @property
    def owner(self) -> str:
        return self.url(database_setup.OWNER)

    def urls(self) -> tuple[str, str, str]:
        """Of the application, the owner and the backup role."""
        return self.app, self.owner, self.url(database_setup.BACKUP)

    def addresses(self) -> dict[str, str]:
        return dict(zip(("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"), self.urls(), strict=True))

    def environment(self, folder: Path) -> dict[str, str]:
        return (
            os.environ
            | self.addresses()
            | {
                "DATABASE_ADMIN_URL": self.server.url,
                "PORTAL_DATA_DIR": str(folder),
                "DJANGO_SETTINGS_MODULE": "portal.settings.embedded",
            }
        )


def manage(environment: dict[str, str], *words: str, ok: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=REPOSITORY, env=environment, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is ok, said
    return said


def new_database(server: Postgres) -> PortalDatabase:
    """Roles are the server's, so every process of a test run gives them the same passwords."""
    secret = hashlib.sha256(server.password.encode()).hexdigest()[:20]
    passwords = {name: f"{name}-{secret}" for name in (database_setup.OWNER, database_setup.BACKUP, database_setup.APP)}
    return PortalDatabase(server, f"portal_{uuid4().hex[:10]}", passwords)


@contextmanager
def dropped_at_the_end(database: PortalDatabase) -> Iterator[PortalDatabase]:
    import psycopg

    try:
        yield database
    finally:
        with psycopg.connect(database.server.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')


TEMPLATE = "portal_template"


@contextmanager
def template(server: Postgres, folder: Path) -> Iterator:
    """A connection of the administrator's. While it is open there is a database TEMPLATE that was migrated once in this
    run, and nobody else copies it or changes roles: copying takes 0.2 s, migrating 5 s."""
    import psycopg

    with psycopg.connect(server.url, autocommit=True) as connection:
        # Held until the connection ends: other processes make the same template and change the same roles.
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [TEMPLATE])
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            _migrate(new_database(server), connection, folder)
        yield connection


@contextmanager
def migrated(server: Postgres, folder: Path) -> Iterator[PortalDatabase]:
    with dropped_at_the_end(new_database(server)) as database:
        with template(server, folder) as connection:
            connection.execute(f'CREATE DATABASE "{database.name}" TEMPLATE {TEMPLATE}')
            # What belongs to a database and not to what is in it is not copied: its owner, who may connect.
            for _ in database_setup.set_up(server.url, database.name, database_setup.roles_from(*database.urls())):
                pass
        yield database


def _migrate(template: PortalDatabase, connection, folder: Path) -> None:
    surroundings = template.environment(folder)
    manage(surroundings, "setup_database")
    manage(surroundings, "migrate", "--verbosity", "0")
    connection.execute(f'ALTER DATABASE "{template.name}" RENAME TO {TEMPLATE}')


@pytest.fixture(scope="session")
def portal_database(real_postgres, tmp_path_factory) -> Iterator[PortalDatabase]:
    with migrated(real_postgres, tmp_path_factory.mktemp("portal")) as database:
        yield database


@pytest.fixture
def own_portal_database(real_postgres, tmp_path_factory) -> Iterator[PortalDatabase]:
    with migrated(real_postgres, tmp_path_factory.mktemp("portal")) as database:
        yield database


@contextmanager
def django_on(url: str, blocker, monkeypatch, *, proxy: bool = False) -> Iterator[None]:
    """Every thread of this process, for as long as the block lasts."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connections

    from answers.runtime import thread_pool
    from tenants.requests import open_responses

    with monkeypatch.context() as patch:
        patch.setenv("TEST_DATABASE_URL", url)
        patch.setenv("DATABASE_POOL_SIZE", "6")
        patch.setenv("DATABASE_TRANSACTION_POOLING", "1" if proxy else "0")
        wanted = env.pooled("TEST_DATABASE_URL")
    former = connections.settings["default"]
    connections["default"].close()
    connections.settings["default"] = connections.configure_settings({"default": wanted})["default"]
    del connections["default"]
    ContentType.objects.clear_cache()
    pools = thread_pool._pool, thread_pool._later  # their threads keep the connections of tests before
    thread_pool._pool, thread_pool._later = (
        ThreadPoolExecutor(thread_pool.FIRST_TOKEN_THREADS),
        ThreadPoolExecutor(thread_pool.LOW_PRIORITY_THREADS),
    )
    looking, open_responses._thread = open_responses._thread, ThreadPoolExecutor(1)
    try:
        with blocker.unblock():
            yield
    finally:
        thread_pool._pool.shutdown()
        thread_pool._later.shutdown()
        thread_pool._pool, thread_pool._later = pools
        open_responses._thread.shutdown()
        open_responses._thread = looking
        with blocker.unblock():
            connections["default"].close()
            connections["default"].close_pool()
        connections.settings["default"] = former
        del connections["default"]
        ContentType.objects.clear_cache()


@pytest.fixture
def as_app(portal_database, django_db_blocker, monkeypatch) -> Iterator[PortalDatabase]:
    with django_on(portal_database.app, django_db_blocker, monkeypatch):
        yield portal_database


@pytest.fixture
def behind_a_proxy(portal_database, real_pgbouncer, django_db_blocker, monkeypatch) -> Iterator[PortalDatabase]:
    """With two connections for everybody."""
    proxy = real_pgbouncer({database_setup.APP: portal_database.passwords[database_setup.APP]}, pool=2)
    with django_on(proxy.through(portal_database.app), django_db_blocker, monkeypatch, proxy=True):
        yield portal_database


@dataclass(frozen=True)
class Company:
    tenant: object
    member: object  # its owner
    documents: int


def make_company(documents: int) -> Company:
    from django.core.files.base import ContentFile

    from knowledge.library.collections import create_collection
    from knowledge.library.uploads import upload
    from tenants.isolation.scope import in_tenant
    from tenants.members.members import add_member, create_tenant

    slug = f"c-{uuid4().hex[:10]}"
    tenant = create_tenant(slug, name=f"Company {slug}")
    member = add_member(tenant, email=f"olga@{slug}.example", role="owner", name="Olga", password=PASSWORD)
    with in_tenant(tenant):
        shelf = create_collection(member, "Rules")
        for number in range(documents):
            upload(member, shelf, ContentFile(f"{slug} {number}".encode()), filename=f"{number}.txt")
    return Company(tenant, member, documents)
