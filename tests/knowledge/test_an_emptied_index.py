"""A search index that lost everything says so at the first question, and is made again without anybody's doing."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from knowledge import backends, indexing, tasks
from knowledge.deletion import put_in_trash
from knowledge.search import find
from knowledge.stores.base import StoreUnavailable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked_for(monkeypatch):
    """How often a comparison was asked for. What the queue would run is run by `compare`."""
    cache.delete("knowledge:compare")
    asked = []
    monkeypatch.setattr(tasks.compare, "apply_async", lambda *given, **options: asked.append((given, options)))
    yield asked
    cache.delete("knowledge:compare")


def empty(tenant) -> None:
    backends.store().destroy(indexing.where(tenant.pk))


def test_nobody_is_told_that_nothing_was_found(acme, erin, upload, titles, asked_for):
    upload("travel.md")
    empty(acme)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            find(erin, ["meals"], limit=5)
    assert len(asked_for) == 1
    tasks.compare()
    assert titles(erin, "meals") == {"Travel"}


def test_the_first_document_after_the_loss_asks_for_the_others(acme, erin, upload, titles, asked_for):
    upload("travel.md")
    empty(acme)
    upload("tea.md", "# Tea\n\nThe unicorn likes tea.")
    assert len(asked_for) == 1
    tasks.compare()
    assert titles(erin, "meals for the unicorn") == {"Travel", "Tea"}


def test_a_company_without_documents_finds_nothing(acme, erin, shelf, asked_for):
    assert find(erin, ["meals"], limit=5) == []
    assert asked_for == []


def test_one_whose_only_document_is_in_the_trash_finds_nothing(acme, erin, upload, asked_for):
    put_in_trash(erin, upload("travel.md"))
    assert find(erin, ["meals"], limit=5) == []
    empty(acme)
    assert find(erin, ["meals"], limit=5) == []
    assert asked_for == []


def test_a_company_that_could_not_be_compared_is_compared_a_little_later_and_not_for_ever(acme, monkeypatch, asked_for):
    def away(tenant, *, repair):
        raise StoreUnavailable("The search index is out of reach just now.")

    monkeypatch.setattr("knowledge.reconcile.of_tenant", away)
    tasks.compare()
    tasks.compare(2)
    tasks.compare(1)
    assert [given for given, _ in asked_for] == [([4],), ([1],)]
    assert all(options["countdown"] > 0 for _, options in asked_for)
