"""The audit room: who may enter, what the filters show, the story of an event."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import Target
from audit.ledger.record import record
from audit.models import AuditEvent, PersonKey
from audit.trail.filters import AuditFilters
from audit.trail.queries import Trail
from tenants.models import Membership

pytestmark = pytest.mark.django_db
LEASE = Target("document", "7f1d6a40-0000-4000-8000-000000000001", "Lease register")
RATES = Target("document", "7f1d6a40-0000-4000-8000-000000000002", "Hotel rates, Japan")


@pytest.fixture
def there(acme):
    return reverse("audit:trail", args=["acme"])


def rows(response) -> list[int]:
    return [int(pk) for pk in re.findall(r'data-event="(\d+)"', response.content.decode())]


def at(moment: datetime, by, target=LEASE, action=Action.DOCUMENT_OPENED) -> AuditEvent:
    """An event of another day: written with its time, since no event can be moved afterwards."""
    actor = by.audit_actor()
    return AuditEvent.objects.create(
        tenant_id=actor.tenant_id,
        occurred_at=moment,
        action=action,
        outcome="done",
        actor_kind="person",
        actor_id=actor.person_id,
        target_type=target.type,
        target_id=target.id,
        target_name=target.name,
    )


@pytest.mark.parametrize("name", ["alice", "erin", "adam"])
def test_only_compliance_officers_and_owners_enter(request, sign_in, name, there, cora, olga):
    event = AuditEvent.objects.filter(tenant_id=cora.tenant_id).latest("id")
    client = sign_in(request.getfixturevalue(name))
    addresses = [there, reverse("audit:event", args=["acme", event.pk]), reverse("audit:count", args=["acme"])]
    assert {client.get(address).status_code for address in addresses} == {403}
    assert client.post(reverse("audit:export", args=["acme"])).status_code == 403
    for entitled in (cora, olga):
        assert sign_in(entitled).get(there).status_code == 200


def test_another_companys_trail_is_not_there(sign_in, mallory, olga, there, globex):
    event = AuditEvent.objects.filter(tenant_id=olga.tenant_id).latest("id")
    Membership.objects.for_tenant(globex).filter(pk=mallory.pk).update(role="compliance")
    client = sign_in(mallory)
    assert client.get(there).status_code == 404
    assert client.get(reverse("audit:event", args=["globex", event.pk])).status_code == 404
    shown = client.get(reverse("audit:trail", args=["globex"]))
    theirs = set(AuditEvent.objects.filter(tenant_id=globex.pk).values_list("id", flat=True))
    assert rows(shown)
    assert set(rows(shown)) <= theirs


def test_the_newest_event_stands_first_under_its_day(sign_in, cora, alice, there):
    record(Action.DOCUMENT_OPENED, alice, LEASE)
    page = sign_in(cora).get(there).content.decode()
    assert "Opened a document" in page
    assert "Lease register" in page
    assert "Alice Acme" in page
    assert "Today" in page


def test_reading_the_trail_is_recorded_and_shown_on_request(sign_in, cora, there):
    client = sign_in(cora)
    client.get(there, {"person": "alice", "action": "grant:given"})
    look = AuditEvent.objects.filter(action=Action.AUDIT_READ).get()
    assert look.actor_id == cora.user_id
    assert look.data["filters"] == {"action": "grant:given"}
    assert "alice" not in str(look.data), "what may name a person is sealed"
    assert look.pk not in rows(client.get(there))
    assert look.pk in rows(client.get(there, {"looks": "1"}))
    assert look.pk in rows(client.get(there, {"action": "audit:read"}))


def test_filters_by_person_find_who_acted_and_whom_it_was_done_to(sign_in, cora, adam, alice, bob, there):
    acted = record(Action.DOCUMENT_OPENED, alice, LEASE)
    done_to = record(Action.GRANT_GIVEN, adam, LEASE, subject=alice, right="read")
    other = record(Action.DOCUMENT_OPENED, bob, LEASE)
    client = sign_in(cora)
    for wanted in ("alice", "ALICE@acme", str(alice.user_id)):
        found = rows(client.get(there, {"person": wanted}))
        assert {acted.pk, done_to.pk} <= set(found)
        assert other.pk not in found
    assert rows(client.get(there, {"person": "nobody of that name"})) == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"document": "lease"}, {"lease"}),
        ({"document": LEASE.id}, {"lease"}),
        ({"q": "japan"}, {"rates"}),
        ({"q": "100%"}, set()),
        ({"action": "document:downloaded"}, {"rates"}),
        ({"action": "document:"}, {"lease", "rates"}),
        ({"outcome": "refused"}, {"rates"}),
        ({"q": "a", "outcome": "done", "action": "document:"}, {"lease"}),
    ],
)
def test_filters_narrow(sign_in, cora, alice, there, wanted, expected):
    made = {
        record(Action.DOCUMENT_OPENED, alice, LEASE).pk: "lease",
        record(Action.DOCUMENT_DOWNLOADED, alice, RATES, outcome=Outcome.REFUSED).pk: "rates",
    }
    found = {made.get(pk) for pk in rows(sign_in(cora).get(there, wanted))}
    assert found - {None} == expected


def test_days_are_whole_days_in_utc_and_both_included(sign_in, cora, alice, there):
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    just_before = at(midnight - timedelta(microseconds=1), alice)
    first = at(midnight, alice)
    last = at(midnight + timedelta(days=2, microseconds=-1), alice)
    after = at(midnight + timedelta(days=2), alice)
    client = sign_in(cora)
    shown = rows(client.get(there, {"since": "2026-03-02", "until": "2026-03-03"}))
    assert shown == [last.pk, first.pk]
    assert rows(client.get(there, {"until": "2026-03-01"})) == [just_before.pk]
    assert after.pk in rows(client.get(there, {"since": "2026-03-04"}))
    assert rows(client.get(there, {"since": "2030-01-01"})) == []
    assert rows(client.get(there, {"until": "1999-01-01"})) == []


def test_a_clock_that_stumbles_at_midnight_hides_nothing_behind_it(sign_in, cora, alice, there):
    """Ids and times may cross by moments: what lies behind such a crossing is still found, and its pages follow."""
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    inside = [at(midnight - timedelta(minutes=200 - n), alice).pk for n in range(60)]
    for _ in range(20):
        at(midnight + timedelta(milliseconds=1), alice)
    late = at(midnight - timedelta(milliseconds=1), alice).pk
    client, seen, address = sign_in(cora), [], f"{there}?until=2026-03-01"
    while address:
        page = client.get(address)
        seen += rows(page)
        found = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = found and found[1].replace("&amp;", "&")
    assert seen == [late, *reversed(inside)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "yesterday"},
        {"action": "moon:landed"},
        {"outcome": "ok"},
        {"since": "2026-03-02", "until": "2026-03-01"},
    ],
)
def test_a_filter_that_cannot_be_meant_is_explained(sign_in, cora, there, wrong):
    assert sign_in(cora).get(there, wrong).status_code == 400


@pytest.mark.parametrize("odd", [{"before": "x"}, {"before": "9" * 40}, {"q": "\x00%_'\"<script>"}, {"person": "\x00"}])
def test_odd_values_break_nothing(sign_in, cora, there, odd):
    response = sign_in(cora).get(there, odd)
    assert response.status_code == 200
    assert "<script>" not in response.content.decode().replace("<script type", "").replace("<script src", "")


def test_pages_follow_each_other_without_gap_or_repeat_while_events_arrive(sign_in, cora, alice, there):
    made = [record(Action.DOCUMENT_OPENED, alice, LEASE).pk for _ in range(120)]
    client = sign_in(cora)
    seen, address = [], f"{there}?action=document:opened"
    while address:
        page = client.get(address)
        seen += rows(page)
        record(Action.DOCUMENT_OPENED, alice, RATES)
        found = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = found and found[1].replace("&amp;", "&")
    assert seen == sorted(made, reverse=True)


def test_the_count_says_how_many_by_whom_on_what(sign_in, cora, alice, bob):
    for person, target in ((alice, LEASE), (bob, LEASE), (bob, RATES)):
        record(Action.DOCUMENT_OPENED, person, target)
    said = sign_in(cora).get(reverse("audit:count", args=["acme"]), {"action": "document:opened"}).content.decode()
    assert "3 events" in said
    assert "by 2 people on 2 documents" in said


def test_a_count_stops_counting(cora, alice):
    for _ in range(12):
        record(Action.DOCUMENT_OPENED, alice, LEASE)
    counted = Trail(cora, AuditFilters(action=Action.DOCUMENT_OPENED)).count(limit=10)
    assert (counted.events, counted.more) == (10, True)


def test_the_story_says_what_changed_and_what_surrounds_it(sign_in, cora, adam, alice):
    record(Action.DOCUMENT_OPENED, adam, LEASE)
    sign_in(adam).post(reverse("tenants:role", args=["acme", alice.pk]), {"role": "editor"})
    event = AuditEvent.objects.filter(action=Action.MEMBER_ROLE_CHANGED).get()
    client = sign_in(cora)
    address = reverse("audit:event", args=["acme", event.pk])
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Adam Acme changed the role of Alice Acme" in part
    assert re.search(r"before: </span>member", part)
    assert re.search(r"after: </span>editor", part)
    assert "Adam Acme opened Lease register" in part
    assert "127.0.0.1" in part
    assert event.request_id in part
    assert "<html" not in part
    whole = client.get(address).content.decode()
    assert "<html" in whole
    assert f'data-event="{event.pk}"' in whole
    assert AuditEvent.objects.filter(action=Action.AUDIT_READ, target_id=str(event.pk)).count() == 2


def test_a_story_tells_times_as_people_write_them(sign_in, cora, alice):
    told = {
        "began": "2026-11-30T18:04:03+00:00",
        "ended": "2026-11-30T19:04:03+02:00",
        "erase_after": "2026-99-30T18:04:03Z",
    }
    event = record(Action.DOCUMENT_OPENED, alice.audit_actor(), LEASE, **told)
    page = sign_in(cora).get(reverse("audit:event", args=["acme", event.pk])).content.decode()
    assert "30 Nov 2026, 18:04:03 UTC" in page
    assert "30 Nov 2026, 17:04:03 UTC" in page
    assert "2026-99-30T18:04:03Z" in page


def test_the_story_leads_to_the_newer_and_the_older_event_of_what_was_asked_for(sign_in, cora, alice, bob):
    old, between, new = (record(Action.DOCUMENT_OPENED, who, LEASE).pk for who in (alice, bob, alice))
    middle = record(Action.DOCUMENT_OPENED, alice, RATES).pk
    newest = record(Action.DOCUMENT_OPENED, alice, LEASE).pk
    page = sign_in(cora).get(
        reverse("audit:event", args=["acme", new]),
        {"person": "alice", "document": "lease"},
        headers={"HX-Request": "1"},
    )
    page = page.content.decode()
    assert re.search(rf"data-story-previous href=\"[^\"]*/events/{newest}/\?", page)
    assert re.search(rf"data-story-next href=\"[^\"]*/events/{old}/\?", page)
    assert middle
    assert between


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30])
def test_an_event_that_does_not_exist_is_not_found(sign_in, cora, number):
    assert sign_in(cora).get(f"/t/acme/audit/events/{number}/").status_code == 404


def test_an_erased_person_is_shown_as_such_and_their_events_stay(sign_in, cora, alice, there):
    event = record(Action.QUESTION_ASKED, alice, personal={"question": "What is my salary?"})
    client = sign_in(cora)
    address = reverse("audit:event", args=["acme", event.pk])
    assert "What is my salary?" in client.get(address).content.decode()
    PersonKey.objects.filter(pk=alice.user_id).delete()
    page, story = client.get(there).content.decode(), client.get(address).content.decode()
    assert event.pk in rows(client.get(there, {"person": str(alice.user_id)}))
    assert "Erased person" in page
    for text in (page, story):
        assert "salary" not in text
        assert "Alice" not in text


PLANNED = [
    AuditFilters(),
    AuditFilters(looks=False),
    AuditFilters(action="audit:exported"),
    AuditFilters(action="document:"),
    AuditFilters(outcome="failed"),
    AuditFilters(person="alice"),
    AuditFilters(person="acme", action="grant:"),
    AuditFilters(document=LEASE.id),
    AuditFilters(since=timezone.now().date(), until=timezone.now().date(), outcome="refused"),
]


@pytest.mark.parametrize("wanted", PLANNED, ids=lambda f: f.query() or "everything")
def test_every_page_is_read_along_an_index_and_sorts_nothing(cora, alice, wanted):
    """However long the trail is: no scan of the table, no sorting in between."""
    if connection.vendor != "sqlite":
        pytest.skip("tells it from SQLite's plans")
    record(Action.DOCUMENT_OPENED, alice, LEASE)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        Trail(cora, wanted).page(before=10**9, limit=51)
    walked = [q["sql"] for q in queries if "audit_auditevent" in q["sql"]]
    assert walked
    for sql in walked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = " | ".join(row[3] for row in cursor.fetchall())
        assert "TEMP B-TREE" not in plan, (plan, sql)
        assert "SCAN audit_auditevent" not in plan, (plan, sql)
