"""A page that is expensive to draw costs its own company a few seconds, once, and another company nothing."""

from __future__ import annotations

import resource
import threading
import time
from dataclasses import replace

import pytest

from knowledge.ingestion import pipeline
from knowledge.library import uploads
from knowledge.library.collections import create_collection
from knowledge.page_images import failed_pages, pdf_pages
from knowledge.page_images.render_pool import MAX_WAITING_PER_TENANT, RenderSlots
from knowledge.parsers.base import ParseFailed
from knowledge.views.viewer import page_images
from tests.knowledge.page_cast import Bytes, path, shelf_of, text_of


def written(objects: list[bytes]) -> bytes:
    data, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(data))
    return data + head + table + tail


def stream(entries: bytes, content: bytes) -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(content), content)


def hostile_pdf(groups: int = 60, side: int = 14_400) -> bytes:
    """The page paints a transparency group as large as itself again and again; 60 of them in less than a kilobyte cost
    10 s of processor time and more."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources"
        b"<</XObject<</F 5 0 R>>/ExtGState<</G<</ca .5>>>>/Font<</T 6 0 R>>>>>>" % (side, side)
    )
    words = b"BT /T %d Tf %d %d Td (Delegation of authority) Tj ET /G gs " % (side // 40, side // 10, side // 10)
    square = b"0 0 %d %d" % (side, side)
    return written(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            page,
            stream(b"", words + b"/F Do " * groups),
            stream(b"/Subtype/Form/BBox[%b]/Group<</S/Transparency>>" % square, square + b" re f"),
            font,
        ]
    )


@pytest.fixture(autouse=True)
def _no_children_left():
    yield
    pdf_pages.close()


@pytest.fixture
def document(erin):
    return shelf_of(erin).add("hostile.pdf", hostile_pdf())


@pytest.fixture
def impatient(monkeypatch):
    """One second of processor time for a page instead of three, so that the tests are short."""
    monkeypatch.setattr(pdf_pages._children, "_limits", replace(pdf_pages.LIMITS, processor_seconds=1))


def test_a_small_page_that_would_cost_many_seconds_is_given_up(tmp_path, impatient):
    assert len(hostile_pdf()) < 1200
    (tmp_path / "a.pdf").write_bytes(hostile_pdf())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(ParseFailed) as failed:
        pdf_pages.render_page(tmp_path / "a.pdf", 1)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert failed.value.code in {"too_large_or_damaged", "timeout"}
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < 6, "the page would take 9.7 s; children of other tests may end meanwhile"
    assert pdf_pages.LIMITS.processor_seconds == 3


@pytest.mark.django_db
def test_its_failure_is_remembered_and_the_reader_is_told_what_to_do(sign_in, document, erin, monkeypatch):
    tries = []

    def fails(*arguments, **options):
        tries.append(arguments)
        raise ParseFailed("too_large_or_damaged", "Too much.", "Split it.")

    monkeypatch.setattr(pdf_pages, "render_page", fails)
    client = sign_in(erin)
    picture = path(f"documents/{document.pk}/1/1/")
    for _ in range(3):
        answer = client.get(picture)
        assert answer.status_code == 422
        assert answer["Content-Type"] == "image/svg+xml"
        assert "This page cannot be shown as an image" in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
    page = text_of(client, f"documents/{document.pk}/")
    assert len(tries) == 1
    assert "This page cannot be shown as an image" in page
    assert "Try again" in page
    assert "view=text" in page
    assert f'<img src="{picture}"' not in page
    assert "Delegation of authority" in text_of(client, f"documents/{document.pk}/", view="text")

    again = client.post(path(f"documents/{document.pk}/1/1/again/"))
    assert again.status_code == 302
    client.get(again["Location"])
    assert len(tries) == 2
    told = client.post(path(f"documents/{document.pk}/1/1/again/"), follow=True).content.decode()
    assert "Try again in a minute" in told, "nobody keeps the renderer busy with one button"
    assert len(tries) == 2


@pytest.mark.django_db
def test_another_renderer_tries_again(document, monkeypatch):
    version = document.current_version
    with pytest.raises(ParseFailed), failed_pages.remembered(version, 1, failed_pages.DRAWING):
        raise ParseFailed("too_large_or_damaged", "Too much.")
    assert failed_pages.among(version, [1, 2]) == {1}
    monkeypatch.setattr(pdf_pages, "renderer", lambda: "the next one")
    assert failed_pages.among(version, [1, 2]) == set()
    with failed_pages.remembered(version, 1, failed_pages.DRAWING):
        pass


@pytest.mark.django_db
def test_a_page_that_waited_too_long_for_its_turn_is_not_remembered_as_bad(sign_in, document, erin, monkeypatch):
    def busy(*arguments, **options):
        raise ParseFailed("busy", "Other pages are being prepared.", permanent=False)

    monkeypatch.setattr(pdf_pages, "render_page", busy)
    answer = sign_in(erin).get(path(f"documents/{document.pk}/1/1/"))
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert failed_pages.among(document.current_version, [1]) == set()
    assert "Reload in a moment" in answer.content.decode()


@pytest.mark.django_db
def test_trying_again_is_for_readers(sign_in, document, alice, mallory):
    for stranger in (alice, mallory):
        assert sign_in(stranger).post(path(f"documents/{document.pk}/1/1/again/")).status_code == 404


@pytest.mark.django_db
def test_another_company_sees_its_page_while_one_draws_an_expensive_one(document, mallory, impatient):
    """Mallory's own page comes long before the expensive one of Acme is given up."""
    data = hostile_pdf(groups=1, side=600)
    theirs = uploads.upload(mallory, create_collection(mallory, "Own"), Bytes(data), filename="a.pdf").document
    pipeline.drain(inline=True)
    theirs.refresh_from_db()
    ended = []
    version = document.current_version
    with page_images.storage.local_path(version.blob) as original:

        def expensive():
            with pytest.raises(ParseFailed):
                pdf_pages.render_page(original, 1, tenant="acme")
            ended.append("expensive")

        threads = [threading.Thread(target=expensive) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        assert page_images.picture(theirs.current_version, 1)[:4] == b"RIFF"
        assert ended == [], "it waited for none of them"
        for thread in threads:
            thread.join()


class TestTurns:
    def test_tenants_come_in_turn_and_each_has_one_place(self):
        turns, order, held, let_go = RenderSlots(1), [], threading.Event(), threading.Event()

        def work(tenant: str, name: str) -> None:
            with turns.turn(tenant, seconds=10):
                if name == "first":
                    held.set()
                    let_go.wait(10)
                order.append(name)

        threads = [threading.Thread(target=work, args=("a", "first"))]
        threads[0].start()
        held.wait(10)
        for tenant, name in (("a", "a2"), ("a", "a3"), ("b", "b1"), ("b", "b2"), ("c", "c1")):
            thread = threading.Thread(target=work, args=(tenant, name))
            thread.start()
            threads.append(thread)
            while sum(map(len, turns._waiting.values())) < len(threads) - 1:
                time.sleep(0.001)
        let_go.set()
        for thread in threads:
            thread.join()
        assert order == ["first", "b1", "c1", "a2", "b2", "a3"]

    def test_one_tenant_never_runs_twice_at_once(self):
        turns = RenderSlots(2)
        with turns.turn("a", seconds=1):
            with pytest.raises(ParseFailed) as failed, turns.turn("a", seconds=0.05):
                pass
            assert failed.value.code == "busy"
            with turns.turn("b", seconds=1):
                pass
        with turns.turn("a", seconds=1):
            pass
        assert not turns._waiting
        assert not turns._line

    def test_what_one_tenant_may_have_waiting_is_limited(self):
        turns = RenderSlots(1)
        with turns.turn("a", seconds=1):
            waiting = [threading.Thread(target=_wait, args=(turns,)) for _ in range(MAX_WAITING_PER_TENANT)]
            for thread in waiting:
                thread.start()
            while len(turns._waiting.get("a", ())) < MAX_WAITING_PER_TENANT:
                time.sleep(0.001)
            with pytest.raises(ParseFailed), turns.turn("a", seconds=1):
                pass
        for thread in waiting:
            thread.join()


def _wait(turns: RenderSlots) -> None:
    with turns.turn("a", seconds=5):
        pass
