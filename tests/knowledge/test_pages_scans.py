"""A quote on a scanned page is marked where it stands in the picture, for those who may read it."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from knowledge import backends
from knowledge.models import Content
from knowledge.page_images import pdf_pages
from knowledge.parsers.base import ParseFailed
from knowledge.permissions import grants
from knowledge.views.viewer import page_images, scan_quotes
from tests.knowledge.page_cast import path, shelf_of, text_of

LINES = [
    ("Bay 1 is open from 07:00 to 15:30. Vehicles above", (0.1, 0.40, 0.9, 0.42)),
    ("18 tonnes must be booked one working day ahead", (0.1, 0.43, 0.9, 0.45)),
    ("on extension 440.", (0.1, 0.46, 0.4, 0.48)),
]


def test_a_quote_covers_its_stretch_of_every_line_it_runs_over():
    first, second = scan_quotes.find(LINES, "Vehicles above 18 tonnes must be booked")
    assert first == pytest.approx((0.1 + 0.8 * 35 / 49, 0.40, 0.9, 0.42))
    assert second[0] == pytest.approx(0.1)
    assert second[2] == pytest.approx(0.1 + 0.8 * 24 / 46)


def test_spacing_and_case_make_no_difference_and_the_full_stop_belongs_to_it():
    [box] = scan_quotes.find(LINES, "bay 1 is open  from 07:00 to 15:30")
    assert box[2] == pytest.approx(0.1 + 0.8 * 34 / 49)


@pytest.mark.parametrize("quote", ["", "440", "Bay 2 is open from 07:00"])
def test_what_is_too_short_or_not_there_is_marked_nowhere(quote):
    assert scan_quotes.find(LINES, quote) == []
    assert scan_quotes.find([], "Bay 1 is open") == []


class ReadOnce:
    """A parser that remembers what it read: a scan takes seconds each time."""

    def __init__(self, parser) -> None:
        self._parser = parser
        self._read: dict[str, object] = {}

    def parse(self, path, filename, **options):
        key = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        if key not in self._read:
            self._read[key] = self._parser.parse(path, filename, **options)
        return self._read[key]


@pytest.fixture(scope="module")
def parser() -> ReadOnce:
    return ReadOnce(backends.parser())


@pytest.mark.django_db
class TestThePage:
    QUOTE = "Loading bay 2 is closed"

    @pytest.fixture
    def shelf(self, erin):
        return shelf_of(erin)

    @pytest.fixture
    def notice(self, shelf, parser, monkeypatch):
        monkeypatch.setattr(backends, "parser", lambda: parser)
        data = (settings.BASE_DIR / "portal" / "demo" / "documents" / "loading-bay-notice-scan.pdf").read_bytes()
        return shelf.add("notice.pdf", data)

    @pytest.fixture
    def span(self, notice):
        text = Content.objects.for_tenant(notice.tenant_id).get(version=notice.current_version_id).text
        at = text.casefold().index(self.QUOTE.casefold())
        return {"start": at, "end": at + len(self.QUOTE)}

    def test_the_words_come_first_then_their_place_and_the_next_reader_has_both_at_once(
        self, sign_in, notice, span, erin, monkeypatch
    ):
        client = sign_in(erin)
        page = text_of(client, f"documents/{notice.pk}/", **span)
        assert "On this page, read from the scan" in page
        assert "<rect" not in page.split("data-sheet-over")[1]
        address = re.search(r'data-sheet-over hx-get="([^"]+)"', page).group(1).replace("&amp;", "&")
        marks = client.get(address).content.decode()
        assert '<rect class="in-focus" x="' in marks
        assert "hx-get" not in marks
        monkeypatch.setattr(pdf_pages, "scanned_lines", lambda *_: pytest.fail("it was read a second time"))
        again = text_of(client, f"documents/{notice.pk}/", **span)
        assert '<rect class="in-focus" x="' in again
        assert again.count('id="quote"') == 1

    def test_marks_are_for_readers_and_for_pages_with_a_quote(
        self, sign_in, notice, span, erin, alice, bob, mallory, monkeypatch
    ):
        monkeypatch.setattr(pdf_pages, "scanned_lines", lambda *_: LINES)
        address = path(f"documents/{notice.pk}/1/1/marks/")
        grants.give(notice, "read", alice, by=erin)
        for stranger in (bob, mallory):
            assert sign_in(stranger).get(address, span).status_code == 404
        assert sign_in(alice).get(address).status_code == 404
        assert sign_in(alice).get(path(f"documents/{notice.pk}/1/9/marks/"), span).status_code == 404
        assert sign_in(alice).get(path(f"documents/{notice.pk}/7/1/marks/"), span).status_code == 404
        assert sign_in(alice).get(address, span).status_code == 200

    def test_a_page_that_cannot_be_read_now_keeps_its_words_and_is_tried_again(
        self, sign_in, notice, span, erin, monkeypatch
    ):
        def busy(*_):
            raise ParseFailed("busy", "Other pages are being read.", permanent=False)

        monkeypatch.setattr(pdf_pages, "scanned_lines", busy)
        client = sign_in(erin)
        assert client.get(path(f"documents/{notice.pk}/1/1/marks/"), span).status_code == 204
        assert "hx-get" in text_of(client, f"documents/{notice.pk}/", **span).split("data-sheet-over")[1][:80]

    def test_what_was_read_for_it_goes_with_the_document(self, sign_in, notice, span, erin, monkeypatch):
        monkeypatch.setattr(pdf_pages, "scanned_lines", lambda *_: LINES)
        sign_in(erin).get(path(f"documents/{notice.pk}/1/1/marks/"), span)
        assert page_images.forget(notice.tenant_id, [notice.pk]) >= 1
