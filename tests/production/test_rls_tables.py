"""Every table says whose it is, and what is a company's stands behind the wall."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from django.core.checks import run_checks

from tenants.isolation.rls import policies, tables
from tests.servers.portal_database import manage

pytestmark = pytest.mark.service

LISTS = {
    "OWNED": tables.OWNED,
    "OWNED_BY_DEFAULT": tables.OWNED_BY_DEFAULT,
    "PERSONAL": tables.PERSONAL,
    "GLOBAL": tables.GLOBAL,
}


@pytest.fixture
def admin(portal_database):
    with psycopg.connect(portal_database.admin, autocommit=True) as connection:
        yield connection


def test_every_table_stands_in_exactly_one_list(admin):
    there = {
        name
        for (name,) in admin.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
    }
    assert there == tables.ALL, "tenants/isolation/rls/tables.py says of every table whose it is"
    assert sum(map(len, LISTS.values())) == len(tables.ALL), "no table stands in two lists"


def test_every_model_with_a_tenant_is_listed_as_owned():
    from django.apps import apps

    carrying = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if {"tenant", "tenant_id"} & {field.name for field in model._meta.local_fields}
    }
    assert carrying - tables.GLOBAL == tables.OWNED


def test_every_owned_table_is_behind_a_forced_wall_that_reads_the_tenant(admin):
    rows = admin.execute(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_expr(p.polqual, p.polrelid),"
        " pg_get_expr(p.polwithcheck, p.polrelid) FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE p.polname = 'portal_tenant' AND p.polcmd = '*'"
    ).fetchall()
    assert {row[0] for row in rows} == tables.TABLES_WITH_POLICIES
    for name, enabled, forced, using, check in rows:
        assert (enabled, forced) == (True, True), name
        assert "current_setting('app.tenant'" in using, name
        assert using == check, name


def test_no_other_policy_lets_the_application_in(admin):
    every = set(admin.execute("SELECT tablename, policyname FROM pg_policies WHERE roles <> '{portal_owner}'"))
    assert every == {
        (table, policy.name) for table in tables.TABLES_WITH_POLICIES for policy in policies.expected(table)
    }


@pytest.mark.parametrize(
    ("asked", "is_served"),
    [
        ("SELECT * FROM knowledge_document ORDER BY changed_at DESC LIMIT 5", False),
        (f"SELECT * FROM knowledge_document WHERE tenant_id = '{uuid4()}' ORDER BY changed_at DESC LIMIT 5", True),
    ],
    ids=["what only the wall narrows", "what narrows itself"],
)
def test_the_wall_itself_is_no_way_in_for_the_planner(as_app, asked, is_served):
    """It would take it for one where a large company is among many small ones, and walk through all of its rows."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert ("Index Cond: (tenant_id =" in plan) is is_served, plan


def problems() -> set[str]:
    return {
        f"{problem.id} {problem.msg}"
        for problem in run_checks(databases=["default"])
        if problem.id.startswith("tenants.")
    }


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        ("DROP POLICY portal_tenant ON knowledge_passage", "knowledge_passage"),
        ("ALTER TABLE answers_answer NO FORCE ROW LEVEL SECURITY", "answers_answer"),
        ("ALTER TABLE answers_answer DISABLE ROW LEVEL SECURITY", "answers_answer"),
        ("CREATE POLICY everybody ON tenants_apikey USING (true)", "tenants_apikey"),
        ("DROP FUNCTION portal_invitation_tenant(text)", "portal_invitation_tenant"),
        ("ALTER TABLE tenants_tenant DISABLE ROW LEVEL SECURITY", "tenants_tenant"),
        ("GRANT DELETE ON audit_personkey TO portal_app", "DELETE in audit_personkey"),
        (
            "CREATE FUNCTION all_keys() RETURNS SETOF tenants_apikey LANGUAGE sql SECURITY DEFINER"
            " AS 'SELECT * FROM tenants_apikey'",
            "all_keys",
        ),
    ],
)  # fmt: skip
def test_a_hole_in_the_wall_is_named_by_the_check_and_mended_by_migrating(as_app, tmp_path, harm, named):
    assert problems() == set()
    with psycopg.connect(as_app.owner, autocommit=True) as owner:
        owner.execute(harm)
    found = "".join(problems())
    assert "tenants.E002" in found
    assert named in found
    manage(as_app.environment(tmp_path), "migrate", "--verbosity", "0")
    assert problems() == set()


@pytest.mark.parametrize("role", ["admin", "owner", "backup"])
def test_a_role_that_no_wall_holds_back_does_not_serve(portal_database, tmp_path, role):
    urls = {
        "admin": portal_database.admin,
        "owner": portal_database.owner,
        "backup": portal_database.url("portal_backup"),
    }
    surroundings = portal_database.environment(tmp_path) | {"DATABASE_URL": urls[role], "DATABASE_OWNER_URL": ""}
    why = {"admin": "is a superuser", "owner": "owns tables", "backup": "may pass row-level security by"}[role]
    for words in (["check", "--database", "default"], ["up", "--port", "0"]):
        assert why in manage(surroundings, *words, ok=False)


def test_a_web_process_under_another_server_refuses_as_well(portal_database, tmp_path):
    import subprocess
    import sys

    surroundings = portal_database.environment(tmp_path) | {"DATABASE_URL": portal_database.owner}
    script = "import portal.asgi; from django.db import connection; connection.ensure_connection()"
    done = subprocess.run([sys.executable, "-c", script], env=surroundings, capture_output=True, text=True)
    assert "owns tables" in done.stderr
