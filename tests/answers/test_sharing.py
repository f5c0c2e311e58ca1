"""An answer by its link: who sees how much of it, until when; and the questions near it."""

import uuid

import pytest

from answers.conversations import sharing
from answers.models import Answer, Citation, SharedAnswer, Starter
from audit.models import AuditEvent
from knowledge.permissions import grants
from tenants.errors import Conflicting
from tenants.isolation.scope import in_tenant

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"


@pytest.fixture
def answered(handbook, alice, ask):
    ask(alice, QUESTION)
    return Answer.objects.for_tenant(alice.tenant).get()


def link_of(member, answer) -> str:
    with in_tenant(member.tenant):
        return f"/shared/{sharing.share(member, answer.pk).pk}/"


def test_a_colleague_who_reads_the_sources_sees_answer_and_evidence(answered, handbook, alice, bob, erin, browser_of):
    address = link_of(alice, answered)
    grants.give(handbook, "read", bob, by=erin)
    page = browser_of(bob).get(address).text
    assert QUESTION in page
    assert "three days a week" in page
    assert "Shared by Alice Acme" in page
    assert f"/documents/{handbook.pk}/?citation=" in page
    assert "Left out" not in page
    event = AuditEvent.objects.filter(action="answer:opened").latest("id")
    assert (event.actor_id, event.target_id) == (bob.user_id, str(answered.pk))


def test_a_colleague_who_reads_none_of_it_finds_nothing_and_a_wrong_link_looks_the_same(
    answered, alice, bob, browser_of
):
    address = link_of(alice, answered)
    browser = browser_of(bob)
    hidden, nothing = browser.get(address), browser.get(f"/shared/{uuid.uuid4()}/")
    assert hidden.status_code == nothing.status_code == 404
    assert QUESTION not in hidden.text
    assert not AuditEvent.objects.filter(action="answer:opened").exists()


def test_a_right_that_ends_takes_the_shared_answer_along(answered, handbook, alice, bob, erin, browser_of):
    address = link_of(alice, answered)
    browser = browser_of(bob)
    grants.give(handbook, "read", bob, by=erin)
    assert browser.get(address).status_code == 200
    grants.revoke(handbook, bob, by=erin)
    assert browser.get(address).status_code == 404


def test_a_sentence_needs_all_its_sources_and_what_is_left_out_is_neither_named_nor_counted(
    handbook, answered, upload, alice, bob, erin, browser_of
):
    pay = upload("pay.md", "# Pay bands\n\nThe director earns a fortune.\n")
    read = Citation.objects.for_tenant(alice.tenant).filter(answer=answered).first()
    fields = {"version_id": uuid.uuid4(), "version_number": 1, "passage_id": uuid.uuid4(), "page": 1}
    secret = Citation.objects.create(
        tenant=alice.tenant, answer=answered, number=9, document_id=pay.pk, title="Pay bands", heading="Bands",
        quote="a fortune", start=0, end=9, context="a fortune", context_start=0, **fields,
    )  # fmt: skip
    both = {"citations": [str(read.pk), str(secret.pk)], "supported": True, "claims": True}
    answered.sentences = [
        *answered.sentences,
        {"text": "The director earns a fortune and works from home.", **both},
        {"text": "In short, all is well.", "citations": [], "supported": False, "claims": False},
    ]
    answered.save()
    address = link_of(alice, answered)
    grants.give(handbook, "read", bob, by=erin)
    page = browser_of(bob).get(address).text
    assert "three days a week" in page
    assert "Text from documents that are not shared with you." in page
    for hidden in ("fortune", "Pay bands", "No longer shared"):
        assert hidden not in page
    assert "1 of 1 statement is backed by a quote." in page


def test_only_whoever_asked_shares_and_only_one_answer_of_the_conversation(answered, alice, bob, ask, browser_of):
    assert browser_of(bob).get(f"/answers/{answered.pk}/share/").status_code == 404
    assert browser_of(bob).post(f"/answers/{answered.pk}/share/").status_code == 404
    ask(alice, "What is the meal allowance?", conversation_id=answered.conversation_id)
    browser = browser_of(alice)
    got = browser.post(f"/answers/{answered.pk}/share/", follow_redirects=True)
    assert got.status_code == 200
    link = SharedAnswer.objects.for_tenant(alice.tenant).get()
    assert f"/t/acme/shared/{link.pk}/" in got.text
    page = browser.get(f"/shared/{link.pk}/").text
    assert "meal allowance?</h" not in page
    assert AuditEvent.objects.filter(action="answer:shared", target_id=str(answered.pk)).count() == 1


def test_an_ended_link_opens_nothing_and_a_new_one_is_another(answered, handbook, alice, bob, erin, browser_of):
    grants.give(handbook, "read", bob, by=erin)
    old = link_of(alice, answered)
    assert browser_of(alice).post(f"/answers/{answered.pk}/share/", data={"act": "end"}).status_code == 302
    assert browser_of(bob).get(old).status_code == 404
    assert AuditEvent.objects.filter(action="answer:share-ended").exists()
    assert link_of(alice, answered) != old


def test_another_companys_people_find_nothing_under_either_address(answered, alice, mallory, browser_of):
    address = link_of(alice, answered)
    assert browser_of(mallory).get(address).status_code == 404
    assert browser_of(mallory).get(f"/answers/{answered.pk}/share/").status_code == 404


def test_a_citation_of_a_shared_answer_opens_the_marked_passage_and_leads_back(
    answered, handbook, alice, bob, erin, browser_of
):
    citation = Citation.objects.for_tenant(alice.tenant).filter(answer=answered).first()
    grants.give(handbook, "read", bob, by=erin)
    browser = browser_of(bob)
    before = browser.get(f"/documents/{handbook.pk}/?citation={citation.pk}").text
    assert "Cited in the answer" not in before
    address = link_of(alice, answered)
    page = browser.get(f"/documents/{handbook.pk}/?citation={citation.pk}").text
    assert "Cited in the answer" in page
    assert f"/t/acme{address}#evidence-{citation.pk}" in page
    assert str(answered.conversation_id) not in page


def test_an_answer_without_sources_is_not_shared(handbook, alice, ask, browser_of):
    ask(alice, "What is the airspeed of an unladen swallow?")
    answer = Answer.objects.for_tenant(alice.tenant).get()
    with in_tenant(alice.tenant), pytest.raises(Conflicting):
        sharing.share(alice, answer.pk)
    assert "This one has none" in browser_of(alice).get(f"/answers/{answer.pk}/share/").text


def test_a_removed_conversation_takes_its_link_along(answered, handbook, alice, bob, erin, browser_of):
    grants.give(handbook, "read", bob, by=erin)
    address = link_of(alice, answered)
    browser_of(alice).post(f"/conversations/{answered.conversation_id}/remove/")
    assert browser_of(bob).get(address).status_code == 404


def test_related_questions_rest_on_the_same_documents_and_on_readable_ones_alone(answered, handbook, alice, browser_of):
    def suggest(question, *documents):
        Starter.objects.create(tenant=alice.tenant, question=question, documents=[str(pk) for pk in documents])

    suggest("Who lends me a laptop?", handbook.pk)
    suggest("What else is far away?", uuid.uuid4())
    suggest("What do bosses earn at home?", handbook.pk, uuid.uuid4())
    suggest(QUESTION, handbook.pk)
    page = browser_of(alice).get(f"/conversations/{answered.conversation_id}/").text
    related = page.split("Related questions")[1].split("</section>")[0]
    assert "Who lends me a laptop?" in related
    for absent in ("far away", "bosses", QUESTION):
        assert absent not in related
