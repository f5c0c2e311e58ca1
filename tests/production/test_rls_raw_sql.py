"""Raw SQL as the application's role: what no line of the portal's own code stands before."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from tenants.isolation.rls import tables
from tests.servers.portal_database import make_company

pytestmark = pytest.mark.service


@pytest.fixture
def companies(as_app):
    return make_company(3), make_company(2)


@pytest.fixture
def app(as_app):
    with psycopg.connect(as_app.app) as connection:
        yield connection
        connection.rollback()


def work_for(app, company) -> None:
    app.execute("SELECT set_config('app.tenant', %s, true)", [str(company.tenant.pk)])


def test_without_a_tenant_no_company_has_rows(companies, app):
    for table in sorted(tables.TENANT_TABLES):
        assert app.execute(f'SELECT count(*) FROM "{table}" WHERE tenant_id IS NOT NULL').fetchone() == (0,), table


def test_with_a_tenant_only_its_rows_are_there(companies, app):
    work_for(app, companies[0])
    filled = set()
    for table in sorted(tables.TENANT_TABLES):
        tenants = {row[0] for row in app.execute(f'SELECT DISTINCT tenant_id FROM "{table}"')}
        assert tenants <= {companies[0].tenant.pk}, table
        filled |= {table} if tenants else set()
    assert {"knowledge_document", "knowledge_job", "tenants_user_groups", "audit_auditevent"} <= filled


def test_each_company_sees_its_own_documents(companies, app):
    for company in companies:
        work_for(app, company)
        assert app.execute("SELECT count(*) FROM knowledge_document").fetchone() == (company.documents,)
    app.commit()
    # What is left of a setting is an empty text, which must neither fail nor show anything.
    assert app.execute("SELECT current_setting('app.tenant', true)").fetchone() == ("",)
    assert app.execute("SELECT count(*) FROM knowledge_document").fetchone() == (0,)


def test_groups_and_who_is_in_them_carry_the_tenant_that_was_at_work(companies, app):
    for company in companies:
        work_for(app, company)
        assert app.execute("SELECT count(*) FROM auth_group").fetchone() == (1,)
        assert app.execute("SELECT user_id FROM tenants_user_groups").fetchall() == [(company.member.user_id,)]


def test_rows_cannot_be_written_for_or_moved_to_another_company(companies, app):
    mine, theirs = companies
    work_for(app, mine)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute(
            "INSERT INTO tenants_team (id, tenant_id, name, description, everyone, group_id, created_at)"
            " SELECT gen_random_uuid(), %s, 'x', '', false, group_id, now() FROM tenants_team",
            [theirs.tenant.pk],
        )
    app.rollback()
    work_for(app, mine)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute("UPDATE knowledge_document SET tenant_id = %s", [theirs.tenant.pk])
    app.rollback()
    work_for(app, mine)
    theirs_too = app.execute("UPDATE knowledge_document SET title = 'x' WHERE tenant_id = %s", [theirs.tenant.pk])
    assert theirs_too.rowcount == 0
    assert app.execute("DELETE FROM knowledge_job WHERE tenant_id = %s", [theirs.tenant.pk]).rowcount == 0


def test_a_row_cannot_point_into_another_company_although_keys_pass_row_level_security_by(companies, app):
    mine, theirs = companies
    work_for(app, theirs)
    shelf = app.execute("SELECT id FROM knowledge_collection").fetchone()[0]
    work_for(app, mine)
    app.execute("UPDATE knowledge_document SET collection_id = %s", [shelf])
    with pytest.raises(errors.ForeignKeyViolation, match="same_tenant"):
        app.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE knowledge_document CASCADE",
        "DROP TABLE knowledge_passage",
        "ALTER TABLE knowledge_passage DISABLE ROW LEVEL SECURITY",
        "DROP POLICY portal_tenant ON knowledge_passage",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "UPDATE audit_auditevent SET action = 'x'",
        "DELETE FROM audit_auditevent",
        "UPDATE audit_fieldchange SET changes = '{}'",
        "DELETE FROM django_migrations",
        "SET ROLE portal_owner",
        "SET SESSION AUTHORIZATION portal_owner",
        "SELECT pg_read_file('/etc/passwd')",
        "ALTER ROLE portal_app BYPASSRLS",
    ],
)
def test_the_role_may_read_and_write_rows_and_nothing_else(companies, app, statement):
    work_for(app, companies[0])
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)


def test_turning_row_security_off_is_an_error_and_no_way_in(companies, app):
    app.execute("SET LOCAL row_security = off")
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute("SELECT * FROM knowledge_document")


def test_a_person_is_shown_their_own_memberships_before_the_tenant_is_known(companies, app):
    mine, _ = companies
    app.execute("SELECT set_config('app.person', %s, true)", [str(mine.member.user_id)])
    assert app.execute("SELECT id FROM tenants_membership").fetchall() == [(mine.member.pk,)]
    assert app.execute("UPDATE tenants_membership SET role = 'owner'").rowcount == 0
    for table in sorted(tables.TENANT_TABLES - {"tenants_membership"}):
        assert app.execute(f'SELECT count(*) FROM "{table}" WHERE tenant_id IS NOT NULL').fetchone() == (0,), table


def test_the_installations_own_trail_is_seen_while_no_tenant_is_at_work(companies, app):
    from audit.ledger.actions import Action
    from audit.ledger.actors import Actor
    from audit.ledger.record import record

    record(Action.SIGN_IN_FAILED, Actor(None, None, kind="nobody"))
    assert app.execute("SELECT count(*) > 0, count(tenant_id) FROM audit_auditevent").fetchone() == (True, 0)
    work_for(app, companies[0])
    assert app.execute("SELECT count(*) FROM audit_auditevent WHERE tenant_id IS NULL").fetchone() == (0,)


def test_the_functions_that_look_across_tenants_tell_ids_and_numbers_alone(companies, app):
    waiting = {row[0]: row[1:] for row in app.execute("SELECT * FROM portal_waiting_tenants(now())")}
    assert waiting[companies[0].tenant.pk] == (0, 3)
    assert waiting[companies[1].tenant.pk] == (0, 2)
    assert app.execute("SELECT portal_invitation_tenant('nothing')").fetchone() == (None,)
    # Whoever may make objects elsewhere cannot change what the functions call.
    paths = app.execute("SELECT proconfig FROM pg_proc WHERE prosecdef").fetchall()
    assert {tuple(path) for (path,) in paths} == {("search_path=pg_catalog, pg_temp",)}
