"""Raw SQL as the role that serves, on PostgreSQL: what somebody could do who made the portal run SQL of their own."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from tenants.isolation.rls import tables
from tests.servers.portal_database import make_company

pytestmark = pytest.mark.service


@pytest.fixture
def app(as_app):
    with psycopg.connect(as_app.app, autocommit=True) as connection:
        yield connection


@pytest.fixture
def company(as_app):
    return make_company(1)


def keys(app) -> set[UUID]:
    return {person for (person,) in app.execute("SELECT person_id FROM audit_personkey")}


def erased_person(app) -> UUID:
    """Who had a key and has no account any more."""
    person = uuid4()
    app.execute("INSERT INTO audit_personkey (person_id, wrapped, created_at) VALUES (%s, 'x', now())", [person])
    return person


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_personkey",
        "UPDATE audit_personkey SET wrapped = ''",
        "TRUNCATE audit_personkey",
        "INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('x', 1, 'x')",
        "DELETE FROM django_content_type",
        "INSERT INTO guardian_userobjectpermission (object_pk) VALUES ('1')",
        "UPDATE auditlog_logentry SET action = 1",
        "INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (1, 1)",
        "DELETE FROM audit_auditevent",
    ],
)
def test_what_the_portal_never_does_its_role_may_not_do(app, company, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)


def test_every_table_has_exactly_the_rights_that_are_listed(app, company):
    rows = app.execute(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'portal_app'"
    )
    have: dict[str, set[str]] = {}
    for table, right in rows:
        have.setdefault(table, set()).add(right)
    assert have == {table: tables.RIGHTS.get(table, tables.EVERY_RIGHT) for table in tables.ALL}


def test_a_key_is_destroyed_by_the_function_which_records_it(app, company):
    person, others = erased_person(app), keys(app)
    assert app.execute("SELECT portal_destroy_person_key(%s)", [person]).fetchone() == (True,)
    assert keys(app) == others - {person}
    recorded = app.execute(
        "SELECT actor_kind, target_type, data->>'database_role' FROM audit_auditevent"
        " WHERE action = 'person:key-destroyed' AND target_id = %s",
        [str(person)],
    )
    assert recorded.fetchall() == [("system", "person", "portal_app")]
    assert app.execute("SELECT portal_destroy_person_key(%s)", [person]).fetchone() == (False,)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT portal_destroy_person_key(person_id) FROM audit_personkey WHERE person_id IN ('{0}', '{1}')",
        "DO $$ BEGIN PERFORM portal_destroy_person_key('{0}'); PERFORM portal_destroy_person_key('{1}'); END $$",
        "SELECT portal_destroy_person_key('{0}'); SELECT portal_destroy_person_key('{1}')",
        "WITH a AS (SELECT portal_destroy_person_key('{0}')) SELECT portal_destroy_person_key('{1}') FROM a",
    ],
    ids=["a query", "a block", "two statements", "a common table expression"],
)
def test_more_than_one_person_per_command_is_refused_and_nothing_is_destroyed(app, company, statement):
    people = [erased_person(app), erased_person(app)]
    before = keys(app)
    with pytest.raises(errors.InsufficientPrivilege, match="one person at a time"):
        app.execute(statement.format(*people))
    assert keys(app) == before


def test_the_key_of_somebody_who_has_an_account_and_the_installations_own_stay(app, company):
    app.execute(
        "INSERT INTO audit_personkey (person_id, wrapped, created_at) VALUES (%s, 'x', now()) ON CONFLICT DO NOTHING",
        [UUID(int=0)],
    )
    for person in (company.member.user_id, UUID(int=0)):
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute("SELECT portal_destroy_person_key(%s)", [person])
        assert person in keys(app)


@pytest.mark.parametrize("own", [True, False])
def test_only_the_company_at_work_is_changed_whoever_else_there_is(app, company, own):
    other = make_company(1)
    mine, theirs = company.tenant.pk, other.tenant.pk
    target = mine if own else theirs
    with app.transaction():
        app.execute("SELECT set_config('app.tenant', %s, true)", [str(mine)])
        changed = app.execute("UPDATE tenants_tenant SET name = 'Taken' WHERE id = %s", [target]).rowcount
        turns = app.execute("UPDATE knowledge_turn SET served = 10 ^ 6 WHERE tenant_id = %s", [theirs]).rowcount
        removed = app.execute("DELETE FROM tenants_tenant WHERE id = %s", [theirs]).rowcount
    assert (changed, turns, removed) == (int(own), 0, 0)
    assert app.execute("UPDATE tenants_tenant SET is_active = false").rowcount == 0, "with no tenant at work: none"
    assert app.execute("SELECT count(*) FROM tenants_tenant WHERE id = ANY(%s)", [[mine, theirs]]).fetchone() == (2,)


def test_no_company_is_made_in_the_name_of_another(app, company):
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute(
            "INSERT INTO tenants_tenant (id, slug, name, is_active, is_sample, created_at, corpus_version, next_document_no)"
            " VALUES (gen_random_uuid(), 'fresh', 'Fresh', true, false, now(), 1, 1)"
        )


def test_a_company_is_removed_whole_and_its_people_are_erased_from_the_trail(as_app, company):
    from audit.ledger.actors import system
    from audit.models import PersonKey
    from portal.operations.removal.remove_tenant import remove_tenant
    from tenants.models import Tenant, User

    person = company.member.user_id
    assert PersonKey.objects.filter(pk=person).exists()
    remove_tenant(company.tenant, by=system(None), certify=False)
    assert not Tenant.objects.filter(pk=company.tenant.pk).exists()
    assert not User.objects.filter(pk=person).exists()
    assert not PersonKey.objects.filter(pk=person).exists()
