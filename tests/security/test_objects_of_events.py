"""The documents that an event quoted, showed or changed are stored with it: whole, unaltered, in its company alone."""

import uuid

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.event_objects import ROWS_PER_STATEMENT, Relation, document_refs, in_order, quoted_and_shown
from audit.ledger.record import build_event, record, record_many
from audit.models import AuditEvent, EventObject

pytestmark = pytest.mark.django_db
ONE, TWO, THREE = (uuid.UUID(int=number) for number in (1, 2, 3))


def objects_of(event) -> list[tuple[str, uuid.UUID]]:
    return list(event.event_objects.order_by("id").values_list("relation", "object_id"))


@pytest.fixture
def event(alice):
    refs = quoted_and_shown([TWO, ONE], [ONE, THREE, THREE])
    return record(Action.QUESTION_ANSWERED, alice, Target("answer", str(uuid.uuid4())), objects=refs)


def refuse(sql: str, *values) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_each_document_is_listed_once_in_one_order(event, alice):
    assert objects_of(event) == [("quoted", ONE), ("quoted", TWO), ("shown", THREE)]
    assert {row.tenant_id for row in event.event_objects.all()} == {alice.tenant_id}
    assert in_order(quoted_and_shown([ONE, TWO], [])) == in_order(quoted_and_shown([TWO, ONE], [TWO]))


def test_the_event_is_as_whole_as_one_without_objects(event, alice):
    plain = record(Action.QUESTION_ANSWERED, alice, Target("answer", event.target_id))
    first, second = (AuditEvent.objects.filter(pk=each.pk).values().get() for each in (event, plain))
    for name in ("tenant_id", "action", "outcome", "actor_kind", "actor_id", "target_type", "target_id", "data"):
        assert first[name] == second[name], name
    assert event.pk < plain.pk


def test_an_event_that_is_rolled_back_leaves_no_objects(alice):
    before = EventObject.objects.count()
    with transaction.atomic():
        record(Action.SEARCH_RUN, alice, objects=document_refs(Relation.SHOWN, [ONE]))
        transaction.set_rollback(True)
    assert EventObject.objects.count() == before


def test_many_objects_and_many_events_are_stored_whole(alice):
    many = [uuid.uuid4() for _ in range(ROWS_PER_STATEMENT * 2 + 1)]
    event = record(Action.IMPORT_STOPPED, alice, objects=document_refs(Relation.CHANGED, many))
    assert {pk for _, pk in objects_of(event)} == set(many)
    events = [build_event(Action.SEARCH_RUN, alice), build_event(Action.SEARCH_RUN, alice)]
    record_many(alice.tenant_id, events, [document_refs(Relation.SHOWN, [ONE, TWO]), ()])
    assert [len(objects_of(each)) for each in events] == [2, 0]


def test_objects_cost_no_round_trip_of_their_own_on_postgresql_and_one_statement_elsewhere(alice):
    record(Action.SEARCH_RUN, alice)
    with CaptureQueriesContext(connection) as alone:
        record(Action.SEARCH_RUN, alice)
    with CaptureQueriesContext(connection) as with_objects:
        record(Action.SEARCH_RUN, alice, objects=document_refs(Relation.SHOWN, [uuid.uuid4() for _ in range(10)]))
    plain, more = (sum("SAVEPOINT" not in q["sql"] for q in queries) for queries in (alone, with_objects))
    assert more - plain == (0 if connection.vendor == "postgresql" else 1)


def test_they_cannot_be_changed_removed_or_replaced(event):
    row = event.event_objects.first()
    refuse("UPDATE audit_eventobject SET relation = 'shown' WHERE id = %s", row.pk)
    refuse("DELETE FROM audit_eventobject WHERE id = %s", row.pk)
    if connection.vendor == "sqlite":
        columns = "id, tenant_id, event_id, relation, object_type, object_id"
        refuse(
            f"REPLACE INTO audit_eventobject ({columns}) SELECT {columns} FROM audit_eventobject WHERE id = %s", row.pk
        )
    for act in (row.save, row.delete, lambda: EventObject.objects.update(relation="shown")):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_none_can_be_added_to_an_event_of_another_company_or_to_none(event, alice, globex):
    for tenant_id, event_id in ((globex.pk, event.pk), (None, event.pk), (alice.tenant_id, 10**12)):
        row = EventObject(
            tenant_id=tenant_id, event_id=event_id, relation="shown", object_type="document", object_id=ONE
        )
        with pytest.raises(IntegrityError, match="tenant of its event"), transaction.atomic():
            row.save()


def test_the_check_names_a_missing_trigger_and_migrating_mends_it(db):
    from audit.ledger import append_only_triggers

    name = "audit_eventobject_same_tenant_as_event"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else " ON audit_eventobject"))
    assert any(name in problem.msg for problem in run_checks(databases=["default"]) if problem.id == "audit.E001")
    append_only_triggers.remake()
    assert name in append_only_triggers.existing_triggers(connection)


def test_they_name_no_title_and_no_person(event):
    values = str(list(EventObject.objects.values()))
    assert "Alice" not in values
    assert {field.name for field in EventObject._meta.fields} == {
        "id", "tenant_id", "event", "relation", "object_type", "object_id",
    }  # fmt: skip


def test_a_search_by_a_program_stores_what_it_showed(client, erin, bearer, upload):
    document = upload("travel.md")
    client.post(
        "/t/acme/api/v1/search/", {"query": "meal allowance"}, content_type="application/json", headers=bearer(erin)
    )
    event = AuditEvent.objects.filter(action=Action.SEARCH_RUN).latest("id")
    assert objects_of(event) == [("shown", document.pk)]


def test_earlier_answers_name_their_documents_in_their_data_and_get_rows(alice, globex):
    from importlib import import_module
    from types import SimpleNamespace

    from django.apps import apps

    written = record(Action.QUESTION_ANSWERED, alice, documents=[str(ONE), str(TWO)], state="answered")
    other = record(Action.QUESTION_ANSWERED, alice, documents=3, state="answered")
    searched = record(Action.SEARCH_RUN, alice, documents=[str(ONE)])
    migration = import_module("audit.migrations.0006_objects_of_earlier_answers")
    for _ in range(2):  # repeatable
        migration.derive(apps, SimpleNamespace(connection=connection))
    assert sorted(objects_of(written)) == [("quoted", ONE), ("quoted", TWO)]
    assert objects_of(other) == objects_of(searched) == []
