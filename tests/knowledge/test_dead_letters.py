"""Documents that could not be read: why, since when, how often tried, and what one can do. Reading that is not wanted is stopped."""

from io import StringIO

import pytest
from django.core.management import call_command

from audit.models import AuditEvent
from knowledge import backends
from knowledge.indexes import index_writer
from knowledge.ingestion import pipeline
from knowledge.library import failed_documents
from knowledge.library.documents import places_in_queue
from knowledge.models import Job, Passage, Status
from knowledge.models.grant import Right
from knowledge.permissions import grants
from tenants.errors import Conflicting

pytestmark = pytest.mark.django_db

API = "/t/acme/api/v1"


@pytest.fixture
def broken(bring, read_all):
    document = bring("broken.docx", b"PK\x03\x04 not really").document
    read_all()
    document.refresh_from_db()
    return document


@pytest.fixture
def reads(monkeypatch):
    """From now on every file can be read."""
    from knowledge.parsers.base import PageSpan, ParsedDocument
    from knowledge.parsers.client import ParserChild

    text = "At last it could be read."
    parsed = ParsedDocument(text=text, media_type="text/plain", pages=(PageSpan(1, 0, len(text), "1"),), blocks=())
    return lambda: monkeypatch.setattr(ParserChild, "parse", lambda *_, **__: parsed)


def test_the_page_says_why_since_when_and_what_mends_it(sign_in, erin, broken):
    page = sign_in(erin).get("/t/acme/documents/failed/").content.decode()
    version = broken.latest_version
    assert "Documents that could not be read" in page
    assert version.error_message in page
    assert version.error_hint in page
    assert "tried once" in page
    library = sign_in(erin).get("/t/acme/documents/").content.decode()
    assert 'href="/t/acme/documents/failed/"' in library


def test_nobody_is_told_of_a_failure_they_could_do_nothing_about(sign_in, alice, adam, erin, shelf, broken):
    grants.give(shelf, "read", alice, by=erin)
    for member in (alice, adam):
        page = sign_in(member).get("/t/acme/documents/failed/").content.decode()
        assert "broken" not in page
        assert "No documents failed" in page
        assert list(failed_documents.could_not_be_read(member)) == []


def test_one_is_tried_again_from_the_page(sign_in, erin, broken, read_all, reads):
    reads()
    back = "/t/acme/documents/failed/"
    answer = sign_in(erin).post(f"/t/acme/documents/{broken.pk}/retry/", {"back": back})
    assert (answer.status_code, answer["Location"]) == (302, back)
    read_all()
    broken.refresh_from_db()
    assert broken.current_version.status == Status.READY
    assert "No documents failed" in sign_in(erin).get(back).content.decode()


def test_all_are_tried_again_and_of_others_none(sign_in, erin, olga, bring, read_all, reads):
    from knowledge.library.collections import create_collection

    for number in range(3):
        bring(f"{number}.docx", b"PK\x03\x04 no %d" % number)
    theirs = bring("theirs.docx", b"PK\x03\x04 theirs", by=olga, to=create_collection(olga, "Olga's")).document
    read_all()
    reads()
    sign_in(erin).post("/t/acme/documents/failed/retry/")
    read_all()
    assert list(failed_documents.could_not_be_read(erin)) == []
    assert list(failed_documents.could_not_be_read(olga)) == [theirs]
    assert AuditEvent.objects.filter(tenant_id=erin.tenant_id, action="document:retried").count() == 3


def test_programs_list_and_retry_too(sign_in, erin, broken, read_all):
    client = sign_in(erin)
    (row,) = client.get(f"{API}/failures/").json()["results"]
    assert row["id"] == str(broken.pk)
    assert row["attempts"] == 1
    assert row["error"]["code"] == broken.latest_version.error_code
    assert row["since"] is not None
    named = client.post(f"{API}/failures/", {"documents": [str(broken.pk)]}, content_type="application/json")
    assert (named.status_code, named.json()) == (202, {"retried": 1, "left": 0})
    read_all()
    everything = client.post(f"{API}/failures/", {}, content_type="application/json")
    assert everything.json() == {"retried": 1, "left": 0}
    assert client.post(f"{API}/failures/", {}, content_type="application/json").json() == {"retried": 0, "left": 0}


def test_a_waiting_file_is_not_read_when_it_was_stopped(sign_in, erin, bring, read_all, titles):
    document = bring("travel.md").document
    client = sign_in(erin)
    answer = client.post(f"{API}/documents/{document.pk}/cancel/")
    assert (answer.json()["status"], answer.json()["error"]["code"]) == ("failed", "cancelled")
    read_all()
    assert titles(erin, "meals") == set()
    assert client.post(f"{API}/documents/{document.pk}/cancel/").status_code == 409
    client.post(f"{API}/documents/{document.pk}/retry/")
    read_all()
    assert titles(erin, "meals") == {"Travel"}


def test_a_file_on_its_way_is_stopped_from_its_row(sign_in, erin, bring, read_all):
    document = bring("travel.md").document
    client = sign_in(erin)
    address = f"/t/acme/documents/{document.pk}/stop/"
    assert f'formaction="{address}"' in client.get("/t/acme/documents/").content.decode()
    assert client.post(address).status_code == 302
    read_all()
    row = client.get("/t/acme/documents/").content.decode()
    assert "Reading was stopped" in row or "reading was stopped" in row
    assert f'formaction="{address}"' not in row


