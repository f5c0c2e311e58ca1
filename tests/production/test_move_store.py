"""The index moves from LanceDB to Weaviate and back: nothing is embedded again, nothing is lost meanwhile."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from io import StringIO
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from knowledge import backends
from knowledge.erasure.deletion import erase_now
from knowledge.indexes import index_writer, store_migration
from knowledge.models import Passage
from knowledge.retrieval.search import find

pytestmark = [pytest.mark.django_db, pytest.mark.service]

TEA = "# Tea\n\nThe unicorn likes tea.\n\n" + "\n\n".join(
    f"Leaf number {n} is from garden {n * 7}." for n in range(300)
)


@pytest.fixture
def stores(real_weaviate, settings, tmp_path):
    """`stores(first, also)` sets what the environment would, and forgets what was open."""
    settings.STORE_DIR = tmp_path / "store"
    settings.WEAVIATE_URL, settings.WEAVIATE_GRPC_PORT = real_weaviate.url, real_weaviate.grpc_port
    settings.WEAVIATE_API_KEY, settings.WEAVIATE_PREFIX = real_weaviate.key, f"Move_{uuid4().hex[:8]}"

    def choose(first: str, also: str = "") -> None:
        settings.VECTOR_STORE, settings.VECTOR_STORE_ALSO = first, also
        _forget()

    _forget()
    choose("lance")
    yield choose
    _forget()


def _forget() -> None:
    for name in backends.STORES:
        with suppress(ImproperlyConfigured):
            backends.open_store(name).close()
    backends.store.cache_clear()
    backends.open_store.cache_clear()
    backends._answering = 0.0, ""
    cache.delete(backends.ANSWERING)


@contextmanager
def no_embedding():
    """Of documents; a question is one text."""
    embedder, real = backends.embedder(), backends.embedder().embed

    def embed(texts):
        assert len(texts) == 1, "documents are embedded again"
        return real(texts)

    embedder.embed = embed
    try:
        yield
    finally:
        del embedder.embed


def told(to: str) -> str:
    said = StringIO()
    with no_embedding():
        call_command("move_store", "--to", to, stdout=said)
    return said.getvalue()


def found(member, question: str = "what does the unicorn like") -> list:
    return [hit.passage_id for hit in find(member, [question], limit=5)]


def test_everything_is_in_the_other_store_and_answers_are_the_same(stores, upload, erin, acme):
    upload("travel.md"), upload("tea.md", TEA)
    before, rows = found(erin), Passage.objects.for_tenant(acme).count()

    said = told("weaviate")

    assert f"{rows:,} passages, {rows:,} of them copied now, 0 astray" in said
    assert "questions to both" in said
    assert "set VECTOR_STORE=weaviate" in said
    stores("weaviate")
    assert backends.store().count(index_writer.namespace_of(acme.pk)) == rows
    assert found(erin)[0] == before[0]
    assert f"{rows:,} passages, 0 of them copied now, 0 astray" in told("weaviate")

    stores("weaviate", "lance")
    backends.open_store("lance").destroy(index_writer.namespace_of(acme.pk))
    assert f"{rows:,} of them copied now" in told("lance")
    assert backends.answering() == "lance"
    assert found(erin)[0] == before[0]


def test_with_both_stores_written_answers_switch_at_once_and_back(stores, upload, erin, acme):
    upload("travel.md")
    stores("lance", "weaviate")
    assert backends.answering() == "lance"
    tea = upload("tea.md", TEA)
    where = index_writer.namespace_of(acme.pk)
    assert backends.open_store("weaviate").count(where) < backends.open_store("lance").count(where)

    assert "Answers now use weaviate." in told("weaviate")

    assert backends.store().answering is backends.open_store("weaviate")
    assert backends.open_store("weaviate").count(where) == backends.open_store("lance").count(where)
    assert found(erin)
    cache.delete(backends.ANSWERING)  # lost with the cache: the first one holds everything too
    backends._answering = 0.0, ""
    assert backends.answering() == "lance"
    assert found(erin)
    erase_now(erin, tea.pk)
    upload("more.md", "# More\n\nAnd that is all.")
    assert backends.open_store("weaviate").count(where) == backends.open_store("lance").count(where)
    assert "Answers now use lance." in told("lance")


def test_a_move_that_was_cut_off_goes_on_where_it_was(stores, upload, erin, acme, monkeypatch):
    for n in range(4):
        upload(f"tea{n}.md", TEA.replace("unicorn", f"unicorn{n}"))
    monkeypatch.setattr(store_migration, "PASSAGES_PER_WRITE", 10)
    new = backends.open_store("weaviate")
    real, calls = new.put, []

    def put(where, passages):
        if len(calls) == 2:
            raise store_migration.StoreError("The search index is temporarily unavailable.")
        calls.append(1)
        real(where, passages)

    new.put = put
    with pytest.raises(CommandError, match="continues with what is missing"):
        told("weaviate")
    del new.put
    there = new.count(index_writer.namespace_of(acme.pk))
    rows = Passage.objects.for_tenant(acme).count()
    assert 0 < there < rows
    assert f"{rows:,} passages, {rows - there:,} of them copied now, 0 astray" in told("weaviate")


def test_what_is_in_the_other_store_and_in_no_row_goes(stores, upload, erin, acme):
    upload("travel.md")
    told("weaviate")
    tea = upload("tea.md", TEA)
    stores("weaviate")
    told("weaviate")
    stores("lance")
    erase_now(erin, tea.pk)
    upload("more.md", "# More\n\nAnd that is all.")
    rows = Passage.objects.for_tenant(acme).count()
    assert f"{rows:,} passages, 1 of them copied now, 0 astray" in told("weaviate")
    assert backends.open_store("weaviate").count(index_writer.namespace_of(acme.pk)) == rows


def test_without_an_address_it_says_which_setting_is_missing(stores, settings, db):
    settings.WEAVIATE_URL = ""
    with pytest.raises(CommandError, match="WEAVIATE_URL"):
        call_command("move_store", "--to", "weaviate")
