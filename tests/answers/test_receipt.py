"""What an answer rests on, and what of it may still be seen when rights have changed."""

import json

import pytest

from answers.models import Citation, Receipt
from knowledge.library.documents import change_document
from knowledge.permissions import grants

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"


def test_the_receipt_names_what_was_searched_read_and_cited(handbook, alice, ask, shown, writes):
    writes("echo")
    receipt = shown(alice, ask(alice, QUESTION)).receipt
    assert receipt["question"] == QUESTION
    assert receipt["phrasings"] == [QUESTION]
    assert receipt["release"]["model"] == "echo"
    assert receipt["release"]["mode"] == "written"
    assert receipt["usage"]["prompt_tokens"] > 0
    assert receipt["rights"]["role"] == "member"
    used = [each for each in receipt["read"] if each["used"]]
    assert used[0]["document_id"] == str(handbook.pk)
    assert used[0]["version_number"] == 1
    assert used[0]["basis"]
    assert receipt["statements"]["backed"] <= receipt["statements"]["made"]
    assert receipt["seconds"]["total"] >= receipt["seconds"]["search"]


def test_a_refusal_has_a_receipt_too(handbook, alice, ask, shown):
    receipt = shown(alice, ask(alice, "May I bring my dog to Eindhoven?")).receipt
    assert receipt["evidence"]["enough"] is False
    assert receipt["read"]
    assert not any(each["used"] for each in receipt["read"])


@pytest.fixture
def revoked(handbook, shelf, alice, erin, ask):
    """An answer of Alice's whose document she may no longer read."""
    events = ask(alice, QUESTION)
    grants.revoke(shelf, alice, by=erin)
    return events


def test_a_revoked_source_shows_only_that(revoked, alice, shown):
    answer = shown(alice, revoked)
    assert answer.text == ""
    assert answer.withheld == len(answer.sentences)
    assert all(citation.lost and not citation.title and not citation.quote for citation in answer.citations)
    assert answer.unused == ()
    assert {each["title"] for each in answer.receipt["read"]} == {"No longer shared with you"}


def test_no_door_tells_what_was_revoked(revoked, alice, browser_of, program_of):
    answer_id, conversation = revoked[0].data["answer_id"], revoked[0].data["conversation_id"]
    program, browser = program_of(alice), browser_of(alice)
    told = [
        program.get(f"/answers/{answer_id}/").text,
        program.get(f"/answers/{answer_id}/receipt/").text,
        program.get(f"/answers/{answer_id}/events/").text,
        program.get(f"/conversations/{conversation}/").text,
        browser.get(f"/conversations/{conversation}/").text,
        browser.get(f"/answers/{answer_id}/receipt/").text,
        browser.get(f"/answers/{answer_id}/", headers={"X-Follows": "1"}).text,
        browser.get("/").text,
    ]
    for door in told:
        assert "three days" not in door
        assert "Working from home" not in door
        assert "first day of employment" not in door
    assert "No longer shared with you" in told[0]
    assert "No longer shared with you" in told[4]


def test_a_follow_up_does_not_repeat_what_was_revoked(revoked, alice, ask, writes, model_server):
    writes("echo")
    del model_server[1].requests[:]
    ask(alice, "And on Fridays?", conversation_id=revoked[0].data["conversation_id"])
    assert "three days" not in json.dumps(model_server[1].requests)


def test_only_what_rests_on_the_revoked_document_is_withheld(handbook, upload, shelf, alice, erin, ask, shown, writes):
    security = upload("security.md", "# Security plan\n\nBadges are worn in the building at all times.")
    writes(
        "fixed:Office staff may work from home up to three days a week, from the first day of employment. "
        "Badges are worn in the building at all times."
    )
    events = ask(alice, "How many days may I work from home, and are badges worn in the building at all times?")
    before = shown(alice, events)
    assert {citation.document_id for citation in before.citations} == {handbook.pk, security.pk}
    change_document(erin, security, restricted=True)
    after = shown(alice, events)
    assert "three days" in after.text
    assert "Badges" not in after.text
    assert after.withheld == 1


def test_shared_again_it_is_shown_again(revoked, shelf, alice, erin, shown):
    grants.give(shelf, "read", alice, by=erin)
    answer = shown(alice, revoked)
    assert "three days a week" in answer.text
    assert answer.withheld == 0


def test_what_is_kept_names_version_and_place(handbook, alice, ask):
    ask(alice, QUESTION)
    citation = Citation.objects.for_tenant(alice.tenant).get(number=1)
    text = handbook.current_version.content.text
    assert text[citation.start : citation.end] == citation.quote
    end = citation.context_start + len(citation.context)
    assert text[citation.context_start : end] == citation.context
    assert citation.version_id == handbook.current_version_id
    assert Receipt.objects.for_tenant(alice.tenant).count() == 1
