"""Programs send large files in pieces too, and may repeat whatever they got no answer to."""

import uuid

import pytest
from django.test import Client

from knowledge.library import chunked_uploads, storage
from knowledge.models import Document, PartialUpload
from knowledge.permissions import grants
from tenants.errors import DiskFull

pytestmark = pytest.mark.django_db

API = "/t/acme/api/v1"
DATA = b"Rooms are booked in quarter hours.\n" * 40
HALF = 600


@pytest.fixture
def api(bearer):
    """`api(alice)` gives a client that carries her key."""
    return lambda member, *scopes: Client(headers=bearer(member, *scopes))


def begin(program, collection, **said):
    said = {"collection": str(collection), "filename": "rooms.txt", "size": len(DATA)} | said
    return program.post(f"{API}/uploads/", said, content_type="application/json")


def put(program, upload, at, data, kind="application/octet-stream"):
    return program.put(f"{API}/uploads/{upload}/pieces/{at}/", data, content_type=kind)


def is_problem(got, status: int, code: str) -> bool:
    return (got.status_code, got["Content-Type"], got.json()["code"]) == (status, "application/problem+json", code)


def test_a_file_in_pieces_is_looked_at_goes_on_and_becomes_a_document_that_is_found(api, shelf, erin, read_all):
    program = api(erin)
    begun = begin(program, "Handbook")
    assert begun.status_code == 201, begun.content
    upload = begun.json()["id"]
    assert begun.json() | {"kept_until": ""} == {
        "id": upload, "collection": str(shelf.pk), "filename": "rooms.txt", "size": len(DATA), "received": 0,
        "largest_piece": chunked_uploads.PIECE_BYTES, "kept_until": "", "document": None,
    }  # fmt: skip
    assert program.get(f"{API}/uploads/").json() == []
    first = put(program, upload, 0, DATA[:HALF])
    assert (first.status_code, first.json()["received"]) == (200, HALF)
    assert program.get(f"{API}/uploads/").json() == [program.get(f"{API}/uploads/{upload}/").json()] == [first.json()]
    assert begin(program, shelf.pk).json() == first.json()
    last = put(program, upload, HALF, DATA[HALF:])
    assert (last.status_code, last.json()["received"], last.json()["kept_until"]) == (201, len(DATA), None)
    assert program.get(f"{API}/uploads/").json() == []
    read_all()
    document = program.get(f"{API}/documents/{last.json()['document']}/").json()
    assert (document["status"], document["filename"], document["size"]) == ("ready", "rooms.txt", len(DATA))
    with storage.open_blob(Document.objects.for_tenant(erin.tenant).get().latest_version.blob) as file:
        assert file.read() == DATA


def test_every_piece_may_be_sent_again_the_last_one_too(api, shelf, erin):
    program = api(erin)
    upload = begin(program, shelf.pk).json()["id"]
    for at, data in ((0, DATA[:HALF]), (HALF, DATA[HALF:])):
        first, again = put(program, upload, at, data), put(program, upload, at, data)
        assert again.status_code == 200
        assert again.json() == first.json()
    assert program.get(f"{API}/uploads/{upload}/").json() == again.json()
    document = Document.objects.for_tenant(erin.tenant).get()
    assert (again.json()["document"], document.latest_version.number) == (str(document.pk), 1)


def test_one_that_could_not_be_put_together_is_later_by_an_empty_piece_if_all_is_there(api, shelf, erin, monkeypatch):
    def full(*arguments, **more):
        raise DiskFull("The disk of the portal is full.")

    program = api(erin)
    upload = begin(program, shelf.pk).json()["id"]
    with monkeypatch.context() as at_that_time:
        at_that_time.setattr("knowledge.library.uploads.upload", full)
        assert is_problem(put(program, upload, 0, DATA), 507, "no_room")
    found = program.get(f"{API}/uploads/{upload}/").json()
    assert found["document"] is None
    whole = put(program, upload, found["received"], DATA[found["received"] :])
    assert (whole.status_code, len(DATA)) == (201, whole.json()["size"])
    assert whole.json()["document"] == str(Document.objects.for_tenant(erin.tenant).get().pk)


def test_another_piece_in_its_place_is_refused_and_says_where_to_go_on(api, shelf, erin):
    program = api(erin)
    upload = begin(program, shelf.pk).json()["id"]
    put(program, upload, 0, DATA[:HALF])
    for at in (0, HALF - 1, HALF + 1, 10**30):
        got = put(program, upload, at, DATA[1:HALF])
        assert is_problem(got, 409, "other_piece")
        assert got.json()["received"] == HALF


