"""What others did, or hid, changes neither the queries nor the steps of a request.

No clock is read here: what is compared is what runs. `python -m tests.benchmarks.bench inference` reads the clock.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from knowledge import backends, grants, search
from knowledge.collections import create_collection

pytestmark = pytest.mark.django_db

QUESTION = "What do we offer for the acquisition of Bluefinch?"


@pytest.fixture
def embedded(monkeypatch) -> Callable[[], list[str]]:
    """`embedded()` returns the texts that were embedded since the last call."""
    search._vector.cache_clear()
    embedder, texts = backends.embedder(), []
    embed = type(embedder).embed

    def spy(self, batch):
        texts.extend(batch)
        return embed(self, batch)

    monkeypatch.setattr(type(embedder), "embed", spy)

    def since() -> list[str]:
        seen = list(texts)
        texts.clear()
        return seen

    return since


@pytest.fixture
def share(erin, shelf):
    """`share(alice)` lets Alice read Erin's collection."""

    def give(member) -> None:
        grants.give(shelf, "read", member, by=erin)

    return give


@pytest.fixture
def theirs(mallory):
    """A collection of the other company."""
    return create_collection(mallory, name="Theirs")


def test_another_company_cannot_tell_that_a_question_was_asked(upload, theirs, mallory, erin, embedded):
    upload("travel.md")
    upload("travel.md", by=mallory, to=theirs)
    embedded()
    search.find(erin, [QUESTION], limit=3)
    assert embedded() == [QUESTION]

    search.find(mallory, [QUESTION], limit=3)
    assert embedded() == [QUESTION], "a question that another company asked was answered from a cache"


def test_a_colleague_cannot_tell_that_a_question_was_asked(upload, share, alice, erin, embedded):
    upload("travel.md")
    share(alice)
    embedded()
    search.find(erin, [QUESTION], limit=3)
    assert embedded() == [QUESTION]

    search.find(alice, [QUESTION], limit=3)
    assert embedded() == [QUESTION], "a question that a colleague asked was answered from a cache"


def test_a_question_that_the_same_person_repeats_is_not_embedded_again(upload, erin, embedded):
    upload("travel.md")
    embedded()
    search.find(erin, [QUESTION], limit=3)
    search.find(erin, [QUESTION], limit=3)
    assert embedded() == [QUESTION]
