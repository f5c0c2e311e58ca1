"""What the pages do with links of answers, programs can do too, and no more than their people may."""

import uuid

import pytest

from answers.models import Answer, Citation, SharedAnswer
from audit.models import AuditEvent
from knowledge.permissions import grants

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"


@pytest.fixture
def answered(handbook, alice, ask):
    ask(alice, QUESTION)
    return Answer.objects.for_tenant(alice.tenant).get()


def share(program, answer) -> dict:
    made = program.post(f"/messages/{answer.pk}/share/")
    assert made.status_code == 201, made.text
    return made.json()


def is_problem(got, status: int) -> bool:
    return got.status_code == status and got.headers["content-type"] == "application/problem+json"


def test_a_link_is_made_once_listed_opened_as_a_page_and_ended(answered, alice, program_of, browser_of):
    program, address = program_of(alice), f"/messages/{answered.pk}/share/"
    assert is_problem(program.get(address), 404)
    link = share(program, answered)
    assert (link["answer"], link["question"]) == (str(answered.pk), QUESTION)
    assert share(program, answered) == link == program.get(address).json()
    assert program.get("/shared/").json()["results"] == [link]
    assert AuditEvent.objects.filter(action="answer:shared").count() == 1
    assert QUESTION in browser_of(alice).get(link["url"]).text

    assert program.delete(address).status_code == 204
    assert program.delete(address).status_code == 204
    assert AuditEvent.objects.filter(action="answer:share-ended").count() == 1
    assert program.get("/shared/").json()["results"] == []
    assert is_problem(program.get(f"/shared/{link['id']}/"), 404)
    assert share(program, answered)["id"] != link["id"]


def test_a_colleague_is_told_as_much_as_the_page_would_show_and_opening_is_recorded(
    answered, handbook, upload, alice, bob, erin, program_of
):
    pay = upload("pay.md", "# Pay bands\n\nThe director earns a fortune.\n")
    read = Citation.objects.for_tenant(alice.tenant).filter(answer=answered).first()
    secret = Citation.objects.create(
        tenant=alice.tenant, answer=answered, number=9, document_id=pay.pk, title="Pay bands", heading="Bands",
        quote="a fortune", start=0, end=9, context="a fortune", context_start=0,
        version_id=uuid.uuid4(), version_number=1, passage_id=uuid.uuid4(), page=1,
    )  # fmt: skip
    both = {"citations": [str(read.pk), str(secret.pk)], "supported": True, "claims": True}
    answered.sentences = [*answered.sentences, {"text": "The director earns a fortune.", **both}]
    answered.text += " The director earns a fortune."
    answered.save()
    link = share(program_of(alice), answered)
    assert is_problem(program_of(bob).get(f"/shared/{link['id']}/"), 404)
    assert not AuditEvent.objects.filter(action="answer:opened").exists()

    grants.give(handbook, "read", bob, by=erin)
    got = program_of(bob).get(f"/shared/{link['id']}/")
    told = got.json()
    assert "three days a week" in told["answer"]
    assert (told["question"], told["shared_by"], told["cut"]) == (QUESTION, "Alice Acme", True)
    assert [citation["document_id"] for citation in told["citations"]] == [str(handbook.pk)]
    for hidden in ("fortune", "Pay bands", str(answered.conversation_id), str(answered.pk)):
        assert hidden not in got.text
    event = AuditEvent.objects.get(action="answer:opened")
    assert (event.actor_id, event.target_id) == (bob.user_id, str(answered.pk))

    grants.give(pay.collection, "read", bob, by=erin)
    whole = program_of(bob).get(f"/shared/{link['id']}/").json()
    assert (whole["cut"], "fortune" in whole["answer"]) == (False, True)


def test_only_whoever_asked_makes_sees_and_ends_the_link(answered, handbook, alice, bob, erin, mallory, program_of):
    grants.give(handbook, "read", bob, by=erin)
    link = share(program_of(alice), answered)
    for other in (bob, mallory):
        program = program_of(other)
        for method in (program.get, program.post, program.delete):
            assert is_problem(method(f"/messages/{answered.pk}/share/"), 404)
        assert program.get("/shared/").json()["results"] == []
    assert is_problem(program_of(mallory).get(f"/shared/{link['id']}/"), 404)
    assert SharedAnswer.objects.for_tenant(alice.tenant).count() == 1


def test_a_key_needs_the_scope(answered, alice, program_of):
    reader, asker = program_of(alice, "read"), program_of(alice, "ask")
    address = f"/messages/{answered.pk}/share/"
    assert is_problem(reader.post(address), 403)
    link = share(asker, answered)
    assert is_problem(asker.get("/shared/"), 403)
    assert is_problem(reader.delete(address), 403)
    assert reader.get(address).json() == link


def test_an_answer_without_sources_is_refused_with_a_reason(handbook, alice, ask, program_of):
    ask(alice, "What is the airspeed of an unladen swallow?")
    answer = Answer.objects.for_tenant(alice.tenant).get()
    got = program_of(alice).post(f"/messages/{answer.pk}/share/")
    assert is_problem(got, 409)
    assert (got.json()["code"], got.json()["hint"]) == ("conflict", "Share the question instead.")
