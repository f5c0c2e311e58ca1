"""What a person wrote survives the end of their session, for them alone: in the browser."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session

from answers.conversations import feedback
from answers.models import Answer, State
from answers.persistence import save_answer
from answers.question.question_input import AskRequest
from knowledge.models import Document
from tenants.isolation.scope import in_tenant
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser
QUESTION = "How many days of leave do I have in my first year?"


def enter(page, email: str) -> None:
    page.get_by_label("Work e-mail").fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def box(page):
    return page.locator("[data-question-box]").first


def ask(page) -> None:
    box(page).fill(QUESTION)
    box(page).press("Enter")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_question_asked_after_the_session_ended_is_in_the_box_after_signing_in(browse, alice, scripts):
    page = browse(alice, java_script_enabled=scripts)
    Session.objects.all().delete()
    if scripts:
        ask(page)
    else:
        box(page).fill(QUESTION)
        page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("You were signed out. Your question is saved.").wait_for()
    enter(page, alice.user.email)
    page.wait_for_url("**/t/acme/**")
    assert box(page).input_value() == QUESTION
    assert page.get_by_text("You were signed out. Your question is saved.").is_visible()
    if scripts:
        assert "kept" not in page.url
        assert QUESTION not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")


def test_another_person_at_the_same_browser_never_gets_the_question(browse, alice, bob):
    page = browse(alice)
    Session.objects.all().delete()
    ask(page)
    page.get_by_text("You were signed out. Your question is saved.").wait_for()
    address = page.url
    enter(page, bob.user.email)
    page.wait_for_url("**/t/acme/**")
    assert box(page).input_value() == ""
    assert QUESTION not in page.content()
    Session.objects.all().delete()
    page.goto(address)  # nor does anybody later: it is gone
    enter(page, alice.user.email)
    page.wait_for_url("**/t/acme/**")
    assert box(page).input_value() == ""


def test_an_invitation_that_was_typed_is_in_its_form_again(browse, olga):
    page = browse(olga, "people/")
    page.get_by_label("E-mail").fill("new.person@acme.example")
    Session.objects.all().delete()
    page.get_by_role("button", name="Invite").click()
    page.get_by_text("You were signed out. Your text is saved.").wait_for()
    enter(page, olga.user.email)
    page.wait_for_url("**/people/**")
    assert page.get_by_label("E-mail").input_value() == "new.person@acme.example"
    assert page.locator("[data-draft-text]").count() == 0


def test_a_comment_of_a_rating_is_in_its_form_again(browse, alice):
    begun = save_answer.begin(alice, AskRequest(QUESTION))
    Answer.objects.for_tenant(alice.tenant).filter(pk=begun.answer.pk).update(state=State.ANSWERED)
    with in_tenant(alice.tenant):
        feedback.rate(alice, begun.answer.pk, "helpful")
    page = browse(alice, f"conversations/{begun.answer.conversation_id}/")
    page.get_by_label("Comment").fill("It names the right page.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save", exact=True).click()
    message = page.locator(".message", has_text="You were signed out. Your text is saved.")
    message.get_by_role("link", name="Sign in").click()
    enter(page, alice.user.email)
    page.get_by_text("Nothing was sent.").wait_for()
    assert page.get_by_label("Comment").input_value() == "It names the right page."


def test_uploads_wait_for_a_sign_in_in_another_tab_and_all_arrive(browse, shelf, erin, tmp_path):
    files = [tmp_path / f"note {number}.txt" for number in range(6)]
    for path in files:
        path.write_text(f"{path.stem} says where the ladder stands.")
    page = browse(erin, f"documents/?collection={shelf.pk}")
    Session.objects.all().delete()
    page.set_input_files("#upload-files", files)
    page.get_by_text("Your files are still on this page").wait_for()
    with page.expect_popup() as popup:
        page.locator("[data-upload-paused]").get_by_role("link", name="Sign in").click()
    enter(popup.value, erin.user.email)
    popup.value.wait_for_url("**/documents/**")
    page.get_by_role("button", name="Continue", exact=True).click()
    page.locator("[data-document]").nth(5).wait_for()
    with in_tenant(erin.tenant):
        assert Document.objects.for_tenant(erin.tenant).count() == 6


def test_a_page_older_than_the_sign_in_keeps_the_question(browse, alice):
    page = browse(alice)
    other = browse(alice, "/account/", beside=page)
    other.context.clear_cookies()
    other.goto(page.url.split("/t/")[0] + "/sign-in/")
    enter(other, alice.user.email)
    other.wait_for_url("**/t/acme/**")
    ask(page)
    page.get_by_text("Nothing was sent. Check it and send it again.").wait_for()
    assert box(page).input_value() == QUESTION
