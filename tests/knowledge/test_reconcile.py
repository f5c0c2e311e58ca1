"""Database, files and store are compared; what went astray is found, told and put right, with nothing embedded anew."""

import json
import os
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from knowledge import backends
from knowledge.erasure.deletion import put_in_trash
from knowledge.indexes import index_writer, reconcile
from knowledge.library import documents
from knowledge.models import Document, Job, Passage, Status, Version
from knowledge.stores.base import IndexedPassage

pytestmark = pytest.mark.django_db

TABLE = "# Rates\n\n| City | Rate |\n|---|---|\n" + "\n".join(f"| Town {n} | {n} euros a night |" for n in range(400))


@pytest.fixture
def library(upload):
    return [upload("travel.md"), upload("tea.md", "# Tea\n\nThe unicorn likes tea."), upload("rates.md", TABLE)]


@pytest.fixture
def no_embedding(monkeypatch):
    """From now on nothing may be embedded but questions."""
    kind = type(backends.embedder())
    real = kind.embed

    def embed(self, texts):
        assert len(texts) == 1, "documents are embedded again"
        return real(self, texts)

    monkeypatch.setattr(kind, "embed", embed)


def compared(tenant, *, repair=True) -> dict[str, int]:
    """What was found astray; and with `repair` it is found no more."""
    report = reconcile.of_tenant(tenant, repair=repair)
    if repair:
        again = reconcile.of_tenant(tenant, repair=False)
        assert again.astray - again.rows_without_file == 0
    found = {name: getattr(report, name) for name in report.__slots__}
    for name in ("tenant", "repaired", "passages", "missing_files"):
        del found[name]
    return {name: count for name, count in found.items() if count}


def test_nothing_is_astray_in_a_library_that_nobody_harmed(acme, library, erin):
    put_in_trash(erin, library[0])
    assert compared(acme) == {}
    assert reconcile.of_tenant(acme, repair=False).passages == Passage.objects.for_tenant(acme).count()


def test_a_wiped_store_is_rebuilt_from_the_database_alone(acme, erin, library, titles, no_embedding):
    where, store = index_writer.namespace_of(acme.pk), backends.store()
    before = everything(store, where)
    store.destroy(where)
    assert compared(acme, repair=False) == {"missing_passages": len(before)}
    assert store.count(where) == 0, "a report changed something"
    assert compared(acme) == {"missing_passages": len(before)}
    assert everything(store, where) == before
    assert "Travel" in titles(erin, "meals")
    assert "Rates" in titles(erin, "Town 399")


def test_rebuilt_passages_have_the_very_words_that_were_indexed(acme, upload, monkeypatch):
    put: dict = {}
    real = index_writer.put

    def note(tenant_id, generation, passages):
        passages = list(passages)
        put.update((each.passage_id, (each.terms, each.text, tuple(each.vector))) for each in passages)
        real(tenant_id, generation, passages)

    monkeypatch.setattr("knowledge.ingestion.save.index_writer.put", note)
    upload("rates.md", TABLE)
    upload("travel.md")
    from knowledge.indexes import rebuild

    again = {
        each.passage_id: (each.terms, each.text, tuple(each.vector))
        for passages in rebuild.passages_of(acme, index_writer.active_generation(acme.pk))
        for each in passages
    }
    assert len(put) > 3
    assert again == put


def test_passages_of_documents_that_are_gone_leave_the_store(acme, library, titles, erin):
    where, store = index_writer.namespace_of(acme.pk), backends.store()
    listed = [each for page in store.listing(where) for each in page]
    vector = Passage.objects.for_tenant(acme).first().vector
    import numpy as np

    stranger = IndexedPassage(
        uuid4(), uuid4(), 900, uuid4(), listed[0].collection_id, "x", "x", np.frombuffer(vector, "<f4")
    )
    known = listed[0]
    stale = IndexedPassage(
        uuid4(), known.document_id, 1, known.version_id, known.collection_id, "x", "x", np.frombuffer(vector, "<f4")
    )
    store.put(where, [stranger, stale])
    assert compared(acme) == {"orphaned_passages": 1, "stale_passages": 1}
    assert store.count(where) == len(listed)


def test_a_version_on_its_way_is_left_to_those_who_read_it(acme, library, bring, monkeypatch, read_all):
    """It is in the store before it is in the rows: the reconciler may come in between."""
    from knowledge.ingestion import save

    real, found = index_writer.put, []

    def then_compare(*arguments):
        real(*arguments)
        found.append(compared(acme, repair=True))

    bring("new.md", "# New\n\nBrand new words.")
    monkeypatch.setattr(save.index_writer, "put", then_compare)
    read_all()
    assert found == [{}]
    assert compared(acme) == {}


