"""An admin has another search index made, watches it, switches to it and back: in a browser, on the real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow]

FILLER = "Whoever works there reads the notice at the door first and keeps the way out free. " * 30


@pytest.fixture(scope="module")
def documents(portal, people, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("plants")
    for number in range(12):
        (folder / f"plant-{number}.md").write_text(f"# Plant {number}\n\n{FILLER}\n\nThe gate opens with K{number}Q.\n")
    portal.ingest("Plants", folder, by=people["adam"])
    return folder


@pytest.mark.parametrize("width", [1440, 390])
def test_made_watched_switched_and_switched_back(portal, documents, sign_in, width):
    page = sign_in("adam", width=width)
    page.goto(f"{portal.address}/t/acme/indexes/")
    page.get_by_label("Passage length (words)").fill("70" if width == 390 else "60")
    page.get_by_label("Overlap (words)").fill("10")
    page.get_by_role("button", name="Create index").click()
    made = page.get_by_role("row").filter(has_text=f"words1-{70 if width == 390 else 60}-10")
    made.get_by_text("Building").wait_for()
    made.get_by_text("Complete").wait_for(timeout=90_000)
    made.get_by_role("button", name="Use for answers").click()
    made.get_by_text("In use", exact=True).wait_for(timeout=90_000)
    old = page.get_by_role("row").filter(has_text="words1-180-40")
    old.get_by_role("button", name="Use for answers").click()
    old.get_by_text("In use", exact=True).wait_for(timeout=90_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
