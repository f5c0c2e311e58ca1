"""Deleting: hidden at once, restorable for a while, then gone from rows, files and index."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.http import Http404
from django.utils import timezone

from audit.models import AuditEvent
from knowledge import backends, maintenance
from knowledge.erasure import deletion
from knowledge.erasure.deletion import erase_now, put_in_trash, restore, trash_of
from knowledge.indexes import index_writer
from knowledge.library.collections import remove_collection
from knowledge.models import Blob, Collection, Content, Document, Passage, Trashing, Version
from knowledge.permissions.access import access_document
from tenants.errors import Conflicting
from tenants.isolation.scope import in_tenant

pytestmark = pytest.mark.django_db

SECRET = "quokkasaurus"


@pytest.fixture
def secret(upload):
    return upload("secret.md", f"# Secret\n\nThe code word is {SECRET}, and nobody else uses it.")


def _bytes_in_store(tenant) -> int:
    files = (path for path in settings.STORE_DIR.rglob("*") if path.is_file() and tenant.pk.hex in str(path))
    return sum(SECRET.encode() in path.read_bytes() for path in files)


def test_it_is_hidden_at_once_and_can_be_restored(secret, erin, titles):
    put_in_trash(erin, secret)
    assert titles(erin, SECRET) == set()
    assert list(trash_of(erin)) == [secret]
    with pytest.raises(Http404):
        access_document(erin, secret.pk)
    restore(erin, secret)
    assert titles(erin, SECRET) == {"Secret"}
    assert list(trash_of(erin)) == []


def test_the_second_who_deletes_it_is_told(secret, erin, adam, shelf):
    from knowledge.permissions import grants

    grants.give(shelf, "manage", adam, by=erin)
    theirs, ours = access_document(adam, secret.pk), access_document(erin, secret.pk)
    put_in_trash(erin, ours)
    with pytest.raises((Http404, Conflicting)):
        put_in_trash(adam, theirs)
    erase_now(erin, secret.pk)
    maintenance.do_store_work()
    with pytest.raises(Http404):
        restore(adam, theirs)
    with pytest.raises(Http404):
        erase_now(adam, secret.pk)


def test_two_at_the_very_same_moment_end_with_one_row(monkeypatch, secret, erin):
    """The second has passed the check when the first commits."""
    found = access_document(erin, secret.pk)
    put_in_trash(erin, secret)
    monkeypatch.setattr(deletion, "access_document", lambda *_, **__: found)
    with pytest.raises(Conflicting, match="Someone else has just removed"):
        put_in_trash(erin, secret)
    assert Trashing.objects.for_tenant(erin.tenant).count() == 1


def test_erasing_leaves_nothing_anywhere_and_a_receipt_that_says_so(monkeypatch, secret, erin, titles):
    path = settings.MEDIA_ROOT / Blob.objects.for_tenant(erin.tenant).get().path
    assert path.is_file()
    assert _bytes_in_store(erin.tenant) > 0
    told = []
    monkeypatch.setattr(deletion, "_forgetting", [])
    deletion.on_erase("quotes", lambda tenant_id, ids: told.append(ids) or 3)
    erase_now(erin, secret.pk)
    assert titles(erin, SECRET) == set()
    maintenance.do_store_work()
    for model in (Document, Version, Passage, Content, Blob, Trashing):
        assert not model.objects.for_tenant(erin.tenant).exists(), model
    assert not path.exists()
    assert _bytes_in_store(erin.tenant) == 0
    assert told == [[secret.pk]]
    receipt = AuditEvent.objects.filter(tenant_id=erin.tenant_id, action="document:erased").get().data["receipt"]
    assert (receipt["versions"], receipt["passages"], receipt["files_removed"]) == (1, 1, 1)
    assert receipt["elsewhere"] == {"quotes": 3}
    assert receipt["hidden_at"] <= receipt["erased_at"]


@pytest.mark.django_db(transaction=True)
def test_erased_words_are_in_no_file_of_the_database(secret, erin):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL overwrites when it vacuums")

    def files_with_the_secret() -> list[str]:
        database = Path(connection.settings_dict["NAME"])
        files = sorted(map(str, database.parent.glob(f"{database.name}*")))
        # By another process: whoever closes a database's file loses SQLite's locks on it for the whole process.
        found = subprocess.run(["grep", "-l", "-a", SECRET, *files], capture_output=True, text=True, check=False)
        return found.stdout.split()

    assert files_with_the_secret()
    erase_now(erin, secret.pk)
    maintenance.do_store_work()
    assert files_with_the_secret() == []


def test_bytes_that_another_document_has_too_stay(secret, upload, erin, titles):
    text = f"# Secret\n\nThe code word is {SECRET}, and nobody else uses it."
    copy = upload("copy.md", text)
    assert Blob.objects.for_tenant(erin.tenant).count() == 1
    erase_now(erin, secret.pk)
    maintenance.do_store_work()
    blob = Blob.objects.for_tenant(erin.tenant).get()
    assert (settings.MEDIA_ROOT / blob.path).is_file()
    assert titles(erin, SECRET) == {"Secret"}
    assert access_document(erin, copy.pk)


def test_after_the_grace_period_it_goes_by_itself(secret, erin):
    put_in_trash(erin, secret)
    maintenance.do_store_work()
    assert Document.objects.for_tenant(erin.tenant).exists()
    Trashing.objects.for_tenant(erin.tenant).update(erase_after=timezone.now() - timedelta(seconds=1))
    assert maintenance.store_work_waits()
    with pytest.raises(Conflicting):
        restore(erin, secret)
    maintenance.do_store_work()
    assert not Document.objects.for_tenant(erin.tenant).exists()
    assert not maintenance.store_work_waits()


def test_what_is_deleted_while_it_waits_is_not_read_until_restored(bring, erin, read_all, titles):
    document = bring("travel.md").document
    put_in_trash(erin, document)
    read_all()
    assert titles(erin, "meals") == set()
    restore(erin, document)
    read_all()
    assert titles(erin, "meals") == {"Travel"}


def test_what_is_deleted_while_it_is_read_leaves_nothing_in_the_store(monkeypatch, bring, erin, read_all):
    from knowledge.ingestion import save

    document = bring("travel.md").document
    real = index_writer.put

    def deleted_meanwhile(*arguments):
        real(*arguments)
        with in_tenant(erin.tenant):
            put_in_trash(erin, document)

    monkeypatch.setattr(save.index_writer, "put", deleted_meanwhile)
    read_all()
    assert backends.store().count(index_writer.namespace_of(erin.tenant_id)) == 0
    assert not Passage.objects.for_tenant(erin.tenant).exists()


def test_a_collection_goes_when_its_documents_are_gone(secret, shelf, erin):
    with pytest.raises(Conflicting):
        remove_collection(erin, shelf)
    remove_collection(erin, shelf, with_documents=True)
    assert list(trash_of(erin)) == [secret]
    with pytest.raises(Conflicting):
        remove_collection(erin, shelf)
    erase_now(erin, secret.pk)
    maintenance.do_store_work()
    remove_collection(erin, shelf)
    assert not Collection.objects.for_tenant(erin.tenant).exists()


def test_a_crash_between_the_store_and_the_rows_is_made_good(monkeypatch, secret, erin):
    def crash(*_):
        raise RuntimeError("killed here")

    erase_now(erin, secret.pk)
    with monkeypatch.context() as patched:
        patched.setattr(deletion, "_erase", crash)
        with pytest.raises(RuntimeError):
            deletion.erase_overdue(erin.tenant)
    assert Document.objects.for_tenant(erin.tenant).exists()
    maintenance.do_store_work()
    assert not Document.objects.for_tenant(erin.tenant).exists()


def test_files_that_no_row_knows_are_swept_up(secret, erin):
    import os

    known = settings.MEDIA_ROOT / Blob.objects.for_tenant(erin.tenant).get().path
    lost, fresh = known.with_name("lost"), known.with_name("fresh")
    lost.write_text("x")
    fresh.write_text("x")
    os.utime(lost, (0, 0))
    os.utime(known, (0, 0))
    maintenance.remove_orphans()
    assert (known.exists(), lost.exists(), fresh.exists()) == (True, False, True)
