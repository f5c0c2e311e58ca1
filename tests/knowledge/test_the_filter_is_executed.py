"""The rights are in the query that the store runs, not only in what we meant to send it."""

import numpy as np
import pytest

from knowledge import backends
from knowledge.erasure.deletion import put_in_trash
from knowledge.library.documents import change_document, move_document
from knowledge.models import Document
from knowledge.permissions import grants
from knowledge.retrieval.search import SearchFilters, find
from knowledge.stores.base import Readable

pytestmark = pytest.mark.django_db


class Spy:
    """The real store, and a note of every search it ran and of what came out."""

    def __init__(self, store):
        self._store = store
        self.searches = []

    def __getattr__(self, name):
        return getattr(self._store, name)

    def search(self, where, query, *, readable, limit):
        hits = self._store.search(where, query, readable=readable, limit=limit)
        self.searches.append((where, readable, hits))
        return hits


@pytest.fixture
def spy(monkeypatch):
    spying = Spy(backends.store())
    monkeypatch.setattr(backends, "store", lambda: spying)
    return spying


def _numbers(hits):
    return {hit.document_no for hit in hits}


def test_the_store_itself_returns_only_what_the_reader_may_see(spy, shelf, upload, erin, alice):
    mine = upload("travel.md")
    upload("pay.md", "# Pay day\n\nSalaries and meal money are paid on the 25th.")
    grants.give(mine, "read", alice, by=erin)
    find(alice, ["meal"], limit=5)
    (where, readable, hits) = spy.searches[-1]
    assert where.tenant_id == alice.tenant_id
    assert readable.collection_ids == frozenset()
    assert readable.document_nos == {mine.number}
    assert _numbers(hits) == {mine.number}


def test_without_any_right_the_store_is_not_asked(spy, upload, alice):
    upload("travel.md")
    assert find(alice, ["meal"], limit=5) == []
    assert spy.searches == []


def test_every_phrasing_is_filtered(spy, shelf, upload, erin, alice):
    upload("pay.md", "# Pay day\n\nSalaries and meal money are paid on the 25th.")
    mine = upload("travel.md")
    grants.give(mine, "read", alice, by=erin)
    find(alice, ["meal", "money for food", "per diem"], limit=5)
    assert len(spy.searches) == 3
    for _, readable, hits in spy.searches:
        assert readable.document_nos == {mine.number}
        assert _numbers(hits) <= {mine.number}


def test_restricted_trashed_and_expired_documents_are_left_out_by_the_store(spy, shelf, upload, erin, alice):
    from datetime import date

    kept = upload("travel.md")
    hidden = [upload(f"{name}.md", f"# {name}\n\nThe meal allowance is secret.") for name in ("one", "two", "three")]
    grants.give(shelf, "read", alice, by=erin)
    change_document(erin, hidden[0], restricted=True)
    put_in_trash(erin, hidden[1])
    change_document(erin, hidden[2], expires_on=date(2020, 1, 1))
    find(alice, ["meal allowance"], limit=5)
    _, readable, hits = spy.searches[-1]
    assert readable.except_documents >= {document.number for document in hidden}
    assert _numbers(hits) == {kept.number}


def test_filters_narrow_in_the_store_and_never_widen(spy, shelf, upload, erin, alice):
    mine = upload("travel.md")
    other = upload("travel.txt", "The meal allowance is 42 euros a day, says this note.")
    grants.give(mine, "read", alice, by=erin)
    find(alice, ["meal"], limit=5, filters=SearchFilters(types=("text",)))
    assert _numbers(spy.searches[-1][2]) == {mine.number}
    find(alice, ["meal"], limit=5, filters=SearchFilters(collections=(shelf.pk,)))
    assert _numbers(spy.searches[-1][2]) == {mine.number}
    assert other.number not in spy.searches[-1][1].within


