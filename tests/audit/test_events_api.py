"""REST: the trail, page by page."""

import pytest

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.record import record
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db
EVENTS = "/t/acme/api/v1/audit/events/"
LEASE = Target("document", "7f1d6a40-0000-4000-8000-000000000001", "Lease register")


def test_an_event_is_told_whole(client, cora, adam, alice, bearer):
    record(Action.GRANT_GIVEN, adam, LEASE, subject=alice, right="read")
    event = client.get(EVENTS, {"action": "grant:given"}, headers=bearer(cora, "audit")).json()["results"][0]
    assert event["actor"] | {"kind": "person", "name": "Adam Acme", "email": "adam@acme.example"} == event["actor"]
    assert event["subject"]["id"] == str(alice.user_id)
    assert event["target"] == {"type": "document", "id": LEASE.id, "name": "Lease register"}
    assert event["data"] == {"right": "read"}
    assert (event["what"], event["outcome"]) == ("Gave access", "done")


def test_the_cursor_leads_through_everything_once(client, cora, alice, bearer):
    made = [record(Action.DOCUMENT_OPENED, alice, LEASE).pk for _ in range(25)]
    headers, seen = bearer(cora, "audit"), []
    address = f"{EVENTS}?action=document:opened&limit=10"
    while address:
        body = client.get(address, headers=headers).json()
        seen += [event["id"] for event in body["results"]]
        record(Action.DOCUMENT_OPENED, alice, LEASE)
        address = body["next"]
    assert seen == made[::-1]


def test_reading_is_recorded(client, cora, bearer):
    client.get(EVENTS, headers=bearer(cora, "audit"))
    look = AuditEvent.objects.filter(action=Action.AUDIT_READ).get()
    assert (look.actor_id, look.actor_kind) == (cora.user_id, "key")


@pytest.mark.parametrize("wrong", [{"limit": "0"}, {"limit": "x"}, {"cursor": "-1"}, {"cursor": "²"}, {"since": "x"}])
def test_values_that_do_not_fit_are_explained(client, cora, bearer, wrong):
    response = client.get(EVENTS, wrong, headers=bearer(cora, "audit"))
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_a_page_is_never_longer_than_the_limit(client, cora, bearer):
    assert client.get(EVENTS, {"limit": "999999"}, headers=bearer(cora, "audit")).status_code == 200


def test_the_session_of_an_auditor_opens_it_too(sign_in, cora, alice):
    assert sign_in(cora).get(EVENTS).status_code == 200
    assert sign_in(alice).get(EVENTS).status_code == 403
