"""Sentence, number and evidence move together, whichever of them is touched."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def focus(page) -> tuple[str, str, set[str]]:
    """What is in focus: the evidence, the marked sentence, the numbers."""
    proof = page.locator("[data-evidence].is-focus")
    numbers = page.locator(".answer .cite.in-focus")
    return (
        proof.get_attribute("id"),
        "".join(page.locator(".said.is-marked").all_inner_texts()),
        set(numbers.all_inner_texts()),
    )


def test_the_first_citation_is_in_focus_at_the_start(visit):
    page = visit("/t/marlow/")
    assert focus(page) == (
        "evidence-s1",
        "if one flight segment is scheduled for seven hours or longer,",
        {"1"},
    )


def test_a_number_brings_its_own_sentence_and_its_evidence(visit):
    page = visit("/t/marlow/")
    page.locator(".answer-parts .cite", has_text="2").click()
    proof, said, numbers = focus(page)
    assert proof == "evidence-s2"
    assert said.startswith("Up to €6,000 per ticket")
    assert numbers == {"2"}


def test_evidence_brings_its_sentence(visit):
    page = visit("/t/marlow/")
    page.locator("#evidence-s3 .quote-block").click()
    assert focus(page)[1].startswith("At least 14 days")


def test_brackets_walk_and_say_where_one_is(visit):
    page = visit("/t/marlow/")
    page.keyboard.press("]")
    assert focus(page)[0] == "evidence-s2"
    assert page.locator("[data-citation-status]").inner_text() == "Source 2, Delegation of Authority, page 3"
    page.keyboard.press("[")
    page.keyboard.press("[")
    assert focus(page)[0] == "evidence-s1"


def test_single_keys_do_nothing_in_a_field_or_when_switched_off(visit):
    page = visit("/t/marlow/")
    page.keyboard.press("/")
    page.keyboard.type("]e?")
    assert page.locator("#question").input_value() == "]e?"
    assert focus(page)[0] == "evidence-s1"

    page = visit("/t/marlow/?shortcuts=off")
    page.keyboard.press("]")
    assert focus(page)[0] == "evidence-s1"


def test_a_card_shows_the_quote_on_focus_and_esc_takes_it_away(visit):
    page = visit("/t/marlow/")
    page.locator(".answer-first .cite").first.focus()
    page.keyboard.press("Tab")
    card = page.locator("#citation-card:popover-open")
    card.wait_for()
    assert "Up to €6,000" in card.inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#citation-card:popover-open").count() == 0


def test_a_number_never_stands_alone_at_the_start_of_a_line(visit):
    for width in (390, 820, 1440):
        page = visit("/t/marlow/", width=width)
        alone = page.evaluate(
            """() => [...document.querySelectorAll('.answer .cite')].filter(cite => {
                const word = cite.closest('.bound').querySelector('.said').getBoundingClientRect();
                return Math.abs(word.bottom - cite.getBoundingClientRect().bottom) > 10;
            }).length"""
        )
        assert alone == 0


def test_on_a_phone_the_sheet_shows_one_proof_and_leads_to_its_page(visit):
    page = visit("/t/marlow/", width=390, height=844)
    assert page.locator("#evidence").is_hidden()
    page.locator(".answer-first .cite").first.tap()
    page.locator("#evidence").wait_for()
    assert page.locator("[data-evidence]:visible").count() == 1
    page.locator("[data-citation-next]").tap()
    assert page.locator("[data-evidence-count]").inner_text() == "2 of 3"
    assert page.locator("[data-sheet-open]").inner_text() == "Open page 3"
    page.locator("[data-evidence-close]").tap()
    assert page.locator("#evidence").is_hidden()


def test_targets_are_24_px_and_44_for_a_finger(visit):
    size = "el => { const s = getComputedStyle(el, '::before'); return [parseFloat(s.width), parseFloat(s.height)]; }"
    page = visit("/t/marlow/")
    assert min(page.locator(".answer .cite").first.evaluate(size)) >= 24
    page = visit("/t/marlow/", width=390)
    assert min(page.locator(".answer .cite").first.evaluate(size)) >= 44


def test_the_width_of_the_evidence_follows_the_arrow_keys_and_is_remembered(visit):
    page = visit("/t/marlow/")
    page.locator(".resizer").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert page.locator("#evidence").bounding_box()["width"] == 448
    page.reload()
    assert page.locator("#evidence").bounding_box()["width"] == 448


def test_streamed_text_gets_the_same_markup(visit):
    page = visit("/t/marlow/")
    shapes = page.evaluate(
        """() => {
            const name = el => el.tagName + '.' + el.className.split(' ')[0];
            const shape = root => [...root.querySelectorAll('*')].map(name);
            const words = 'Up to €6,000 per ticket, the cost-centre owner.';
            const streamed = document.createElement('p');
            streamed.append(portal.cited(words, [{id: 's2', number: 2, title: 'Rule', page: 3}]));
            const written = [...document.querySelectorAll('.answer-parts dd')][1];
            return [shape(streamed), shape(written), streamed.querySelector('.cite').getAttribute('aria-label')];
        }"""
    )
    assert shapes[0] == shapes[1] == ["SPAN.said", "SPAN.bound", "SPAN.said", "BUTTON.cite"]
    assert shapes[2] == "Source 2, Rule, page 3"
