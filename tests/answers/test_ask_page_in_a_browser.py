"""The ask room as it lies on the screen."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from answers.conversations import sharing
from answers.models import Answer, State
from answers.persistence import save_answer
from answers.question.question_input import AskRequest
from tenants.isolation.scope import in_tenant

pytestmark = pytest.mark.usefixtures("kept")


@pytest.fixture
def answered(alice):
    """An answer of Alice's, long enough that what follows it begins behind the composer."""
    begun = save_answer.begin(alice, AskRequest("How many days a week may I work from home? " * 40))
    Answer.objects.for_tenant(alice.tenant).filter(pk=begun.answer.pk).update(state=State.ANSWERED)
    return begun.answer


def test_what_a_rating_asks_next_comes_into_view(browse, alice, answered):
    page = browse(alice, f"conversations/{answered.conversation_id}/", height=700)
    page.get_by_role("button", name="Not helpful").click()
    page.get_by_role("button", name="Save", exact=True).wait_for()
    page.wait_for_function(
        """() => {
        const asked = document.querySelector(".feedback-more").getBoundingClientRect();
        return asked.bottom <= document.querySelector(".composer-dock").getBoundingClientRect().top;
        }"""
    )


def test_a_shared_answer_says_by_whom_in_one_line_with_its_buttons_on_a_phone(browse, handbook, alice, ask):
    with ThreadPoolExecutor(1) as beside:  # the browser has the loop of this thread
        events = beside.submit(ask, alice, "How many days a week may I work from home?").result()
    with in_tenant(alice.tenant):
        link = sharing.share(alice, events[0].data["answer_id"])
    page = browse(alice, f"shared/{link.pk}/", width=390)
    words = page.locator(".room-header .third").bounding_box()
    button = page.locator(".room-header [data-evidence-toggle]").bounding_box()
    assert button["y"] < words["y"] + words["height"]
    assert page.get_by_role("link", name="Your conversation").is_visible()


def test_the_note_on_who_sees_questions_stands_apart_from_what_is_above_it(browse, handbook, alice):
    page = browse(alice)
    rows = page.locator(".ask-empty .rows").last.bounding_box()
    words = page.locator(".ask-privacy").evaluate(
        "p => p.getBoundingClientRect().top + parseFloat(getComputedStyle(p).paddingTop)"
    )
    assert words >= rows["y"] + rows["height"] + 20
