"""Asking by REST: one object, clear refusals of what cannot be, and nothing of anybody else's."""

from uuid import uuid4

import pytest
from django.db import OperationalError

from answers.models import Answer, Conversation

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"


def test_one_object_with_answer_and_citations(handbook, alice, program_of):
    got = program_of(alice).post("/ask/", json={"question": QUESTION})
    assert got.status_code == 200
    answer = got.json()
    citation = answer["citations"][0]
    assert "three days a week" in answer["answer"]
    assert answer["refused"] is False
    assert 0 < answer["confidence"] <= 1
    assert citation["document_id"] == str(handbook.pk)
    assert citation["title"] == "Working from home"
    assert citation["page"] == 1
    assert handbook.current_version.content.text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_refusal_says_so(handbook, alice, program_of):
    answer = program_of(alice).post("/ask/", json={"question": "May I bring my dog to Eindhoven?"}).json()
    assert answer["refused"] is True
    assert answer["citations"] == []
    assert answer["closest"]


def test_an_answer_that_could_not_be_kept_at_all_is_no_answer(handbook, alice, program_of, monkeypatch):
    def away(*arguments):
        raise OperationalError("the database is away")

    monkeypatch.setattr("answers.generation.ask.end", away)
    monkeypatch.setattr("answers.persistence.event_log.give_up", away)
    got = program_of(alice).post("/ask/", json={"question": QUESTION})
    assert (got.status_code, got.headers["content-type"]) == (503, "application/problem+json")
    assert got.json()["code"] == "unavailable"
    assert Answer.objects.for_tenant(alice.tenant).get().question == QUESTION


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"question": ""}, "invalid"),
        ({"question": " ?!"}, "question_missing"),
        ({"question": "a " * 10_000}, "question_too_long"),
        ({"question": "\ud800 what"}, "invalid"),
        ({"question": "what\x00"}, "invalid"),
        ({"question": ["a", "list"]}, "invalid"),
        ({"question": "Who?", "conversation": "not-an-id"}, "invalid"),
        ({"question": "Who?", "filters": {"dated_from": "yesterday"}}, "invalid"),
    ],
)
def test_a_question_that_cannot_be_asked_gets_a_clear_refusal(alice, program_of, body, code):
    import json

    got = program_of(alice).post("/ask/", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert got.status_code == 400
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json()["code"] == code
    assert not Answer.objects.for_tenant(alice.tenant).exists()


@pytest.mark.parametrize("body", [b'{"question": "\xff\xfe"}', b"{", b"\x00", b"[1, 2]"])
def test_a_body_that_cannot_be_read_is_refused(alice, program_of, body):
    got = program_of(alice).post("/ask/", content=body, headers={"Content-Type": "application/json"})
    assert got.status_code == 400


def test_characters_nobody_sees_do_no_harm(handbook, alice, program_of):
    answer = program_of(alice).post("/ask/", json={"question": f"\x07{QUESTION}\x1b"}).json()
    assert answer["question"] == QUESTION
    assert not answer["refused"]


def test_unknown_ids_and_those_of_others_are_alike(handbook, alice, bob, mallory, ask, program_of, shelf):
    events = ask(alice, QUESTION)
    theirs, conversation = events[0].data["answer_id"], events[0].data["conversation_id"]
    for stranger in (bob, mallory):
        client = program_of(stranger)
        for answer_id in (theirs, uuid4()):
            assert client.get(f"/answers/{answer_id}/").status_code == 404
            assert client.get(f"/answers/{answer_id}/receipt/").status_code == 404
            assert client.post(f"/answers/{answer_id}/stop/").status_code == 404
            assert client.post(f"/messages/{answer_id}/feedback/", json={"verdict": "helpful"}).status_code == 404
        for conversation_id in (conversation, uuid4()):
            assert client.get(f"/conversations/{conversation_id}/").status_code == 404
            assert client.patch(f"/conversations/{conversation_id}/", json={"title": "Mine"}).status_code == 404
            assert client.delete(f"/conversations/{conversation_id}/").status_code == 404
            asked = client.post("/ask/", json={"question": QUESTION, "conversation": str(conversation_id)})
            assert asked.status_code == 404
        narrowed = client.post("/ask/", json={"question": QUESTION, "filters": {"collections": [str(shelf.pk)]}})
        assert narrowed.status_code == 404
        assert client.get("/conversations/").json()["results"] == []


def test_a_key_needs_the_scope_to_ask(handbook, alice, program_of):
    got = program_of(alice, "read").post("/ask/", json={"question": QUESTION})
    assert got.status_code == 403
    assert not Answer.objects.for_tenant(alice.tenant).exists()


def test_without_a_key_nobody_asks(portal, alice):
    import httpx

    assert httpx.post(f"{portal}/t/acme/api/v1/ask/", json={"question": QUESTION}).status_code == 401


def test_conversations_are_listed_searched_renamed_and_removed(handbook, alice, program_of):
    client = program_of(alice)
    first = client.post("/ask/", json={"question": QUESTION}).json()
    client.post("/ask/", json={"question": "What is the daily meal allowance?"})
    client.post("/ask/", json={"question": "And for hotels?", "conversation": first["conversation"]})
    assert len(client.get("/conversations/").json()["results"]) == 2
    found = client.get("/conversations/", params={"q": "hotels"}).json()["results"]
    assert [each["id"] for each in found] == [first["conversation"]]
    whole = client.get(f"/conversations/{first['conversation']}/").json()
    assert [answer["question"] for answer in whole["answers"]] == [QUESTION, "And for hotels?"]
    renamed = client.patch(f"/conversations/{first['conversation']}/", json={"title": "Home"})
    assert renamed.json()["title"] == "Home"
    assert client.delete(f"/conversations/{first['conversation']}/").status_code == 204
    assert client.get(f"/answers/{first['id']}/").status_code == 404
    assert Conversation.objects.for_tenant(alice.tenant).count() == 1


def test_the_same_answer_by_command(handbook, alice, capsys):
    import json

    from django.core.management import call_command

    call_command("ask", QUESTION, tenant="acme", user=alice.user.email, json=True)
    answer = json.loads(capsys.readouterr().out)
    assert "three days a week" in answer["answer"]
    assert answer["citations"][0]["document_id"] == str(handbook.pk)
    call_command("ask", QUESTION, tenant="acme", user=alice.user.email)
    told = capsys.readouterr().out
    assert "three days a week" in told
    assert "[1] Working from home, page 1" in told
