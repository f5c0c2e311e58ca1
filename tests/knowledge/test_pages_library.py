"""The library lists what its reader may read, says how far each document has come, and hides the rest."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from knowledge.library.documents import change_document
from knowledge.models import Document, Status, Version
from knowledge.permissions import grants
from tests.knowledge.page_cast import path, shelf_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(erin):
    return shelf_of(erin)


@pytest.fixture
def policy(shelf):
    return shelf.add()


def test_a_reader_sees_what_was_shared_and_its_true_count(sign_in, shelf, policy, erin, alice, bob):
    grants.give(shelf.collection, "read", alice, by=erin)
    page = text_of(sign_in(alice), "documents/")
    assert "Travel policy" in page
    assert "Finance and travel" in page
    stranger = text_of(sign_in(bob), "documents/")
    assert "Travel policy" not in stranger
    assert "Finance and travel" not in stranger
    assert "No documents are shared with you here yet" in stranger


def test_a_reader_gets_no_controls_of_an_editor(sign_in, shelf, policy, erin, alice):
    grants.give(shelf.collection, "read", alice, by=erin)
    page = text_of(sign_in(alice), "documents/")
    for control in ("data-upload", "data-choose", "New collection", "Needs attention", "Replace", "Readers"):
        assert control not in page, control


def test_a_document_that_was_never_read_is_listed_only_for_those_who_can_mend_it(sign_in, shelf, erin, alice):
    grants.give(shelf.collection, "read", alice, by=erin)
    shelf.add("broken.pdf", b"%PDF-1.4 cut short", read=True)
    assert "broken" in text_of(sign_in(erin), "documents/")
    assert "broken" not in text_of(sign_in(alice), "documents/")


def test_each_state_is_said_in_words(sign_in, shelf, policy, erin):
    version = policy.latest_version
    said = {
        Status.QUEUED: "Queued",
        Status.PARSING: "Parsing, page 30 of 120",
        Status.EMBEDDING: "Embedding, 25 %",
        Status.FAILED: "Failed: password protected",
    }
    client = sign_in(erin)
    for status, words in said.items():
        Version.objects.for_tenant(erin.tenant).filter(pk=version.pk).update(
            status=status, progress_done=30, progress_total=120, error_message="Password protected."
        )
        assert words in text_of(client, "documents/"), status


def test_a_failed_document_says_what_mends_it_and_that_the_old_version_answers(sign_in, shelf, policy, erin):
    shelf.add("travel-policy.md", b"%PDF-1.4 cut short")
    page = text_of(sign_in(erin), "documents/")
    assert "Failed: " in page
    assert "Version 1 is still used in answers." in page
    assert ">retry</button>" in page


def test_an_expired_document_is_not_counted_as_searchable(sign_in, shelf, policy, erin):
    shelf.add("rates.md", "# Rates\n\nThirty pence a mile.\n")
    change_document(erin, policy, expires_on=timezone.localdate() - timedelta(days=1))
    page = text_of(sign_in(erin), "documents/")
    assert "1 of 2 searchable" in page
    assert "Not used in answers" in page


def test_filters_stand_in_the_address_and_narrow_the_list(sign_in, shelf, policy, erin):
    shelf.add("rates.csv", "city,limit\nOsaka,140\n")
    client = sign_in(erin)
    assert "Travel policy" not in _table(text_of(client, "documents/", type="sheet"))
    assert "rates" in _table(text_of(client, "documents/", type="sheet"))
    assert "rates.csv" not in _table(text_of(client, "documents/", q="travel"))
    assert "No documents match these filters" in text_of(client, "documents/", state="failed")
    assert "Travel policy" in _table(text_of(client, "documents/", owner=str(erin.pk), state="nonsense", page="x"))


def test_rows_tell_how_things_stand_now_and_only_about_what_may_be_read(sign_in, shelf, policy, erin, alice, bob):
    hidden = shelf_of(erin, "People").add("pay.md", "# Pay\n\nSecret bands.\n")
    grants.give(shelf.collection, "read", alice, by=erin)
    page = text_of(sign_in(alice), "documents/rows/", ids=[str(policy.pk), str(hidden.pk), "nonsense"])
    assert str(policy.pk) in page
    assert str(hidden.pk) not in page
    assert "Pay" not in page


def test_the_plain_form_takes_several_files(sign_in, shelf, erin):
    files = [SimpleUploadedFile(f"{name}.txt", name.encode() * 20) for name in ("leave", "hours")]
    response = sign_in(erin).post(path("documents/upload/"), {"collection": str(shelf.collection.pk), "file": files})
    assert response.status_code == 302
    assert {d.filename for d in Document.objects.for_tenant(erin.tenant)} == {"leave.txt", "hours.txt"}


def test_the_script_is_told_what_became_of_each_file(sign_in, shelf, policy, erin):
    client = sign_in(erin)

    def send(name, data):
        form = {"collection": str(shelf.collection.pk), "file": SimpleUploadedFile(name, data)}
        return client.post(path("documents/upload/"), form, headers={"HX-Request": "true"})

    assert send("new.txt", b"Something new.").json()["what"] == "created"
    assert send("travel-policy.md", b"# Other words\n\nOf the policy.").json()["what"] == "replaced"
    refused = send("empty.txt", b"")
    assert refused.status_code == 400
    assert "0 bytes" in refused.content.decode()


def test_whether_it_may_come_in_is_asked_once_for_each_file(sign_in, shelf, erin):
    client, collection = sign_in(erin), str(shelf.collection.pk)
    whole = {"collection": collection, "file": SimpleUploadedFile("rooms.txt", b"Rooms.")}
    begun = {"collection": collection, "filename": "rooms.txt", "size": 6}
    for tail, form, code in (("upload/", whole, 302), ("upload/pieces/", begun, 201)):
        with CaptureQueriesContext(connection) as asked:
            assert client.post(path(f"documents/{tail}"), form).status_code == code
        fetched = [each["sql"] for each in asked if each["sql"].startswith('SELECT "knowledge_collection"')]
        assert len(fetched) == 1, tail


def test_who_may_only_read_cannot_upload(sign_in, shelf, erin, alice):
    grants.give(shelf.collection, "read", alice, by=erin)
    form = {"collection": str(shelf.collection.pk), "file": SimpleUploadedFile("x.txt", b"text")}
    assert sign_in(alice).post(path("documents/upload/"), form).status_code == 403
    assert Document.objects.for_tenant(erin.tenant).count() == 0


def test_a_page_of_many_has_a_next_one(sign_in, shelf, erin):
    for number in range(52):
        shelf.add(f"note-{number:02}.txt", f"Note {number} says {number}.", read=False)
    page = text_of(sign_in(erin), "documents/", sort="title")
    assert "note-00" in page
    assert "note-51" not in page
    second = text_of(sign_in(erin), "documents/", sort="title", page="2")
    assert "note-51" in second
    assert "51 to 52" in second


def _table(page: str) -> str:
    found = re.search(r"<tbody.*?</tbody>", page, re.S)
    return found.group() if found else ""
