"""`manage.py setup_database`: from an administrator's address to a database that the portal can be started on."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from tenants.isolation.rls import tables
from tests.servers.portal_database import dropped_at_the_end, manage, new_database

pytestmark = pytest.mark.service


@pytest.fixture
def database(real_postgres):
    with dropped_at_the_end(new_database(real_postgres)) as database:
        yield database


@pytest.fixture
def own_roles(real_postgres):
    """Names that no other test uses, removed at the end."""
    tag = uuid4().hex[:8]
    names = {kind: f"{kind}_{tag}" for kind in ("app", "owner", "backup")}
    yield names
    with psycopg.connect(real_postgres.url, autocommit=True) as connection:
        for name in names.values():
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                connection.execute(f"DROP ROLE {name}")


def test_it_may_be_run_again_before_and_after_migrating(database, tmp_path):
    surroundings = database.environment(tmp_path)
    first = manage(surroundings, "setup_database")
    assert f"Created the database {database.name}" in first
    assert "Password" not in first
    assert f"Kept the database {database.name}" in manage(surroundings, "setup_database")
    manage(surroundings, "migrate", "--verbosity", "0")
    before = privileges(database)
    manage(surroundings, "setup_database")
    assert privileges(database) == before, "what migrating took away stays away"
    assert "no issues" in manage(surroundings, "check", "--database", "default")
    assert "acme" in manage(surroundings, "create_tenant", "acme", "--name", "Acme Ltd")


def privileges(database) -> list[tuple]:
    with psycopg.connect(database.admin) as connection:
        return connection.execute(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = 'portal_app' ORDER BY 1, 2"
        ).fetchall()


def test_the_application_may_read_and_write_rows_and_only_add_to_the_trail(portal_database):
    may: dict[str, set[str]] = {}
    for table, what in privileges(portal_database):
        may.setdefault(table, set()).add(what)
    assert may == {table: tables.RIGHTS.get(table, tables.EVERY_RIGHT) for table in tables.ALL}


def test_the_backup_role_reads_everything_and_writes_nothing(own_portal_database, tmp_path):
    surroundings = own_portal_database.environment(tmp_path)
    manage(surroundings, "create_tenant", "acme", "--name", "Acme Ltd")
    with psycopg.connect(surroundings["DATABASE_BACKUP_URL"]) as connection:
        assert connection.execute("SELECT name FROM tenants_team").fetchall() == [("Everyone",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM tenants_team")


def test_passwords_that_nobody_gave_are_made_and_told_once(own_roles, database, tmp_path):
    surroundings = database.environment(tmp_path)
    at = urlsplit(database.admin)
    host = at.netloc.rpartition("@")[2]
    for kind, name in (("app", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL"), ("backup", "DATABASE_BACKUP_URL")):
        surroundings[name] = f"postgresql://{own_roles[kind]}@{host}/{database.name}"
    told = dict(
        line.split("=", 1)
        for line in manage(surroundings, "setup_database").splitlines()
        if line.startswith("DATABASE_")
    )
    assert set(told) == {"DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"}
    manage(surroundings | told, "migrate", "--verbosity", "0")
    with psycopg.connect(told["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (own_roles["app"],)


def test_a_role_that_was_given_too_much_is_put_back(own_roles, database, tmp_path):
    surroundings = database.environment(tmp_path)
    host = urlsplit(database.admin).netloc.rpartition("@")[2]
    for kind, name in (("app", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL"), ("backup", "DATABASE_BACKUP_URL")):
        surroundings[name] = f"postgresql://{own_roles[kind]}:pw@{host}/{database.name}"
    with psycopg.connect(database.server.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {own_roles['app']} LOGIN BYPASSRLS CREATEDB CREATEROLE")
        manage(surroundings, "setup_database")
        found = connection.execute(
            "SELECT rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s", [own_roles["app"]]
        )
        assert found.fetchone() == (False, False, False)
        connection.execute(f"ALTER ROLE {own_roles['app']} SUPERUSER")
    assert "is a superuser" in manage(surroundings, "setup_database", ok=False)
    with psycopg.connect(database.server.url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {own_roles['app']} NOSUPERUSER")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"DATABASE_ADMIN_URL": ""}, "Set DATABASE_ADMIN_URL"),
        ({"DATABASE_ADMIN_URL": "postgresql://postgres:wrong@{host}/postgres"}, "does not let the administrator in"),
        ({"DATABASE_OWNER_URL": "postgresql://portal_app:x@{host}/{name}"}, "three different roles"),
        ({"DATABASE_OWNER_URL": "postgresql://portal_owner:x@{host}/elsewhere"}, "name different databases"),
    ],
)
def test_what_cannot_be_is_one_clear_sentence(database, tmp_path, changed, said):
    host = urlsplit(database.admin).netloc.rpartition("@")[2]
    changed = {name: value.format(host=host, name=database.name) for name, value in changed.items()}
    found = manage(database.environment(tmp_path) | changed, "setup_database", ok=False)
    assert said in found
    assert "Traceback" not in found


def test_the_serving_role_cannot_migrate_and_is_told_who_can(database, tmp_path):
    surroundings = database.environment(tmp_path)
    manage(surroundings, "setup_database")
    for words in (["demo"], ["migrate"]):
        found = manage(surroundings | {"DATABASE_OWNER_URL": ""}, *words, ok=False)
        assert "DATABASE_OWNER_URL" in found
        assert "Traceback" not in found
