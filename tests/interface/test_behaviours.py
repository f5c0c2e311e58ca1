"""The frame's behaviours, by keyboard: regions, menus, dialogs, messages, the drawer, the search dialog."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def here(page) -> str:
    return page.evaluate("document.activeElement.id")


def test_f6_goes_round_the_regions(visit):
    page = visit("/t/marlow/")
    seen = []
    for _ in range(4):
        page.keyboard.press("F6")
        seen.append(here(page))
    assert seen == ["navigation", "main", "evidence", "navigation"]


def test_a_message_is_a_region_too_and_errors_stay(visit):
    page = visit("/t/marlow/")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('portal:message', {detail: {title: 'It broke', tone: 'error'}}))"
    )
    message = page.locator(".message-error")
    assert message.get_attribute("role") == "alert"
    assert message.get_attribute("data-stays") is not None
    for _ in range(4):
        page.keyboard.press("F6")
    assert here(page) == "messages"
    page.locator("[data-message-close]").click()
    assert message.count() == 0


def test_a_menu_takes_arrows_and_gives_the_focus_back(visit):
    page = visit("/t/marlow/")
    page.locator(".brand-button").click()
    assert page.locator(".brand-button").get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert "Globex" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Escape")
    assert page.locator("#tenant-menu").is_hidden()
    assert page.evaluate("document.activeElement.className") == "brand-button"


def test_ctrl_k_searches_and_arrows_choose(visit):
    page = visit("/t/marlow/")
    page.keyboard.press("Control+k")
    page.locator("#search-dialog[open]").wait_for()
    page.keyboard.type("lease")
    page.locator('[role="option"][aria-selected="true"]').wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator('[role="option"][aria-selected="true"]').inner_text() == "Second"
    page.keyboard.press("Enter")
    page.wait_for_url("**#second")


def test_esc_closes_a_dialog_and_returns_to_its_opener(visit):
    page = visit("/t/marlow/")
    page.locator('[data-opens="search-dialog"]').focus()
    page.keyboard.press("Enter")
    page.locator("#search-dialog[open]").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#search-dialog").is_hidden()
    assert page.evaluate("document.activeElement.dataset.opens") == "search-dialog"


def test_the_question_mark_lists_the_keys(visit):
    page = visit("/t/marlow/")
    page.keyboard.press("?")
    listed = page.locator("#shortcuts-dialog")
    listed.wait_for()
    assert "Previous, next citation" in listed.inner_text()
    assert "Go to Knowledge" in listed.inner_text()


def test_g_then_a_letter_goes_to_a_room(visit):
    page = visit("/t/marlow/")
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.wait_for_url("**#knowledge")


@pytest.mark.parametrize("width", [390, 820])
def test_the_drawer_holds_the_page_behind_it_still(visit, width):
    page = visit("/t/marlow/", width=width)
    page.locator("[data-drawer]:visible").first.click()
    assert page.locator(".room-nav").is_visible()
    assert page.evaluate("document.querySelector('main').inert") is True
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('main').inert") is False
    assert page.locator(".room-nav").is_hidden()


def test_a_rail_names_its_rooms_on_focus(visit):
    page = visit("/t/marlow/", width=820)
    page.locator('[data-room-key="knowledge"]').focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.locator(".tip:popover-open").inner_text() == "Knowledge"


def test_enter_asks_and_shift_enter_is_a_new_line(visit):
    page = visit("/t/marlow/")
    page.evaluate("document.addEventListener('submit', e => { e.preventDefault(); window.asked = true; })")
    page.locator("#question").fill("One")
    page.locator("#question").press("Shift+Enter")
    page.keyboard.type("two")
    assert page.locator("#question").input_value() == "One\ntwo"
    assert page.evaluate("window.asked") is None
    page.keyboard.press("Enter")
    assert page.evaluate("window.asked") is True
