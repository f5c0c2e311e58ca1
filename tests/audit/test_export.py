"""Exports: complete, streamed, defused, recorded."""

import csv
import io
import json
import re

import pytest
from django.test import AsyncClient
from django.urls import reverse

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.record import record
from audit.models import AuditEvent, PersonKey
from audit.trail import export as exporting
from audit.trail.export import COLUMNS, defused

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators"),
]
API = "/t/acme/api/v1/audit/export/"
LEASE = Target("document", "7f1d6a40-0000-4000-8000-000000000001", "Lease register")


def text(response) -> str:
    return b"".join(response).decode()


def table(response) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text(response))))


def test_a_csv_holds_every_event_the_oldest_first(client, cora, alice, bearer):
    record(Action.QUESTION_ASKED, alice, personal={"question": "Who signs?"})
    headers = bearer(cora, "audit")
    expected = list(AuditEvent.objects.filter(tenant_id=cora.tenant_id).order_by("id").values_list("id", flat=True))
    response = client.get(API, {"format": "csv"}, headers=headers)
    assert response["Content-Type"].startswith("text/csv")
    assert re.fullmatch(r'attachment; filename="audit-acme-\d{8}-\d{6}\.csv"', response["Content-Disposition"])
    rows = table(response)
    assert [int(row["id"]) for row in rows] == expected
    assert list(rows[0]) == COLUMNS
    asked = next(row for row in rows if row["action"] == "question:asked")
    assert (asked["actor_name"], asked["actor_email"]) == ("Alice Acme", "alice@acme.example")
    assert json.loads(asked["personal"]) == {"question": "Who signs?"}


def test_json_lines_hold_the_same(client, cora, bearer):
    lines = text(client.get(API, {"format": "jsonl"}, headers=bearer(cora, "audit"))).splitlines()
    events = [json.loads(line) for line in lines]
    assert events[0]["action"] == "tenant:created"
    assert events[0]["actor"]["kind"] == "system"
    assert set(events[0]) == {
        "id", "time", "action", "what", "outcome", "actor", "subject", "target", "origin", "request_id", "data",
        "personal", "objects",
    }  # fmt: skip


def test_an_export_goes_on_over_many_blocks(client, cora, alice, bearer, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS_PER_BLOCK", 7)
    made = [record(Action.DOCUMENT_OPENED, alice, LEASE, page=n).pk for n in range(50)]
    headers = bearer(cora, "audit")
    for wanted in ({"action": "document:opened"}, {"person": "alice", "document": "lease"}):
        rows = table(client.get(API, wanted, headers=headers))
        assert [int(row["id"]) for row in rows] == made


def test_what_is_written_while_it_runs_is_not_in_it(cora, alice):
    from audit.trail.filters import AuditFilters

    response = exporting.export(cora, AuditFilters(), exporting.Format.CSV)
    late = record(Action.DOCUMENT_OPENED, alice, LEASE)
    assert str(late.pk) not in [row["id"] for row in table(response)]


def test_an_export_is_recorded_with_its_filters_and_its_count(client, cora, alice, bearer):
    for _ in range(3):
        record(Action.DOCUMENT_OPENED, alice, LEASE)
    rows = table(client.get(API, {"person": "alice", "action": "document:"}, headers=bearer(cora, "audit")))
    event = AuditEvent.objects.filter(action=Action.AUDIT_EXPORTED).get()
    assert (event.actor_id, event.actor_kind) == (cora.user_id, "key")
    assert event.data["events"] == len(rows) == 3
    assert event.data["filters"] == {"action": "document:"}
    assert "alice" not in str(event.data)


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"), ("+49", "'+49"), ("-2", "'-2"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
        ("\r=x", "'\r=x"), ("\n=x", "'\n=x"), (" =x", "' =x"), ("plain", "plain"), ("a=b", "a=b"), (None, ""),
        (7, "7"), ("", ""),
    ],
)  # fmt: skip
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(cell, safe):
    assert defused(cell) == safe


def test_a_title_that_is_a_formula_leaves_as_text(client, cora, alice, bearer):
    record(Action.DOCUMENT_OPENED, alice, Target("document", "x", '=HYPERLINK("http://evil.example","go")'))
    headers = {"User-Agent": "=cmd|' /C calc'!A0"} | bearer(cora, "audit")
    client.get("/t/acme/api/v1/audit/events/", headers=headers)
    rows = table(client.get(API, headers=headers))
    for row in rows:
        for cell in row.values():
            assert cell[:1] not in ("=", "+", "-", "@")
    assert any(row["target_name"].startswith("'=HYPERLINK") for row in rows)


def test_an_erased_person_leaves_no_name_in_an_export(client, cora, alice, bearer):
    record(Action.QUESTION_ASKED, alice, personal={"question": "What is my salary?"})
    PersonKey.objects.filter(pk=alice.user_id).delete()
    body = text(client.get(API, headers=bearer(cora, "audit")))
    assert "Erased person" in body
    assert "alice@" not in body
    assert "salary" not in body


def test_the_page_exports_what_it_shows(sign_in, cora, alice):
    record(Action.DOCUMENT_OPENED, alice, LEASE)
    client = sign_in(cora)
    client.get(reverse("audit:trail", args=["acme"]))
    there = reverse("audit:export", args=["acme"])
    rows = table(client.post(there, {"format": "csv"}))
    assert "audit:read" not in {row["action"] for row in rows}
    rows = table(client.post(there, {"format": "csv", "q": "lease"}))
    assert [row["target_name"] for row in rows] == ["Lease register"]
    assert client.get(there).status_code == 405
    assert client.post(there, {"format": "xlsx"}).status_code == 400


@pytest.mark.parametrize("name", ["alice", "erin", "adam"])
def test_only_auditors_export_whatever_their_key_says(request, client, name, bearer, acme):
    headers = bearer(request.getfixturevalue(name), "audit", "read")
    for address in (API, "/t/acme/api/v1/audit/events/"):
        response = client.get(address, headers=headers)
        assert response.status_code == 403
        assert response["Content-Type"] == "application/problem+json"


def test_a_key_without_the_scope_exports_nothing(client, cora, bearer):
    assert client.get(API, headers=bearer(cora, "read", "ask", "write")).status_code == 403


def test_an_unknown_format_is_explained(client, cora, bearer):
    response = client.get(API, {"format": "xlsx"}, headers=bearer(cora, "audit"))
    assert response.status_code == 400
    assert "csv or jsonl" in response.json()["detail"]


def test_another_companys_events_are_never_in_it(client, cora, mallory, bearer):
    record(Action.DOCUMENT_OPENED, mallory, Target("document", "g", "Globex secret"))
    assert "Globex" not in text(client.get(API, headers=bearer(cora, "audit")))


@pytest.mark.django_db(transaction=True)
async def test_the_real_server_streams_it_in_pieces(cora, alice, bearer, monkeypatch):
    from asgiref.sync import sync_to_async

    monkeypatch.setattr(exporting, "ROWS_PER_BLOCK", 5)
    headers = await sync_to_async(bearer)(cora, "audit")
    for _ in range(12):
        await sync_to_async(record)(Action.DOCUMENT_OPENED, alice, LEASE)
    response = await AsyncClient().get(API, {"action": "document:opened"}, headers=headers)
    assert response.streaming
    pieces = [piece async for piece in response]
    assert len(pieces) == 1 + 3
    assert b"".join(pieces).count(b"document:opened") == 12