@pytest.mark.parametrize("moment", ["read", "embedded", "put"])
def test_a_file_is_stopped_while_it_is_worked_on_and_leaves_nothing(moment, monkeypatch, erin, bring, read_all, titles):
    from knowledge.ingestion import embed, save
    from knowledge.parsers.client import ParserChild
    from tenants.isolation.scope import in_tenant

    document = bring("travel.md").document
    place, name = {"read": (ParserChild, "parse"), "embedded": (embed, "_embed"), "put": (save.index_writer, "put")}[
        moment
    ]
    real = getattr(place, name)

    def stopped_meanwhile(*arguments, **options):
        with in_tenant(erin.tenant):
            failed_documents.cancel(erin, document)
        return real(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(place, name, stopped_meanwhile)
        read_all()
    document.refresh_from_db()
    assert (document.latest_version.status, document.latest_version.error_code) == (Status.FAILED, "cancelled")
    assert Job.objects.for_tenant(erin.tenant).get().state == Job.State.CANCELLED
    assert backends.store().count(index_writer.namespace_of(erin.tenant_id)) == 0
    assert not Passage.objects.for_tenant(erin.tenant).exists()
    assert titles(erin, "meals") == set()


def test_a_stopped_replacement_leaves_the_former_version_answering(erin, upload, bring, read_all, titles):
    document = upload("travel.md")
    bring("travel.md", "# Travel\n\nThe daily meal allowance is 55 euros.")
    failed_documents.cancel(erin, document)
    read_all()
    assert titles(erin, "meals") == {"Travel"}
    document.refresh_from_db()
    assert document.current_version.number == 1


def test_stopping_needs_the_right_to_change(erin, alice, shelf, bring):
    document = bring("travel.md").document
    grants.give(shelf, "read", alice, by=erin)
    from tenants.errors import NotAllowed

    with pytest.raises(NotAllowed):
        failed_documents.cancel(alice, document)
    grants.give(shelf, Right.WRITE.value, alice, by=erin)
    failed_documents.cancel(alice, document)
    with pytest.raises(Conflicting):
        failed_documents.cancel(alice, document)


def test_a_whole_import_is_stopped_and_what_people_uploaded_goes_on(
    sign_in, erin, olga, shelf, bring, read_all, titles
):
    from knowledge.library.collections import create_collection

    for number in range(5):
        bring(f"{number}.md", f"Imported text {number}", priority=Job.Priority.BULK)
    bring("travel.md")
    other = create_collection(olga, "Olga's")
    bring("olga.md", "Olga imports too", by=olga, to=other, priority=Job.Priority.BULK)
    page = sign_in(erin).get("/t/acme/documents/failed/").content.decode()
    assert "Stop the import into Handbook" in page
    assert "Olga" not in page.split("In progress")[1]
    sign_in(erin).post(f"/t/acme/collections/{shelf.pk}/stop-import/")
    read_all()
    assert titles(erin, "meals") == {"Travel"}
    assert failed_documents.could_not_be_read(erin).count() == 5
    assert titles(olga, "Olga imports") == {"olga"}
    event = AuditEvent.objects.get(tenant_id=erin.tenant_id, action="import:stopped")
    assert event.data["documents"] == 5


def test_an_import_is_stopped_by_programs_and_by_the_command(sign_in, erin, bring, read_all):
    for number in range(3):
        bring(f"{number}.md", f"Imported text {number}", priority=Job.Priority.BULK)
    answer = sign_in(erin).post(f"{API}/imports/stop/", {}, content_type="application/json")
    assert answer.json() == {"stopped": 3}
    failed_documents.retry_all(erin)
    out = StringIO()
    call_command("stop_import", tenant="acme", user=erin.user.email, collection="handbook", stdout=out)
    assert "3 documents are no longer read" in out.getvalue()
    assert pipeline.drain(inline=True) == 0


def test_a_program_that_imports_too_much_is_told_to_wait(sign_in, erin, shelf, settings):
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.INGEST_WAITING_LIMIT = 2
    client = sign_in(erin)

    def send(name, priority):
        return client.post(
            f"{API}/documents/",
            {"file": SimpleUploadedFile(name, name.encode()), "collection": shelf.pk, "priority": priority},
        )

    assert [send(f"{n}.txt", "import").status_code for n in range(2)] == [201, 201]
    refused = send("3.txt", "import")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "waiting to be read" in refused.json()["detail"]
    assert send("person.txt", "person").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_the_command_that_imports_waits_for_room(erin, shelf, settings, tmp_path, titles):
    settings.INGEST_WAITING_LIMIT = 2
    for number in range(5):
        (tmp_path / f"{number}.md").write_text(f"The unicorn of floor {number}")
    call_command("ingest", str(tmp_path), tenant="acme", collection="Handbook", user=erin.user.email, stdout=StringIO())
    assert Job.objects.for_tenant(erin.tenant).count() == 5
    assert len(titles(erin, "unicorn")) >= 2


def test_ones_place_in_the_queue_does_not_tell_of_files_one_may_not_read(erin, olga, bring):
    from knowledge.library.collections import create_collection

    secret = create_collection(olga, "Secret")
    for number in range(7):
        bring(f"secret-{number}.txt", f"s {number}", by=olga, to=secret)
    mine = bring("mine.txt", "mine").version
    assert places_in_queue(erin) == {mine.pk: 1}
    assert places_in_queue(olga).get(mine.pk) is None
