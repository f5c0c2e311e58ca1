"""The component sheet and the frame in a real browser: WCAG 2.2 AA in both themes, nothing wider than its window."""

from __future__ import annotations

import pytest

from tests.servers.accessibility import violations

pytestmark = pytest.mark.browser
PAGES = ["/components/", "/t/marlow/"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 820, 390])
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing(visit, address, width, theme):
    page = visit(
        address, width=width, color_scheme=theme, reduced_motion="reduce", bypass_csp=True
    )  # axe is brought in
    assert [(rule["id"], [node[:120] for node in rule["nodes"]][:3]) for rule in violations(page)] == []


@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1280])
@pytest.mark.parametrize("address", PAGES)
def test_nothing_scrolls_sideways(visit, address, width):
    page = visit(address, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_fixed_theme_wins_over_the_system(visit):
    page = visit("/t/marlow/?theme=light", color_scheme="dark")
    assert (
        page.evaluate("getComputedStyle(document.body.querySelector('.side')).backgroundColor") == "rgb(243, 239, 230)"
    )


def test_a_document_page_stays_light_in_the_dark(visit):
    page = visit("/components/", color_scheme="dark")
    colours = page.evaluate(
        "[...document.querySelectorAll('.sheet')].map(sheet => getComputedStyle(sheet).backgroundColor)"
    )
    assert set(colours) == {"rgb(255, 254, 251)"}


def test_without_a_script_the_evidence_follows_the_answer(visit):
    page = visit("/t/marlow/", width=390, java_script_enabled=False)
    answer, proof = page.locator(".answer").bounding_box(), page.locator("#evidence-s1").bounding_box()
    assert proof["y"] > answer["y"] + answer["height"]