def test_a_moved_document_has_its_new_readers_before_the_store_has_followed(
    spy, shelf, upload, erin, alice, bob, read_all
):
    from knowledge.library.collections import create_collection

    document = upload("travel.md")
    annex = create_collection(erin, "Annex")
    grants.give(shelf, "read", alice, by=erin)
    grants.give(annex, "read", bob, by=erin)
    move_document(erin, document, annex)
    assert Document.objects.for_tenant(erin.tenant).get(pk=document.pk).indexed_under == shelf.pk
    for followed in (False, True):
        assert find(alice, ["meal"], limit=5) == []
        assert [found.title for found in find(bob, ["meal"], limit=5)] == ["Travel"]
        assert _numbers(spy.searches[-1][2]) == {document.number}
        if not followed:
            read_all()
            assert Document.objects.for_tenant(erin.tenant).get(pk=document.pk).indexed_under is None
    find(bob, ["meal"], limit=5)
    assert spy.searches[-1][1].document_nos == frozenset()
    assert annex.pk in spy.searches[-1][1].collection_ids


class Careless(Spy):
    """A store whose filter was dropped on the way."""

    def search(self, where, query, *, readable, limit):
        from knowledge.models import Collection

        everything = frozenset(Collection.objects.across_tenants("all").values_list("pk", flat=True))
        return super().search(where, query, readable=Readable(collection_ids=everything), limit=limit)


def test_hits_that_the_rows_refuse_are_not_shown(monkeypatch, shelf, upload, erin, alice):
    """Were the filter wrong, the rows would still say no."""
    mine = upload("travel.md")
    upload("pay.md", "# Pay day\n\nSalaries and meal money are paid on the 25th.")
    grants.give(mine, "read", alice, by=erin)
    careless = Careless(backends.store())
    monkeypatch.setattr(backends, "store", lambda: careless)
    assert {found.title for found in find(alice, ["meal money"], limit=5)} == {"Travel"}
    assert len(_numbers(careless.searches[-1][2])) == 2


def test_what_is_revoked_while_the_store_searches_is_not_shown(monkeypatch, shelf, upload, erin, alice):
    upload("travel.md")
    grants.give(shelf, "read", alice, by=erin)

    class Slow(Spy):
        def search(self, *arguments, **options):
            hits = super().search(*arguments, **options)
            grants.revoke(shelf, alice, by=erin)
            return hits

    monkeypatch.setattr(backends, "store", lambda store=backends.store(): Slow(store))
    assert find(alice, ["meal"], limit=5) == []


def test_a_filter_that_cannot_be_made_is_an_error_not_a_wider_search(monkeypatch, upload, erin):
    from django.db import OperationalError

    upload("travel.md")

    def broken(*_):
        raise OperationalError("no such luck")

    monkeypatch.setattr("knowledge.permissions.search_filter._compile", broken)
    with pytest.raises(OperationalError):
        find(erin, ["meal"], limit=5)


def test_two_tenants_with_the_same_words_never_meet(spy, upload, erin, mallory):
    from knowledge.library.collections import create_collection

    upload("travel.md")
    theirs = create_collection(mallory, "Handbook")
    upload("travel.md", "# Travel\n\nGlobex pays a meal allowance of 99 dollars.", by=mallory, to=theirs)
    assert {found.text.split("\n")[-1] for found in find(mallory, ["meal allowance"], limit=9)} == {
        "Globex pays a meal allowance of 99 dollars."
    }
    assert {where.tenant_id for where, _, _ in spy.searches} == {mallory.tenant_id}
    assert all("Globex" not in found.text for found in find(erin, ["Globex dollars"], limit=9))


def test_the_same_text_is_embedded_once_in_a_tenant(monkeypatch, upload, erin):
    counted = []
    embedder = backends.embedder()
    real = embedder.embed
    upload("travel.md")
    monkeypatch.setattr(type(embedder), "embed", lambda self, texts: counted.extend(texts) or real(texts))
    copy = upload("copy.md")
    assert counted == []
    passage = copy.current_version.passages.for_tenant(erin.tenant).get()
    assert np.isclose(np.linalg.norm(np.frombuffer(passage.vector, "<f4")), 1, atol=1e-3)
