"""Search shows pages with the words marked in their sentence, and only of documents its reader may open."""

import re

import pytest

from audit.models import AuditEvent
from knowledge.views.search.snippets import snippet
from tests.knowledge.page_cast import path, shelf_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy(erin):
    return shelf_of(erin).add()


def test_a_hit_leads_to_the_marked_place(sign_in, policy, erin):
    client = sign_in(erin)
    page = text_of(client, "search/", q="business class")
    assert '<mark class="quote">Business class</mark>' in page
    link = re.search(r'<a class="search-hit" href="([^"]+documents[^"]+)"', page).group(1).replace("&amp;", "&")
    assert "Business class" in client.get(link).content.decode()


def test_another_reader_finds_neither_page_nor_place_nor_count(sign_in, policy, bob):
    for tail in ("search/", "search/dialog/"):
        page = text_of(sign_in(bob), tail, q="travel")
        assert "Travel policy" not in page
        assert "Finance and travel" not in page
    assert "0 documents" in text_of(sign_in(bob), "search/")


def test_asking_comes_first_and_collections_come_last(sign_in, policy, erin):
    page = text_of(sign_in(erin), "search/dialog/", q="travel")
    order = [page.index(words) for words in ("and get an answer", 'aria-label="Pages"', 'aria-label="Go to"')]
    assert order == sorted(order)
    assert page.count('role="option"') >= 3


def test_filters_narrow_and_are_taken_away_one_by_one(sign_in, policy, erin):
    client = sign_in(erin)
    assert "No results with these filters" in text_of(client, "search/", q="class", type="pdf")
    assert "Business" in text_of(client, "search/", q="class", type="text", collection=str(policy.collection_id))
    odd = {"q": "class", "collection": "x", "from": "2026-99-99", "page": "0", "type": "nothing"}
    assert "Business" in text_of(client, "search/", **odd)


def test_words_are_recorded_for_the_page_and_for_each_answer_of_the_dialog(sign_in, policy, erin):
    client = sign_in(erin)
    text_of(client, "search/dialog/", q="bus")
    assert AuditEvent.objects.filter(action="search:run").count() == 1
    text_of(client, "search/", q="business")
    assert AuditEvent.objects.filter(action="search:run").count() == 2


@pytest.mark.parametrize("q", ["", "   ", "\x00", "%", "a" * 5000, "🙂 ' \" < >", "(((", "AND OR NOT"])
def test_odd_words_are_no_error(sign_in, policy, erin, q):
    client = sign_in(erin)
    assert client.get(path("search/"), {"q": q}).status_code == 200
    assert client.get(path("search/dialog/"), {"q": q}).status_code == 200


def test_a_snippet_begins_with_a_sentence_and_keeps_the_found_words():
    text = "Nothing here matters. " * 20 + "The hotel limit is 140. " + "More of the same follows. " * 20
    at = text.index("hotel limit")
    parts = snippet(text, [(at, at + 11)])
    assert parts[0].text.startswith("The ")
    assert [part.text for part in parts if part.on] == ["hotel limit"]
    assert sum(len(part.text) for part in parts) <= 200


def test_a_snippet_marks_each_line_by_itself():
    text = "Hotels\n\nLimit for one night."
    assert [part.text for part in snippet(text, [(0, 13)]) if part.on] == ["Hotels", "Limit"]
