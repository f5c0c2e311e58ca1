"""While the index lacks passages nobody is told that their documents do not say it: page, REST and command."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.management import call_command

from answers.models import Answer, State
from knowledge import backends, tasks
from knowledge.indexes import comparison_queue, consistency, index_writer

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"
UNANSWERED = "May I bring my dog to the office in Eindhoven?"
REBUILT = "The search index is being rebuilt: {} passages searched."


@pytest.fixture(autouse=True)
def nobody_compares(monkeypatch):
    monkeypatch.setattr(tasks.compare_next, "apply_async", lambda *given, **options: None)
    monkeypatch.setattr(comparison_queue, "_asked", {})
    monkeypatch.setattr(consistency, "_seen", {})


def lose(document) -> None:
    backends.store().drop(index_writer.namespace_of(document.tenant_id), [document.current_version_id])


def heal() -> None:
    while comparison_queue.waiting():
        cache.clear()
        tasks.compare_next()


def test_a_refusal_becomes_a_clear_word_about_the_index(handbook, alice, ask):
    lose(handbook)
    last = ask(alice, QUESTION)[-1]
    assert (last.kind, last.data["code"], last.data["retry"]) == ("error", "index_rebuilding", True)
    assert last.data["message"].startswith(REBUILT.format("1 of 2"))
    assert "Ask again" in last.data["message"]
    kept = Answer.objects.for_tenant(alice.tenant).get()
    assert (kept.state, kept.error_code) == (State.FAILED, "index_rebuilding")
    heal()
    assert ask(alice, QUESTION)[-1].data["state"] == "answered"


def test_so_it_does_where_nothing_is_found_at_all(acme, handbook, alice, ask):
    backends.store().destroy(index_writer.namespace_of(acme.pk))
    last = ask(alice, QUESTION)[-1]
    assert last.data["message"].startswith(REBUILT.format("0 of 2"))
    heal()
    assert ask(alice, QUESTION)[-1].data["state"] == "answered"


def test_an_honest_refusal_stays_one(handbook, alice, ask):
    assert ask(alice, UNANSWERED)[-1].data["state"] == "not_found"


def test_until_a_comparison_has_finished_there_are_no_refusals(acme, handbook, alice, ask):
    comparison_queue.request(acme.pk)
    last = ask(alice, UNANSWERED)[-1]
    assert last.data["code"] == "index_rebuilding"
    assert "is being checked" in last.data["message"]
    heal()
    assert ask(alice, UNANSWERED)[-1].data["state"] == "not_found"


def test_an_answer_from_what_is_left_says_what_it_was_made_from(handbook, alice, ask, upload):
    lose(upload("tea.md", "# Tea\n\nThe unicorn likes tea."))
    consistency._seen.clear()  # the store was away
    last = ask(alice, QUESTION)[-1]
    assert last.data["state"] == "answered"
    assert REBUILT.format("2 of 3") in last.data["message"]


def test_programs_are_told_by_problem_or_notice(acme, handbook, alice, program_of):
    lose(handbook)
    api = program_of(alice)
    asked = api.post("/ask/", json={"question": QUESTION}).json()
    assert asked["refused"] is False
    assert asked["state"] == "failed"
    found = api.post("/search/", json={"query": "meal allowance"}).json()
    assert found["results"]
    assert found["notice"] == REBUILT.format("1 of 2")
    backends.store().destroy(index_writer.namespace_of(acme.pk))
    refused = api.post("/search/", json={"query": "meal allowance"})
    assert (refused.status_code, refused.json()["code"]) == (503, "index_rebuilding")
    assert refused.json()["detail"] == REBUILT.format("0 of 2")
    heal()
    assert api.post("/search/", json={"query": "meal allowance"}).json()["notice"] == ""


def test_pages_say_so(acme, handbook, alice, browser_of):
    backends.store().destroy(index_writer.namespace_of(acme.pk))
    page = browser_of(alice).get("/search/?q=allowance")
    assert page.status_code == 503
    assert REBUILT.format("0 of 2") in page.text
    assert "Try again in a few minutes" in page.text


def test_the_command_says_so(handbook, alice, capsys):
    lose(handbook)
    call_command("ask", QUESTION, tenant="acme", user=alice.user.email)
    assert REBUILT.format("1 of 2") in capsys.readouterr().out