def test_what_cannot_be_taken_is_refused_and_what_arrived_stays(api, shelf, erin):
    program = api(erin)
    assert is_problem(begin(program, shelf.pk, size=0), 400, "empty_file")
    assert is_problem(begin(program, shelf.pk, size=10**12), 413, "too_large")
    assert is_problem(begin(program, shelf.pk, size="many"), 400, "invalid")
    assert is_problem(begin(program, "No such shelf"), 404, "not_found")
    upload = begin(program, shelf.pk).json()["id"]
    put(program, upload, 0, DATA[:HALF])
    assert is_problem(put(program, upload, HALF, DATA), 413, "too_large")
    assert is_problem(put(program, upload, HALF, b""), 400, "empty_file")
    for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json"):
        assert is_problem(put(program, upload, HALF, DATA[HALF:], kind), 415, "unsupported_media_type")
    assert program.get(f"{API}/uploads/{upload}/").json()["received"] == HALF


def test_a_discarded_one_is_gone_with_its_bytes(api, shelf, erin):
    program = api(erin)
    upload = begin(program, shelf.pk).json()["id"]
    put(program, upload, 0, DATA[:HALF])
    [piece] = PartialUpload.objects.for_tenant(erin.tenant).get().pieces
    assert program.delete(f"{API}/uploads/{upload}/").status_code == 204
    assert not storage.is_there(piece)
    assert is_problem(program.get(f"{API}/uploads/{upload}/"), 404, "not_found")
    assert is_problem(put(program, upload, HALF, DATA[HALF:]), 404, "not_found")


def test_a_key_needs_the_scope_and_its_member_the_right(api, shelf, erin, alice, bob):
    assert is_problem(begin(api(erin, "read", "ask"), shelf.pk), 403, "not_allowed")
    upload = begin(api(erin, "write"), shelf.pk).json()["id"]
    assert is_problem(put(api(erin, "read"), upload, 0, DATA), 403, "not_allowed")
    assert is_problem(api(erin, "read").delete(f"{API}/uploads/{upload}/"), 403, "not_allowed")
    assert is_problem(api(erin, "write").get(f"{API}/uploads/"), 403, "not_allowed")
    grants.give(shelf, "read", alice, by=erin)
    assert is_problem(begin(api(alice), shelf.pk), 403, "not_allowed")
    assert is_problem(begin(api(bob), shelf.pk), 404, "not_found")


def test_nobody_elses_is_seen_added_to_or_discarded_while_it_comes_or_when_it_is_whole(api, shelf, erin, adam, mallory):
    grants.give(shelf, "write", adam, by=erin)
    upload = begin(api(erin), shelf.pk).json()["id"]
    theirs = f"/t/globex/api/v1/uploads/{upload}/"
    for at, data in ((0, DATA[:HALF]), (HALF, DATA[HALF:])):
        assert is_problem(put(api(adam), upload, at, data), 404, "not_found")
        assert is_problem(api(adam).get(f"{API}/uploads/{upload}/"), 404, "not_found")
        assert is_problem(api(adam).delete(f"{API}/uploads/{upload}/"), 404, "not_found")
        assert api(mallory).get(theirs).status_code == api(mallory).delete(theirs).status_code == 404
        assert put(api(erin), upload, at, data).status_code in (200, 201)
    assert is_problem(api(adam).get(f"{API}/uploads/{upload}/"), 404, "not_found")
    assert api(mallory).get(theirs).json() == api(mallory).get(theirs.replace(upload, str(uuid.uuid4()))).json()


def test_who_may_no_longer_read_what_it_became_is_not_told(api, shelf, erin, adam):
    grants.give(shelf, "write", adam, by=erin)
    program = api(adam)
    upload = begin(program, shelf.pk).json()["id"]
    put(program, upload, 0, DATA)
    document = Document.objects.for_tenant(erin.tenant).get()
    assert program.get(f"{API}/uploads/{upload}/").json()["document"] == str(document.pk)
    grants.revoke(shelf, adam, by=erin)
    Document.objects.for_tenant(erin.tenant).update(owner=erin)
    assert is_problem(program.get(f"{API}/uploads/{upload}/"), 404, "not_found")
    assert is_problem(put(program, upload, 0, DATA), 404, "not_found")
