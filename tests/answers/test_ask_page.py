"""The ask room over HTTP: with the script and without, and what it shows to whom."""

import re

import pytest

from answers.models import Answer, Feedback, Starter
from knowledge.permissions import grants

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"
FOLLOWS = {"X-Follows": "1", "HX-Request": "true"}


def test_without_script_the_whole_answer_comes_back(handbook, alice, browser_of):
    browser = browser_of(alice)
    got = browser.post("/ask/", data={"question": QUESTION})
    assert got.status_code == 302
    answer = Answer.objects.for_tenant(alice.tenant).get()
    assert got.headers["location"] == f"/t/acme/conversations/{answer.conversation_id}/#turn-{answer.pk}"
    page = browser.get(f"/conversations/{answer.conversation_id}/").text
    assert "three days a week" in page
    assert 'class="evidence"' in page
    assert f"/documents/{handbook.pk}/?citation=" in page
    assert page.count("<h1") == 1
    assert "1 of 1 statement is backed by a quote." in page


def test_with_script_the_place_of_the_answer_comes_back_and_then_its_events(handbook, alice, browser_of):
    browser = browser_of(alice)
    got = browser.post("/ask/", data={"question": QUESTION}, headers=FOLLOWS)
    assert got.status_code == 200
    assert got.headers["X-Conversation"].startswith("/t/acme/conversations/")
    events = re.search(r'data-events="([^"]+)"', got.text)[1].removeprefix("/t/acme")
    whole = re.search(r'data-whole="([^"]+)"', got.text)[1].removeprefix("/t/acme")
    story = browser.get(events).text
    assert "event: done" in story
    assert "event: citation" in story
    finished = browser.get(whole, headers=FOLLOWS).text
    assert "three days a week" in finished
    assert "data-evidence-for" in finished
    assert "<html" not in finished


def test_nothing_of_a_page_is_script_or_style_of_its_own(handbook, alice, browser_of):
    browser = browser_of(alice)
    browser.post("/ask/", data={"question": QUESTION})
    answer = Answer.objects.for_tenant(alice.tenant).get()
    for path in ("/", f"/conversations/{answer.conversation_id}/", f"/answers/{answer.pk}/receipt/", "/conversations/"):
        page = browser.get(path)
        assert page.status_code == 200
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page.text)


def test_a_question_that_is_too_long_says_what_to_do(handbook, alice, browser_of):
    got = browser_of(alice).post("/ask/", data={"question": "why " * 5_000}, headers=FOLLOWS)
    assert got.status_code == 400
    assert "20,000" in got.text or "19,999" in got.text
    assert "Shorten it" in got.text
    assert not Answer.objects.for_tenant(alice.tenant).exists()


def test_the_empty_page_counts_and_offers_only_what_one_may_read(handbook, alice, bob, browser_of, ask):
    ask(alice, QUESTION)
    hers, his = browser_of(alice).get("/").text, browser_of(bob).get("/").text
    assert QUESTION in hers
    assert "Travel expenses" in hers
    assert 'class="count">2</span>' in hers
    assert QUESTION not in his
    assert "Travel expenses" not in his
    assert "No documents yet" in his


def test_a_question_that_is_offered_to_begin_with_is_not_offered_twice(handbook, alice, browser_of, ask):
    Starter.objects.create(tenant=alice.tenant, question=QUESTION, documents=[str(handbook.pk)])
    ask(alice, QUESTION)
    page = browser_of(alice).get("/").text
    assert page.count(f"{QUESTION}<span") == 1
    assert "Recent helpful answers" not in page


def test_a_question_of_one_colleague_stays_theirs_and_one_of_two_is_offered(
    handbook, shelf, erin, alice, bob, browser_of, ask
):
    grants.give(shelf, "read", bob, by=erin)
    ask(alice, QUESTION)
    assert QUESTION not in browser_of(bob).get("/").text
    ask(erin, QUESTION)
    assert QUESTION in browser_of(bob).get("/").text


def test_a_first_editor_is_told_the_three_steps(kept, erin, browser_of):
    assert "Three steps to the first answer" in browser_of(erin).get("/").text


def test_conversations_are_seen_by_nobody_else(handbook, alice, bob, mallory, ask, browser_of):
    events = ask(alice, QUESTION)
    answer_id, conversation = events[0].data["answer_id"], events[0].data["conversation_id"]
    for stranger in (bob, mallory):
        browser = browser_of(stranger)
        for path in (
            f"/conversations/{conversation}/",
            f"/conversations/{conversation}/rename/",
            f"/conversations/{conversation}/remove/",
            f"/answers/{answer_id}/",
            f"/answers/{answer_id}/receipt/",
        ):
            assert browser.get(path).status_code == 404
        assert browser.post(f"/answers/{answer_id}/stop/").status_code == 404
        assert browser.post(f"/answers/{answer_id}/feedback/", data={"verdict": "helpful"}).status_code == 404
        assert browser.post("/ask/", data={"question": QUESTION, "conversation": conversation}).status_code == 404


def test_one_press_records_and_reasons_may_follow(handbook, alice, ask, browser_of):
    answer_id = ask(alice, QUESTION)[0].data["answer_id"]
    browser = browser_of(alice)
    first = browser.post(f"/answers/{answer_id}/feedback/", data={"verdict": "not_helpful"}, headers=FOLLOWS)
    assert "Recorded. What was wrong?" in first.text
    assert Feedback.objects.for_tenant(alice.tenant).get().verdict == "not_helpful"
    more = {"verdict": "not_helpful", "step": "more", "reasons": ["outdated", "incomplete"], "comment": "Old figures"}
    assert "Recorded, thank you." in browser.post(f"/answers/{answer_id}/feedback/", data=more, headers=FOLLOWS).text
    given = Feedback.objects.for_tenant(alice.tenant).get()
    assert (given.reasons, given.comment) == (["outdated", "incomplete"], "Old figures")
    bad = browser.post(f"/answers/{answer_id}/feedback/", data={"verdict": "excellent"}, headers=FOLLOWS)
    assert bad.status_code == 400


def test_history_is_searched_renamed_and_removed(handbook, alice, ask, browser_of):
    conversation = ask(alice, QUESTION)[0].data["conversation_id"]
    browser = browser_of(alice)
    assert "work from home" in browser.get("/conversations/", params={"q": "home"}).text
    assert "work from home" not in browser.get("/conversations/", params={"q": "pensions"}, headers=FOLLOWS).text
    assert browser.post(f"/conversations/{conversation}/rename/", data={"title": "Home days"}).status_code == 302
    assert "Home days" in browser.get("/").text
    assert browser.post(f"/conversations/{conversation}/remove/").status_code == 302
    assert browser.get(f"/conversations/{conversation}/").status_code == 404
    assert not Answer.objects.for_tenant(alice.tenant).exists()


def test_a_running_answer_is_taken_up_again_after_a_reload(handbook, alice, browser_of, writes):
    writes("echo-words-60")
    browser = browser_of(alice)
    shell = browser.post("/ask/", data={"question": QUESTION}, headers=FOLLOWS)
    page = browser.get(shell.headers["X-Conversation"].removeprefix("/t/acme")).text
    assert "data-answering" in page
    assert re.search(r'data-events="[^"]+"', page)
    stopping = re.search(r'data-stop-url="([^"]+)"', page)[1].removeprefix("/t/acme")
    assert browser.post(stopping, headers=FOLLOWS).status_code == 204
