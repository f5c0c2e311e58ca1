"""One page of a long text costs no more than one page of a short one."""

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledge.ingestion import pipeline
from knowledge.library import documents, version_text
from knowledge.library.version_text import LongText, ShortText, text_of_version
from knowledge.models import Content, TextLeaf
from knowledge.text import leaves
from knowledge.text.leaves import LEAF_CHARACTERS, LEAF_WEIGHT
from tests.knowledge.page_cast import path, shelf_of
from tests.security.reading_files import add_read

LINES = [f"Paragraph {n} of the long report." for n in range(3_000)]


def blocks_of(text: str, kind: str = "paragraph") -> list:
    found, at = [], 0
    for line in text.split("\n"):
        if line:
            found.append([kind, at, at + len(line), 0, []])
        at += len(line) + 1
    return found


class TestCutting:
    def test_a_paragraph_longer_than_a_leaf_is_cut_between_words(self):
        text = "word " * 20_000
        found = leaves.leaves(text, [[1, 0, len(text), ""]], [["paragraph", 0, len(text) - 1, 0, []]])
        assert max(leaf.end - leaf.start for leaf in found) <= LEAF_CHARACTERS
        assert "".join(text[block[1] : block[2]] for leaf in found for block in leaf.blocks) == text.rstrip()
        assert all(text[block[2] - 1] == " " for leaf in found[:-1] for block in leaf.blocks)

    def test_many_short_lines_are_cut_by_their_number(self):
        text = "ab\n" * 10_000
        found = leaves.leaves(text, [], blocks_of(text))
        assert max(leaf.weight for leaf in found) <= LEAF_WEIGHT
        assert sum(len(leaf.blocks) for leaf in found) == 10_000

    def test_a_row_of_very_many_cells_is_shown_as_a_line(self):
        text = "a | " * 2_000
        cells = [[4 * n, 4 * n + 1] for n in range(2_000)]
        found = leaves.leaves(text, [], [["table_row", 0, len(text), 0, cells]])
        assert {block[0] for leaf in found for block in leaf.blocks} == {"paragraph"}
        assert found[0].weight < LEAF_WEIGHT

    def test_leaves_touch_and_cover_the_text(self):
        text = "\n\n".join(LINES)
        found = leaves.leaves(text, [], blocks_of(text))
        assert found[0].start == 0
        assert found[-1].end == len(text)
        assert all(one.end == other.start for one, other in itertools.pairwise(found))


@pytest.mark.django_db
class TestTheViewer:
    @pytest.fixture
    def long(self, erin, tmp_path):
        return add_read(shelf_of(erin), "long.txt", "\n\n".join(LINES), tmp_path)

    def test_leaves_are_stored_when_a_text_is_read_and_again_when_it_is_read_again(self, erin, monkeypatch):
        monkeypatch.setattr(version_text, "MAX_SHORT_TEXT_CHARACTERS", 500)
        long = shelf_of(erin).add("long.txt", "\n\n".join(LINES[:40]))
        documents.queue(long.current_version)
        pipeline.drain(inline=True)
        content = Content.objects.for_tenant(long.tenant).get(version=long.current_version)
        rows = TextLeaf.objects.for_tenant(long.tenant).filter(content=content)
        assert content.leaf_count == rows.count() == TextLeaf.objects.for_tenant(long.tenant).count() > 0

    def test_a_short_text_has_none(self, erin):
        document = shelf_of(erin).add()
        content = Content.objects.for_tenant(document.tenant).get(version=document.current_version)
        assert content.leaf_count == 0
        assert isinstance(text_of_version(document.current_version), ShortText)

    def test_no_page_of_it_is_computed_from_the_whole_text(self, sign_in, erin, long, monkeypatch):
        monkeypatch.setattr(version_text, "leaves", lambda *_: pytest.fail("computed from the whole text"))
        client = sign_in(erin)
        asked = [client.get(path(f"documents/{long.pk}/"))]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            asked += [client.get(path(f"documents/{long.pk}/leaf/"), {"leaf": leaf}) for leaf in (3, 8, 10**8)]
        assert [answer.status_code for answer in asked] == [200] * 4
        whole = [query["sql"] for query in queries if '"knowledge_content"."blocks"' in query["sql"]]
        assert whole == []
        assert max(len(answer.content) for answer in asked) < 400_000

    def test_stored_leaves_show_what_computed_ones_show(self, long):
        stored = text_of_version(long.current_version)
        computed = ShortText(Content.objects.for_tenant(long.tenant).get(version=long.current_version))
        assert isinstance(stored, LongText)
        assert stored.length == computed.length
        assert stored.places() == computed.places()
        for first in (0, 4, 7):
            one, other = stored.window(first), computed.window(first)
            assert (one.leaves, one.next_leaf, one.next_page) == (other.leaves, other.next_leaf, other.next_page)
            assert [leaf.blocks[0][:4] for leaf in one.leaves] == [leaf.blocks[0][:4] for leaf in other.leaves]
        assert stored.text(1_000, 1_100) == computed.text(1_000, 1_100)
        assert stored.leaf_at(1, 50_000) == computed.leaf_at(1, 50_000) > 0

    def test_every_line_is_shown_once_while_one_scrolls_to_the_end(self, sign_in, erin, long):
        client = sign_in(erin)
        said = client.get(path(f"documents/{long.pk}/")).content.decode()
        window = text_of_version(long.current_version).window(0)
        while window.next_leaf is not None:
            said += client.get(path(f"documents/{long.pk}/leaf/"), {"leaf": window.next_leaf}).content.decode()
            window = text_of_version(long.current_version).window(window.next_leaf)
        assert [said.count(f"{line}<") for line in LINES[::37]] == [1] * len(LINES[::37])

    def test_a_text_read_by_an_earlier_release_gets_its_leaves_when_it_is_first_opened(self, sign_in, erin, long):
        rows = TextLeaf.objects.for_tenant(long.tenant)
        before = list(rows.order_by("number").values_list("start", "end"))
        rows.delete()
        Content.objects.for_tenant(long.tenant).update(leaf_count=None, headings=None)
        client = sign_in(erin)
        assert client.get(path(f"documents/{long.pk}/")).status_code == 200
        assert list(rows.order_by("number").values_list("start", "end")) == before
