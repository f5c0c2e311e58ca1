"""What comes in is kept whole or not at all."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from knowledge.library import filenames, storage, uploads
from knowledge.models import Blob, Document, Job, Version
from tenants.errors import DiskFull, TooLarge

ANYTHING = b"Some words that are kept."


def _files(tenant) -> list[str]:
    folder = settings.MEDIA_ROOT / str(tenant.pk)
    return [path.name for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ines\\Report final.docx", "Report final.docx"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("  spaced   out .md ", "spaced out .md"),
        ("..", "document"),
        ("", "document"),
        ("/", "document"),
        (".gitignore", ".gitignore"),
        ("Übersicht.md", "Übersicht.md"),
    ],
)
def test_names_lose_what_is_dangerous_and_nothing_else(sent, kept):
    assert filenames.clean(sent) == kept


def test_a_name_fits_any_file_system_and_keeps_its_ending():
    kept = filenames.clean("ü" * 400 + ".docx")
    assert len(kept.encode()) <= 255
    assert kept.endswith("ü.docx")


@pytest.mark.django_db
def test_the_path_begins_with_the_tenant_and_says_nothing_of_the_name(bring, erin):
    bring("secret plans.txt", ANYTHING)
    blob = Blob.objects.for_tenant(erin.tenant).get()
    assert blob.path.startswith(f"{erin.tenant_id}/")
    assert "secret" not in blob.path
    path = settings.MEDIA_ROOT / blob.path
    assert path.read_bytes() == ANYTHING
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_identical_bytes_are_stored_once_in_a_tenant_but_never_shared_between_two(bring, erin, mallory):
    from knowledge.library.collections import create_collection

    bring("one.txt", ANYTHING)
    bring("two.txt", ANYTHING)
    assert len(_files(erin.tenant)) == 1
    bring("three.txt", ANYTHING, by=mallory, to=create_collection(mallory, "Theirs"))
    assert len(_files(erin.tenant)) == 1
    assert len(_files(mallory.tenant)) == 1


@pytest.mark.django_db
def test_a_full_disk_keeps_nothing_half_and_says_so(monkeypatch, bring, erin):
    bring("before.txt", b"before")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(storage.os, "fsync", full)
        with pytest.raises(DiskFull, match="Existing data is safe"):
            bring("after.txt", ANYTHING)
    assert len(_files(erin.tenant)) == 1
    assert Document.objects.for_tenant(erin.tenant).count() == 1


@pytest.mark.django_db
def test_a_full_disk_is_507_over_http(monkeypatch, bring, erin, shelf, sign_in):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    body = {"file": SimpleUploadedFile("a.txt", ANYTHING), "collection": shelf.pk}
    response = sign_in(erin).post("/t/acme/api/v1/documents/", body)
    assert (response.status_code, response.json()["code"]) == (507, "no_room")


@pytest.mark.django_db
def test_an_upload_that_breaks_off_leaves_nothing(erin, shelf):
    class BreaksOff:
        def chunks(self):
            yield ANYTHING
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        uploads.upload(erin, shelf, BreaksOff(), filename="half.txt")
    assert _files(erin.tenant) == []
    assert not Document.objects.for_tenant(erin.tenant).exists()


@pytest.mark.django_db
def test_the_limit_counts_what_comes_not_what_was_announced(erin, shelf, settings):
    settings.UPLOAD_LIMIT = 10
    with pytest.raises(TooLarge):
        uploads.upload(erin, shelf, ContentFile(b"x" * 11), filename="big.txt")
    assert _files(erin.tenant) == []


@pytest.mark.django_db
def test_rows_that_cannot_be_written_take_the_file_with_them(monkeypatch, erin, shelf):
    def broken(*_, **__):
        raise RuntimeError("no such luck")

    monkeypatch.setattr(uploads, "record", broken)
    with pytest.raises(RuntimeError):
        uploads.upload(erin, shelf, ContentFile(ANYTHING), filename="a.txt")
    assert _files(erin.tenant) == []
    assert not Blob.objects.for_tenant(erin.tenant).exists()


@pytest.mark.django_db
def test_a_lost_file_is_mended_by_uploading_it_again(bring, erin):
    bring("one.txt", ANYTHING)
    os.unlink(settings.MEDIA_ROOT / Blob.objects.for_tenant(erin.tenant).get().path)
    bring("two.txt", ANYTHING)
    assert (settings.MEDIA_ROOT / Blob.objects.for_tenant(erin.tenant).get().path).read_bytes() == ANYTHING


@pytest.mark.django_db
def test_a_newer_version_overtakes_one_that_nobody_began(bring, erin, read_all):
    first = bring("a.txt", b"first").version
    second = bring("a.txt", b"second").version
    first.refresh_from_db()
    assert (first.error_code, first.job.state) == ("overtaken", Job.State.CANCELLED)
    read_all()
    document = Document.objects.for_tenant(erin.tenant).get()
    assert document.current_version == second


@pytest.mark.django_db
def test_a_name_that_is_hidden_from_the_uploader_is_not_given_away(bring, erin, adam, shelf):
    from knowledge.library.documents import change_document
    from knowledge.permissions import grants

    secret = bring("salaries.txt", b"secret").document
    change_document(erin, secret, restricted=True)
    grants.give(shelf, "write", adam, by=erin)
    uploaded = bring("salaries.txt", b"mine", by=adam)
    assert (uploaded.what, uploaded.version.number) == ("created", 1)
    assert uploaded.document != secret


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_numbers_of_their_own_and_share_their_bytes(erin, shelf):
    from django.db import connection

    gate = threading.Barrier(6)

    def one(number: int) -> None:
        try:
            gate.wait()
            uploads.upload(erin, shelf, ContentFile(ANYTHING), filename=f"{number}.txt")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(6)))
    numbers = list(Document.objects.for_tenant(erin.tenant).values_list("number", flat=True))
    assert len(set(numbers)) == 6
    assert Blob.objects.for_tenant(erin.tenant).count() == 1
    assert len(_files(erin.tenant)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_makes_one_document(erin, shelf):
    from django.db import connection

    gate = threading.Barrier(4)

    def one(_):
        try:
            gate.wait()
            return uploads.upload(erin, shelf, ContentFile(ANYTHING), filename="a.txt", key="once", on_same_name="new")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(one, range(4)))
    assert len({result.document.pk for result in results}) == 1
    assert sorted(result.what for result in results) == ["created", "repeated", "repeated", "repeated"]
    assert Version.objects.for_tenant(erin.tenant).count() == 1