def test_a_document_under_a_collection_it_left_is_moved_in_the_store(acme, erin, library):
    from knowledge.library.collections import create_collection

    elsewhere = create_collection(erin, "Elsewhere")
    Document.objects.for_tenant(acme).filter(pk=library[0].pk).update(collection=elsewhere)
    assert compared(acme) == {"wrong_labels": 1}


def test_a_ready_version_without_passages_is_read_again(acme, erin, library, titles, read_all):
    Passage.objects.for_tenant(acme).filter(version__document=library[0]).delete()
    assert compared(acme) == {"ready_without_passages": 1}
    read_all()
    assert "Travel" in titles(erin, "meals")
    assert compared(acme) == {}


def test_rows_of_a_former_version_go(acme, library):
    former = library[0].current_version
    Document.objects.for_tenant(acme).filter(pk=library[0].pk).update(current_version=None)
    assert compared(acme) == {"stale_rows": former.passage_count, "stale_passages": former.passage_count}


def test_a_document_that_nobody_would_come_to_is_queued_again(acme, erin, bring, titles, read_all):
    bring("travel.md")
    Job.objects.for_tenant(acme).update(state=Job.State.DONE)
    read_all()
    assert titles(erin, "meals") == set()
    assert compared(acme) == {"lost_jobs": 1}
    read_all()
    assert titles(erin, "meals") == {"Travel"}


def test_a_lost_lease_is_given_back(acme, bring):
    from knowledge.jobs.claims import claim_next

    bring("travel.md")
    claim_next("dies")
    Job.objects.for_tenant(acme).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert compared(acme) == {"lost_leases": 1}
    assert Job.objects.for_tenant(acme).get().state == Job.State.WAITING


def test_a_file_that_no_row_knows_goes_when_it_is_old(acme, library):
    young, old = (Path(default_storage.path(f"{acme.pk}/ab/{name}")) for name in ("young", "old"))
    for path in (young, old):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left behind")
    os.utime(old, (time.time() - 90_000,) * 2)
    assert compared(acme) == {"files_without_row": 1}
    assert young.exists()
    assert not old.exists()


def test_a_lost_file_is_told_and_mended_by_uploading_it_again(acme, library, bring):
    version = library[0].current_version
    Path(default_storage.path(version.blob.path)).unlink()
    report = reconcile.of_tenant(acme, repair=True)
    assert (report.rows_without_file, report.missing_files) == (1, [str(library[0].pk)])
    bring("travel.md")
    assert compared(acme) == {}


def test_what_is_just_being_erased_is_not_put_back(acme, erin, library):
    put_in_trash(erin, library[0], erase_now=True)
    index_writer.drop(acme.pk, [library[0].current_version_id])
    assert compared(acme) == {}


def test_a_moved_document_that_the_store_is_to_follow_is_no_mistake(acme, erin, library):
    from knowledge.library.collections import create_collection

    documents.move_document(erin, library[0], create_collection(erin, "Elsewhere"))
    assert compared(acme) == {}


def test_one_company_that_cannot_be_compared_does_not_keep_the_others_back(acme, globex, library, monkeypatch):
    real = reconcile._rows

    def broken(tenant, report):
        if tenant.pk == acme.pk:
            raise OSError("unreadable")
        real(tenant, report)

    monkeypatch.setattr(reconcile, "_rows", broken)
    assert [report.tenant for report in reconcile.everywhere(repair=True)] == ["globex"]


def test_the_command_says_in_words_and_in_json_what_it_found(acme, globex, library):
    backends.store().destroy(index_writer.namespace_of(acme.pk))
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("reconcile", tenant="acme", stdout=out)
    assert "missing from the search index" in out.getvalue()
    assert "Run this again with --repair" in out.getvalue()
    out = StringIO()
    call_command("reconcile", repair=True, json=True, stdout=out)
    told = {each["tenant"]: each for each in json.loads(out.getvalue())}
    assert set(told) == {"acme", "globex"}
    assert told["acme"]["missing_passages"] == told["acme"]["passages"] > 0
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "no inconsistencies" in out.getvalue()


def test_versions_that_were_read_stay_as_they_are(acme, library):
    backends.store().destroy(index_writer.namespace_of(acme.pk))
    reconcile.of_tenant(acme, repair=True)
    assert set(Version.objects.for_tenant(acme).values_list("status", flat=True)) == {Status.READY}


def everything(store, where) -> list:
    return sorted((each for page in store.listing(where) for each in page), key=lambda each: each.passage_id.bytes)
