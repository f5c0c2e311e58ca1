"""A large file arrives in pieces: what has arrived stays, so that an upload that broke off goes on where it was."""

from datetime import timedelta

import pytest
from django.utils import timezone

from knowledge import maintenance
from knowledge.library import chunked_uploads, storage
from knowledge.models import Document, PartialUpload
from knowledge.permissions import grants
from tenants.errors import Conflicting
from tests.knowledge.page_cast import path, shelf_of, text_of

pytestmark = pytest.mark.django_db

DATA = b"Rooms are booked in quarter hours.\n" * 40
HALF = 600


@pytest.fixture
def shelf(erin):
    return shelf_of(erin).collection


@pytest.fixture
def hers(sign_in, erin):
    return sign_in(erin)


def begin(client, shelf, *, name="rooms.txt", size=len(DATA), stamp="1"):
    said = {"collection": str(shelf.pk), "filename": name, "size": size, "stamp": stamp}
    return client.post(path("documents/upload/pieces/"), said)


def send(client, upload, at, data):
    address = path(f"documents/upload/pieces/{upload}/?at={at}")
    return client.post(address, data, content_type="application/octet-stream")


def held(erin):
    return [
        piece
        for pieces in PartialUpload.objects.for_tenant(erin.tenant).values_list("pieces", flat=True)
        for piece in pieces
    ]


def test_a_file_in_two_pieces_is_the_file_and_nothing_of_the_pieces_stays(hers, shelf, erin):
    begun = begin(hers, shelf)
    assert (begun.status_code, begun.json()["received"]) == (201, 0)
    first = send(hers, begun.json()["upload"], 0, DATA[:HALF])
    assert (first.status_code, first.json()["received"]) == (202, HALF)
    pieces = held(erin)
    last = send(hers, begun.json()["upload"], HALF, DATA[HALF:])
    assert (last.status_code, last.json()["what"]) == (201, "created")
    document = Document.objects.for_tenant(erin.tenant).get()
    with storage.open_blob(document.latest_version.blob) as file:
        assert file.read() == DATA
    assert not PartialUpload.objects.for_tenant(erin.tenant).exists()
    assert not any(storage.is_there(piece) for piece in pieces)


def test_two_windows_that_finish_the_same_file_at_once_make_one_document(hers, shelf, erin, monkeypatch):
    upload = begin(hers, shelf).json()["upload"]
    send(hers, upload, 0, DATA[:HALF])
    is_there, others = storage.is_there, []

    def other_window_is_quicker(piece):
        if not others:
            others.append(None)
            others.append(chunked_uploads.add(erin, upload, len(DATA), ()))
        return is_there(piece)

    monkeypatch.setattr(storage, "is_there", other_window_is_quicker)
    last = send(hers, upload, HALF, DATA[HALF:])
    assert (last.status_code, others[1].what) == (201, "created")
    assert Document.objects.for_tenant(erin.tenant).get() == others[1].document


def test_the_same_file_chosen_again_goes_on_where_it_stopped(hers, shelf):
    upload = begin(hers, shelf).json()["upload"]
    send(hers, upload, 0, DATA[:HALF])
    again = begin(hers, shelf).json()
    assert (again["upload"], again["received"]) == (upload, HALF)
    assert begin(hers, shelf, stamp="2").json()["received"] == 0  # changed since: another file
    assert send(hers, upload, HALF, DATA[HALF:]).status_code == 201


def test_a_piece_that_comes_twice_is_kept_once_and_another_in_its_place_is_refused(hers, shelf, erin):
    upload = begin(hers, shelf).json()["upload"]
    send(hers, upload, 0, DATA[:HALF])
    again = send(hers, upload, 0, DATA[:HALF])
    assert (again.status_code, again.json()["received"]) == (202, HALF)
    for at, data in ((0, DATA[1:HALF]), (0, DATA[: HALF - 1]), (0, DATA), (1, DATA[1:HALF]), (HALF + 1, DATA[:HALF])):
        got = send(hers, upload, at, data)
        assert (got.status_code, got.json()["received"]) == (409, HALF)
    assert len(held(erin)) == 1
    for _ in range(2):
        last = send(hers, upload, HALF, DATA[HALF:])
        assert last.status_code == 201
    assert last.json()["id"] == str(Document.objects.for_tenant(erin.tenant).get().pk)
    assert Document.objects.for_tenant(erin.tenant).get().latest_version.number == 1


def test_the_same_piece_twice_at_the_same_time_is_kept_once(shelf, erin):
    """The second arrives while the first is still being written down."""
    upload = chunked_uploads.begin(erin, shelf, filename="rooms.txt", size=len(DATA))

    def slowly(data, meanwhile):
        yield data[:10]
        chunked_uploads.add(erin, upload.pk, 0, [meanwhile])
        yield data[10:]

    known = chunked_uploads.add(erin, upload.pk, 0, slowly(DATA[:HALF], DATA[:HALF]))
    assert (known.received, len(held(erin))) == (HALF, 1)

    other = chunked_uploads.begin(erin, shelf, filename="other.txt", size=len(DATA))

    def otherwise():
        yield DATA[:10]
        chunked_uploads.add(erin, other.pk, 0, [DATA[:20]])

    with pytest.raises(Conflicting) as refused:
        chunked_uploads.add(erin, other.pk, 0, otherwise())
    assert refused.value.extra == {"received": 20}
    assert sum(storage.is_there(piece) for piece in held(erin)) == 2


