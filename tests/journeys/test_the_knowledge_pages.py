"""The knowledge pages in a browser: axe in both themes, narrow screens, the keyboard alone, no scripts."""

import re

import pytest

from tests.servers.accessibility import violations

LOOKS = ((1440, "light"), (1440, "dark"), (820, "light"), (390, "light"), (390, "dark"))
PAGES = {
    "library": "documents/",
    "one collection": "documents/?collection={collection}",
    "nothing fits": "documents/?q=zzzz",
    "trash": "documents/trash/",
    "new collection": "collections/new/",
    "settings": "collections/{collection}/settings/",
    "details": "documents/{text}/details/",
    "replace": "documents/{text}/replace/",
    "remove": "documents/remove/?ids={text}",
    "move": "documents/move/?ids={text}",
    "viewer of text": "documents/{text}/?start=30&end=60",
    "viewer of a PDF": "documents/{pdf}/?start=400&end=520",
    "viewer of a PDF as text": "documents/{pdf}/?view=text&start=400&end=520",
    "one version compared": "documents/{text}/compare/",
    "viewer of a workbook": "documents/{sheet}/",
    "readers": "documents/{text}/readers/",
    "why": "documents/{sheet}/readers/?who=person:{alice}",
    "why on an earlier day": "documents/{sheet}/readers/?who=person:{alice}&on=2026-01-05",
    "changes of readers": "documents/{sheet}/readers/?tab=changes",
    "as another person": "documents/as/{alice}/",
    "readers of a collection": "collections/{collection}/readers/?q=a",
    "readers of several": "documents/readers/?ids={text}&ids={pdf}",
    "search": "search/?q=hotel",
    "empty search": "search/",
    "search index": "indexes/",
}


@pytest.fixture(scope="session")
def places(portal, people, tmp_path_factory) -> dict[str, str]:
    """Ids of a small library: a text, a PDF, a workbook and a file that cannot be read."""
    from tests.journeys.conftest import REPOSITORY

    samples = REPOSITORY / "portal" / "demo" / "documents"
    broken = tmp_path_factory.mktemp("broken") / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 cut short")
    key = portal.key(people["adam"])
    shelf = portal.call(key, "POST", "collections/", {"name": "Travel desk"})
    files = [
        samples / name for name in ("purchasing-guide.html", "delegation-of-authority.pdf", "travel-rates-2026.xlsx")
    ]
    portal.ingest("Travel desk", *files, by=people["adam"])
    portal.manage("ingest", str(broken), "--tenant", "acme", "--collection", "Travel desk", "--user", people["adam"])
    found = {
        row["filename"]: row["id"] for row in portal.call(key, "GET", f"documents/?collection={shelf['id']}")["results"]
    }
    sheet = found["travel-rates-2026.xlsx"]
    given = portal.call(key, "POST", f"documents/{sheet}/grants/", {"right": "read", "person": people["alice"]})
    return {
        "collection": shelf["id"],
        "text": found["purchasing-guide.html"],
        "pdf": found["delegation-of-authority.pdf"],
        "sheet": sheet,
        "alice": given["person"],
    }


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name, portal, places, sign_in):
    page = sign_in("adam", shared=True, reduced_motion="reduce", bypass_csp=True)  # axe is brought in
    page.goto(portal.url(PAGES[name].format(**places)))
    wrong = {}
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_timeout(50)
        found = violations(page)
        if found:
            page.wait_for_timeout(1_000)  # on a busy machine the other theme's colours may be on their way
            found = violations(page)
        for rule in found:
            wrong.setdefault(rule["id"], []).append((width, theme, rule["nodes"][0][:160]))
    assert wrong == {}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways(name, portal, places, sign_in):
    page = sign_in("adam", shared=True, width=360, height=740)
    page.goto(portal.url(PAGES[name].format(**places)))
    for width in (360, 320, 768):
        page.set_viewport_size({"width": width, "height": 740})
        wide = page.evaluate(
            "[document.documentElement, ...document.querySelectorAll('main, .scroll, .desk')]"
            ".filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'none')"
            ".map(e => [e.className || e.tagName, e.scrollWidth, e.clientWidth])"
        )
        assert wide == [], width


