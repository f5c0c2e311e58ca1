"""What changed between two versions of a document: block by block, word by word, for those who may read it."""

import pytest

from audit.models import AuditEvent
from knowledge.permissions import grants
from knowledge.views.viewer.text_comparison import ComparedBlock, compare
from tests.knowledge.page_cast import TRAVEL, path, shelf_of, text_of

LATER = TRAVEL.replace("seven hours or longer", "six hours or longer, gate to gate").replace(
    "| Brno | 95 |", "| Brno | 105 |\n| Leeds | 120 |"
)


def blocks(*lines: str) -> list[ComparedBlock]:
    return [
        ComparedBlock("heading" if line.startswith("# ") else "paragraph", (line.removeprefix("# "),), 1, 1, "")
        for line in lines
    ]


def said(found) -> list[str]:
    signs = {"added": "+", "removed": "-", "": ""}
    return [
        "".join(f"{signs[run.change]}[{run.text}]" if run.change else run.text for cell in row.cells for run in cell)
        for place in found.places
        for row in place.rows
    ]


def test_a_changed_sentence_shows_its_changed_words_alone():
    found = compare(
        blocks("# Class", "Business class from seven hours per journey.", "End."),
        blocks("# Class", "Business class from six hours per segment.", "End."),
    )
    assert said(found) == ["Class", "Business class from -[seven]+[six] hours per -[journey]+[segment].", "End."]
    assert (found.changed, found.added, found.removed) == (1, 0, 0)
    assert found.places[0].heading == "Class"


def test_another_sentence_in_its_place_is_removed_and_added_not_mixed():
    found = compare(blocks("A", "Dogs stay at home.", "B"), blocks("A", "Nobody parks in the yard.", "B"))
    assert said(found) == ["A", "-[Dogs stay at home.]", "+[Nobody parks in the yard.]", "B"]
    assert (found.changed, found.added, found.removed) == (0, 1, 1)


def test_places_far_apart_are_told_apart_with_what_lies_between_counted():
    same = [f"Paragraph {n} stays." for n in range(10)]
    found = compare(blocks("Old start words here.", *same), blocks("New start words here.", *same, "A last one."))
    assert [place.skipped for place in found.places] == [0, 8]
    assert [place.kinds for place in found.places] == [("changed",), ("added",)]
    assert found.skipped_after == 0


def test_what_changed_below_another_heading_is_a_place_of_its_own():
    found = compare(
        blocks("# Leave", "Five days a year.", "# Illness", "Tell us by nine.", "# End"),
        blocks("# Leave", "Six days a year.", "# Illness", "Tell us by ten.", "# End"),
    )
    assert [(place.heading, place.skipped) for place in found.places] == [("Leave", 0), ("Illness", 0)]
    assert found.skipped_after == 1


def test_a_row_of_a_table_is_matched_by_what_it_is_about():
    def row(*cells):
        return ComparedBlock("table_row", cells, 0, 1, "")

    found = compare(
        [row("Cork", "26"), row("Bremen", "30")], [row("Cork", "27"), row("Leeds", "26"), row("Bremen", "30")]
    )
    assert said(found) == ["Cork-[26]+[27]", "+[Leeds]+[26]", "Bremen30"]


def test_the_same_twice_has_no_places_and_nothing_against_something_is_all_added():
    assert compare(blocks("A", "B"), blocks("A", "B")).same
    assert compare([], []).same
    assert compare([], blocks("A", "B")).added == 2


def test_a_document_of_many_blocks_that_repeat_is_compared_in_time():
    old = [ComparedBlock("table_row", ("same", str(n % 7)), 0, 1, "") for n in range(6_000)]
    new = [*old[:3_000], ComparedBlock("table_row", ("new", "row"), 0, 1, ""), *old[3_000:]]
    assert compare(old, new).added == 1


@pytest.mark.django_db
class TestThePage:
    @pytest.fixture
    def shelf(self, erin):
        return shelf_of(erin)

    @pytest.fixture
    def policy(self, shelf):
        shelf.add()
        return shelf.add(text=LATER)

    def test_the_viewer_leads_to_it_and_it_shows_both_words(self, sign_in, policy, erin):
        client = sign_in(erin)
        assert "Compare 1 and 2" in text_of(client, f"documents/{policy.pk}/")
        page = text_of(client, f"documents/{policy.pk}/compare/", **{"from": "1", "to": "2"})
        assert '<del><span class="sr-only">removed: </span>seven' in page
        assert '<ins><span class="sr-only">added: </span>six' in page
        assert "120" in page
        assert "2 changed, 1 added, 0 removed" in page
        event = AuditEvent.objects.filter(action="document:opened").latest("id")
        assert (event.data["version"], event.data["compared_with"]) == (2, 1)

    @pytest.mark.parametrize(
        "query", [{}, {"from": "2", "to": "1"}, {"from": "9", "to": "x"}, {"from": "2", "to": "2"}, {"to": "1"}]
    )
    def test_whatever_was_asked_for_two_versions_are_compared_in_their_order(self, sign_in, policy, erin, query):
        page = text_of(sign_in(erin), f"documents/{policy.pk}/compare/", **query)
        assert "Versions 1 and 2" in page

    def test_one_version_alone_says_so(self, sign_in, shelf, erin):
        one = shelf.add("rates.md", "# Rates\n\nThirty pence.\n")
        client = sign_in(erin)
        assert "There is only one version to read" in text_of(client, f"documents/{one.pk}/compare/")
        assert "Compare" not in text_of(client, f"documents/{one.pk}/")

    def test_two_files_with_the_same_words_say_so(self, sign_in, shelf, policy, erin):
        shelf.add(text=LATER + "\n\n\n")
        page = text_of(sign_in(erin), f"documents/{policy.pk}/compare/", **{"from": "2", "to": "3"})
        assert "The text is identical" in page

    def test_readers_compare_and_nobody_else(self, sign_in, policy, erin, alice, bob, mallory):
        grants.give(policy, "read", alice, by=erin)
        address = path(f"documents/{policy.pk}/compare/")
        page = sign_in(alice).get(address).content.decode()
        assert "seven" in page
        assert "by Erin Acme" not in page
        assert sign_in(bob).get(address).status_code == 404
        assert sign_in(mallory).get(address).status_code == 404
        grants.revoke(policy, alice, by=erin)
        assert sign_in(alice).get(address).status_code == 404

    def test_what_a_document_says_is_shown_as_words_never_as_markup(self, sign_in, shelf, erin):
        shelf.add("odd.txt", "The rule is <b>plain</b> here.")
        odd = shelf.add("odd.txt", "The rule is <script>alert(1)</script> here.")
        page = text_of(sign_in(erin), f"documents/{odd.pk}/compare/")
        assert "<script>alert" not in page