def test_more_than_was_announced_is_refused_and_what_arrived_before_stays(hers, shelf, erin):
    upload = begin(hers, shelf, size=HALF + 10).json()["upload"]
    send(hers, upload, 0, DATA[:HALF])
    assert send(hers, upload, HALF, DATA[HALF:]).status_code == 413
    assert begin(hers, shelf, size=HALF + 10).json()["received"] == HALF


def test_the_library_says_what_stopped_and_it_can_be_discarded(hers, shelf, erin):
    upload = begin(hers, shelf).json()["upload"]
    send(hers, upload, 0, DATA[:HALF])
    page = text_of(hers, "documents/", collection=str(shelf.pk))
    assert "Choose the same file again to continue." in page
    assert "600 bytes of 1.4 kB" in page
    pieces = held(erin)
    assert hers.post(path(f"documents/upload/pieces/{upload}/discard/")).status_code == 302
    assert not any(storage.is_there(piece) for piece in pieces)
    assert "Choose the same file again" not in text_of(hers, "documents/", collection=str(shelf.pk))


def test_after_a_day_what_arrived_is_gone_and_before_it_is_not_taken_for_lost_files(hers, shelf, erin, monkeypatch):
    from knowledge.library import stored_files

    monkeypatch.setattr(stored_files, "ORPHAN_AGE", timedelta(seconds=-60))
    upload = begin(hers, shelf).json()["upload"]
    send(hers, upload, 0, DATA[:HALF])
    [piece] = held(erin)
    maintenance.remove_orphans()
    assert storage.is_there(piece)
    PartialUpload.objects.for_tenant(erin.tenant).update(changed_at=timezone.now() - timedelta(hours=25))
    assert send(hers, upload, HALF, DATA[HALF:]).status_code == 404
    maintenance.remove_orphans()
    assert not storage.is_there(piece)
    assert not PartialUpload.objects.for_tenant(erin.tenant).exists()


def test_where_a_piece_was_lost_the_sender_begins_anew(hers, shelf, erin):
    upload = begin(hers, shelf).json()["upload"]
    send(hers, upload, 0, DATA[:HALF])
    storage.discard(held(erin)[0])
    got = send(hers, upload, HALF, DATA[HALF:])
    assert (got.status_code, got.json()["received"]) == (202, 0)
    assert send(hers, upload, 0, DATA).status_code == 201


@pytest.mark.parametrize("said", [{"size": 0}, {"size": -1}, {"size": "many"}, {"size": 10**12}])
def test_what_cannot_be_a_size_is_refused(hers, shelf, erin, said):
    assert begin(hers, shelf, **said).status_code in (400, 413)
    assert not PartialUpload.objects.for_tenant(erin.tenant).exists()


def test_nobody_fills_the_disk_with_beginnings(hers, shelf, monkeypatch):
    monkeypatch.setattr(chunked_uploads, "MAX_OPEN_UPLOADS_PER_MEMBER", 2)
    assert [begin(hers, shelf, name=f"{n}.txt").status_code for n in range(3)] == [201, 201, 409]


def test_a_right_that_ends_meanwhile_stops_the_upload(sign_in, shelf, erin, adam):
    grants.give(shelf, "write", adam, by=erin)
    his = sign_in(adam)
    upload = begin(his, shelf).json()["upload"]
    send(his, upload, 0, DATA[:HALF])
    grants.revoke(shelf, adam, by=erin)
    assert send(his, upload, HALF, DATA[HALF:]).status_code == 404
    assert not Document.objects.for_tenant(erin.tenant).exists()


def test_nobody_elses_upload_can_be_seen_added_to_or_discarded(hers, sign_in, shelf, erin, adam, mallory):
    grants.give(shelf, "write", adam, by=erin)
    upload = begin(hers, shelf).json()["upload"]
    send(hers, upload, 0, DATA[:HALF])
    for other in (sign_in(adam), sign_in(mallory)):
        assert send(other, upload, HALF, DATA[HALF:]).status_code == 404
        assert other.post(path(f"documents/upload/pieces/{upload}/discard/")).status_code == 404
    assert begin(sign_in(adam), shelf).json()["received"] == 0
    assert begin(sign_in(mallory), shelf).status_code == 404
    assert "Choose the same file again" not in text_of(sign_in(adam), "documents/")


def test_who_may_only_read_begins_nothing(sign_in, shelf, erin, alice):
    grants.give(shelf, "read", alice, by=erin)
    assert begin(sign_in(alice), shelf).status_code == 403