@pytest.mark.parametrize(
    ("tail", "called"),
    [
        ("documents/", "All documents"),
        ("documents/?collection={collection}", "Travel desk"),
        ("documents/trash/", "Trash"),
        ("documents/failed/", "Documents that could not be read"),
    ],
)
def test_where_one_is_stands_once_on_every_width_and_is_a_heading(tail, called, portal, places, sign_in):
    page = sign_in("adam")
    page.goto(portal.url(tail.format(**places)))
    for width in (390, 820, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        said = page.locator(".topbar, .room-header").get_by_text(called, exact=True).all()
        boxes = [each.bounding_box() for each in said if each.is_visible()]
        assert len([box for box in boxes if box["width"] > 1]) == 1, width
        assert page.get_by_role("heading", level=1, name=called).count() == 1, width


def _press_until_files_can_be_chosen(page):
    """Headless Chromium on a busy machine sometimes ignores the key: one in some ten times."""
    from playwright.sync_api import TimeoutError

    for _ in range(3):
        try:
            with page.expect_file_chooser(timeout=8_000) as chooser:
                page.keyboard.press("Space")
            return chooser.value
        except TimeoutError:
            continue
    raise AssertionError("no file chooser opened")


def test_a_file_is_uploaded_with_the_keyboard_alone(portal, places, sign_in, tmp_path):
    file = tmp_path / "bicycle-rules.txt"
    file.write_text("Bicycles stand in the east yard. The gate is locked at eight in the evening.")
    page = sign_in("adam")
    page.goto(portal.url(f"documents/?collection={places['collection']}"))
    tab_to(page, "#upload-files")
    assert page.evaluate("getComputedStyle(document.querySelector('.upload-zone')).outlineStyle") == "solid"
    _press_until_files_can_be_chosen(page).set_files(file)
    row = page.locator("[data-document]", has_text="bicycle-rules")
    row.get_by_text("Ready", exact=True).wait_for(timeout=60_000)
    assert "was uploaded" in page.locator("[data-upload-said]").inner_text()


def test_an_upload_that_broke_off_goes_on_where_it_stopped(portal, places, sign_in, tmp_path):
    file = tmp_path / "large.pdf"
    file.write_bytes(b"%PDF-1.4 cut short" + bytes(9_000_000))
    page = sign_in("adam")
    sent = []
    page.goto(portal.url(f"documents/?collection={places['collection']}"))
    page.route("**/pieces/*/?at=4194304", lambda route: route.abort())  # the line is dead
    with page.expect_request("**/pieces/*/?at=4194304"):
        page.set_input_files("#upload-files", file)
    page.close()
    page = sign_in("adam")
    page.on("request", lambda request: sent.append(request.url.rpartition("at=")[2]) if "?at=" in request.url else None)
    page.goto(portal.url(f"documents/?collection={places['collection']}"))
    page.get_by_text("Choose the same file again to continue.").wait_for()
    page.set_input_files("#upload-files", file)
    page.locator("[data-document]", has_text="large").wait_for(timeout=30_000)
    assert sent == ["4194304", "8388608"]


def test_a_reader_is_added_and_taken_off_with_the_keyboard_alone(portal, places, sign_in):
    page = sign_in("adam")
    page.goto(portal.url(f"documents/?collection={places['collection']}&q=purchasing"))
    tab_to(page, f"[popovertarget='menu-{places['text']}']")
    page.keyboard.press("Enter")
    page.keyboard.type("Readers")
    page.keyboard.press("Enter")
    page.locator("#readers-dialog[open] #readers-title").wait_for()
    tab_to(page, "#grantee")
    page.keyboard.type("Bob")
    tab_to(page, ".grant-form button")
    page.keyboard.press("Enter")
    page.get_by_text("Bob Acme can view").wait_for()
    tab_to(page, "[aria-label='Remove the access of Bob Acme']")
    page.keyboard.press("Enter")
    page.get_by_text("Bob Acme’s access to").wait_for()
    page.keyboard.press("Escape")
    page.locator("#readers-dialog").wait_for(state="hidden")


def test_rows_are_chosen_by_key_and_the_bar_says_how_many(portal, places, sign_in):
    page = sign_in("adam")
    page.goto(portal.url(f"documents/?collection={places['collection']}"))
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    assert page.locator("[data-chosen-count]").inner_text() == "3 selected"
    page.get_by_role("button", name="Clear the selection").click()
    assert page.locator(".bulk-bar").is_hidden()


def test_the_pages_work_without_scripts(portal, places, sign_in, tmp_path):
    sign_in("adam")
    file = tmp_path / "lockers.txt"
    file.write_text("Lockers are emptied on the last Friday of June.")
    page = sign_in("adam", scripts=False)
    page.goto(portal.url(f"documents/?collection={places['collection']}"))
    page.locator("#upload-files").set_input_files(file)
    page.locator(".upload-zone").get_by_role("button", name="Upload").click()
    page.get_by_text("lockers uploaded").wait_for()
    page.goto(portal.url(f"documents/{places['text']}/readers/"))
    page.locator("#grantee").select_option(label="Bob Acme")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Bob Acme can view").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Bob Acme’s access to").wait_for()
    page.goto(portal.url("search/?q=hotel"))
    page.locator(".search-group .search-hit").first.click()
    assert page.locator("#quote").count() == 1


def test_a_file_that_cannot_be_taken_says_why_and_the_others_go_on(portal, places, sign_in, tmp_path):
    good, empty = tmp_path / "windows.txt", tmp_path / "nothing.txt"
    good.write_text("Windows are cleaned in March and in October.")
    empty.write_bytes(b"")
    page = sign_in("adam")
    page.goto(portal.url(f"documents/?collection={places['collection']}"))
    page.locator("#upload-files").set_input_files([empty, good])
    page.get_by_text(re.compile("The file is empty: it has 0 bytes")).first.wait_for()
    page.locator("[data-document]", has_text="windows").get_by_text("Ready", exact=True).wait_for(timeout=60_000)
    assert "Failed: " in page.locator("[data-document]", has_text="broken").inner_text()


def tab_to(page, selector, most=80):
    """By the Tab key, as somebody without a pointer gets there; fails when it cannot be reached."""
    for _ in range(most):
        if page.evaluate("wanted => document.activeElement?.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def test_an_earlier_day_is_looked_up_with_the_keyboard_alone(portal, places, sign_in):
    page = sign_in("adam")
    page.goto(portal.url(f"documents/{places['sheet']}/readers/?who=person:{places['alice']}"))
    tab_to(page, ".as-of")
    page.keyboard.press("Enter")
    tab_to(page, "#as-of-day")
    page.locator("#as-of-day").fill("2026-01-05")
    page.keyboard.press("Enter")
    page.get_by_text("It did not exist yet.").wait_for()
    page.locator(".as-of:focus").wait_for()
