"""Comparing two versions takes a bounded number of steps, whatever their texts say."""

import random
import time

import pytest

from knowledge.views.viewer import compare_page, text_comparison
from knowledge.views.viewer.text_comparison import ComparedBlock, compare, planned
from tests.knowledge.page_cast import path, shelf_of
from tests.security.reading_files import add_read


def paragraphs(*texts: str) -> list[ComparedBlock]:
    return [ComparedBlock("paragraph", (text,), 0, 1, "") for text in texts]


HOSTILE = {
    "two words that repeat in one paragraph": (
        paragraphs("yes no " * 400),
        paragraphs("no yes yes " * 270),
    ),
    "paragraphs that repeat": (
        paragraphs(*["yes", "no"] * 4_000),
        paragraphs(*["no", "yes", "yes"] * 2_600),
    ),
    "a hundred words, each as often as the others": (
        paragraphs(" ".join(f"w{n % 97}" for n in range(1_400))),
        paragraphs(" ".join(f"w{n * 31 % 97}" for n in range(1_400))),
    ),
    "forty changed paragraphs beside forty": (
        paragraphs(*(" ".join(f"w{n * k % 1009}" for n in range(400)) for k in range(2, 42))),
        paragraphs(*(" ".join(f"w{n * k % 1009}" for n in range(400)) + f" {k}" for k in range(2, 42))),
    ),
    "table rows of the same cells": (
        [ComparedBlock("table_row", ("same", str(n % 7)), 0, 1, "") for n in range(8_000)],
        [ComparedBlock("table_row", ("same", str(n % 5)), 0, 1, "") for n in range(8_000)],
    ),
    "a change below each of many headings": (
        [ComparedBlock("heading" if n % 2 else "paragraph", (f"{n} old",), 1, 1, "") for n in range(6_000)],
        [ComparedBlock("heading" if n % 2 else "paragraph", (f"{n} new",), 1, 1, "") for n in range(6_000)],
    ),
}


@pytest.mark.parametrize(("old", "new"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_compared_within_the_budget(old, new):
    began = time.process_time()
    plan = planned(old, new)
    compare(old, new, plan)
    assert time.process_time() - began < 1.5, "about 0.3 s on an idle machine"
    assert plan.steps <= text_comparison.BLOCK_STEPS + text_comparison.WORD_STEPS


def test_where_the_budget_ends_a_paragraph_is_shown_as_removed_and_added():
    old, new = HOSTILE["two words that repeat in one paragraph"]
    found = compare(old, new)
    assert found.coarse
    assert [run.change for run in found.places[0].rows[0].cells[0]] == ["removed", "", "added"]


def test_an_ordinary_text_is_compared_word_by_word():
    chance = random.Random(1)
    common = ["a", "the", "of", "to", "in", "may", "must", "or", "and", "with"]
    words = [chance.choice(common) if chance.random() < 0.4 else f"word{chance.randrange(400)}" for _ in range(120)]
    old = paragraphs(*(" ".join([*words, f"number{n}"]) for n in range(30)))
    new = paragraphs(*(" ".join(["First", *words[:60], "another", *words[62:], f"number{n}"]) for n in range(30)))
    found = compare(old, new)
    assert not found.coarse
    assert found.changed == 30


def test_one_new_block_among_thousands_that_repeat_is_found():
    old = [ComparedBlock("table_row", ("same", str(n % 7)), 0, 1, "") for n in range(6_000)]
    new = [*old[:3_000], ComparedBlock("table_row", ("new", "row"), 0, 1, ""), *old[3_000:]]
    assert (compare(old, new).added, compare(old, new).removed) == (1, 0)


@pytest.mark.django_db
class TestThePage:
    @pytest.fixture
    def hostile(self, erin):
        shelf = shelf_of(erin)
        shelf.add("rules.txt", "yes no " * 400)
        return shelf.add("rules.txt", "no yes yes " * 270)

    def test_it_says_that_paragraphs_are_shown_as_wholes(self, sign_in, erin, hostile):
        page = sign_in(erin).get(path(f"documents/{hostile.pk}/compare/")).content.decode()
        assert "Some paragraphs are shown as a whole" in page

    def test_two_versions_are_compared_once(self, sign_in, erin, hostile, monkeypatch):
        client = sign_in(erin)
        first = client.get(path(f"documents/{hostile.pk}/compare/"))
        monkeypatch.setattr(text_comparison, "planned", lambda *_: pytest.fail("compared again"))
        again = client.get(path(f"documents/{hostile.pk}/compare/"))
        assert first.status_code == again.status_code == 200

    def test_what_is_stored_of_a_comparison_holds_no_words(self, sign_in, erin, hostile, monkeypatch):
        stored = {}
        monkeypatch.setattr(compare_page.cache, "set", lambda key, value, timeout: stored.update({key: value}))
        monkeypatch.setattr(compare_page.cache, "get", lambda key: None)
        sign_in(erin).get(path(f"documents/{hostile.pk}/compare/"))
        assert stored
        assert "yes" not in repr(stored)

    def test_long_texts_are_compared_around_their_differences(self, sign_in, erin, monkeypatch, tmp_path):
        monkeypatch.setattr(compare_page, "COMPARED_CHARACTERS", 30_000)
        shelf = shelf_of(erin)
        lines = [f"Paragraph {n} says nothing that anybody would want to read.\n\n" for n in range(2_000)]
        add_read(shelf, "long.txt", "".join(lines), tmp_path)
        lines[1_700] = "Paragraph 1700 says nothing that anybody needs to read.\n\n"
        document = add_read(shelf, "long.txt", "".join(lines), tmp_path)
        page = sign_in(erin).get(path(f"documents/{document.pk}/compare/")).content.decode()
        assert "1 changed, 0 added, 0 removed" in page
        assert "needs" in page
        assert "Paragraph 1300" not in page
