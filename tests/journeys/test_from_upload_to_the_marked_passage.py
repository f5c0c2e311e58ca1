"""The main journey, in a browser: upload, ready, ask, click the citation, see the marked passage; and who else may."""

import re

import pytest

POLICY = """# Kiln policy

## Firing days

The blue kiln is fired on the second Thursday of each month, and never while the gallery is open to visitors.

## Glazes

Glazes are mixed by the studio lead, who keeps the book of recipes in the cabinet beside the sink.
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "kiln-policy.md"
    path.write_text(POLICY)
    return path


def ask(page, portal, question):
    page.goto(portal.url())
    page.locator("[data-question-box]").first.fill(question)
    page.keyboard.press("Enter")
    page.locator("[data-turn] .support, [data-turn] .answer-state").last.wait_for(timeout=30_000)


def test_a_document_is_found_by_whom_it_is_shared_with_and_by_nobody_else(portal, people, sign_in, file):
    adam = sign_in("adam")

    # a collection, and a file in it
    adam.goto(portal.url("collections/new/"))
    adam.get_by_label("Name").fill("Studio")
    adam.get_by_role("button", name="Create collection").click()
    adam.get_by_role("heading", name="Who can read Studio").wait_for()
    adam.goto(portal.url("documents/"))
    adam.get_by_role("link", name=re.compile("Studio")).click()
    adam.locator("#upload-files").set_input_files(file)
    row = adam.locator("[data-document]").first
    row.wait_for()
    row.get_by_text("Ready", exact=True).wait_for(timeout=60_000)
    assert "Kiln policy" in row.inner_text()
    document = row.get_attribute("data-document")

    # asked, answered, and the citation leads to the marked words
    ask(adam, portal, "When is the blue kiln fired?")
    assert "second Thursday" in adam.locator("[data-turn]").last.inner_text()
    adam.locator("[data-turn] .cite").first.click()
    adam.locator(".evidence-page").first.click()
    adam.wait_for_url("**/documents/**")
    quote = adam.locator("mark.quote.in-focus").first
    quote.wait_for()
    assert "second Thursday" in quote.inner_text()
    assert adam.evaluate("document.activeElement.id") == "quote"
    assert quote.evaluate(
        "mark => { const at = mark.getBoundingClientRect(); return at.top > 0 && at.bottom < innerHeight }"
    )

    # two questions in one: the first sentence answers, the other part has its label beside it
    ask(adam, portal, "When is the blue kiln fired, and who mixes the glazes?")
    answered_in_parts(adam)
    adam.reload()
    answered_in_parts(adam)
    adam.set_viewport_size({"width": 390, "height": 844})
    label, value = adam.locator(".answer-parts dt"), adam.locator(".answer-parts dd")
    assert label.bounding_box()["x"] == value.bounding_box()["x"]
    assert label.bounding_box()["y"] < value.bounding_box()["y"]

    # Alice finds nothing: no answer, no page, no row, no address
    alice = sign_in("alice")
    nothing_of_it(alice, portal, document)

    # shared with her, it is hers to ask and read
    adam.goto(portal.url(f"documents/{document}/readers/"))
    adam.get_by_label("Person or team", exact=True).select_option(label="Alice Acme")
    adam.get_by_role("button", name="Add", exact=True).click()
    adam.get_by_text("Alice Acme can view Kiln policy").wait_for()
    ask(alice, portal, "When is the blue kiln fired?")
    assert "second Thursday" in alice.locator("[data-turn]").last.inner_text()
    alice.goto(portal.url(f"documents/{document}/"))
    assert "studio lead" in alice.locator(".sheet").inner_text()

    # and no longer, once the grant has ended
    adam.get_by_role("button", name="Remove the access of Alice Acme").click()
    adam.get_by_text(re.compile("Alice Acme’s access to Kiln policy was removed")).wait_for()
    nothing_of_it(alice, portal, document)


def answered_in_parts(page):
    assert "second Thursday" in page.locator(".answer-first").inner_text()
    assert page.locator(".answer-parts dt").inner_text() == "Who mixes the glazes"
    value = page.locator(".answer-parts dd")
    assert "studio lead" in value.inner_text()
    value.locator(".cite").click()
    assert "studio lead" in page.locator(".evidence.is-focus mark").inner_text()
    assert value.bounding_box()["x"] == page.locator(".support dd").first.bounding_box()["x"]


def nothing_of_it(page, portal, document):
    ask(page, portal, "When is the blue kiln fired?")
    assert "Thursday" not in page.locator("main").inner_text()
    page.goto(portal.url("search/?q=blue+kiln"))
    assert "Kiln policy" not in page.locator("main").inner_text()
    page.goto(portal.url("documents/"))
    assert "Kiln policy" not in page.locator("main").inner_text()
    assert page.goto(portal.url(f"documents/{document}/")).status == 404
