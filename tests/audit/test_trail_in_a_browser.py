"""The audit trail as it lies on the screen: whole rows, rows that open, room around what is said."""

from pathlib import Path

import pytest

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.record import record

LONG = "Minutes of the joint safety committee of the northern sites, third quarter of 2026, as approved"


@pytest.fixture
def event(transactional_db, alice):
    return record(Action.DOCUMENT_OPENED, alice.audit_actor(), Target("document", "1", LONG))


@pytest.mark.parametrize("width", [390, 800, 1100, 1440])
def test_every_row_ends_inside_the_list(browse, cora, event, width):
    page = browse(cora, "audit/", width=width)
    ends = page.locator("[data-row-open]").first.bounding_box()
    around = page.locator(".audit-list").bounding_box()
    assert ends["x"] + ends["width"] <= around["x"] + around["width"]
    assert page.locator(".audit-list").evaluate("list => list.scrollWidth <= list.clientWidth")


def test_a_row_opens_wherever_it_is_pressed(browse, cora, event):
    page = browse(cora, "audit/")
    page.locator("[data-event]", has_text=LONG).locator("td.strong").click()
    page.locator("#story [data-story]", has_text=LONG).wait_for()


@pytest.mark.parametrize("words", ["CSV", "JSON lines"])
def test_what_the_filters_show_is_downloaded(browse, cora, event, words):
    page = browse(cora, f"audit/?action={Action.DOCUMENT_OPENED}", accept_downloads=True)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=words).click()
    exported = Path(download.value.path()).read_text("utf-8-sig")
    assert LONG in exported
    assert "person:signed-in" not in exported


def test_what_is_said_of_an_empty_list_stands_under_the_filters(browse, cora):
    page = browse(cora, "audit/?action=document:erased")
    said = page.get_by_role("heading", name="No events match these filters")
    assert said.bounding_box()["x"] == page.locator(".audit-count > :first-child").bounding_box()["x"]
