"""What others did, or hid, changes neither the queries nor the steps of a request.

No clock is read here: what is compared is what runs. `python -m tests.benchmarks.bench inference` reads the clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from django.http import Http404

from answers.answer_models.base import SourcePassage
from answers.grounding import answerable_text
from knowledge import backends
from knowledge.erasure import deletion
from knowledge.library import documents
from knowledge.library.collections import create_collection
from knowledge.permissions import access, grants
from knowledge.retrieval import search
from knowledge.retrieval.result_page import search_page
from tenants.api_keys.api_keys import find_key
from tests.security.steps import steps_of

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


def test_words_that_somebody_else_typed_are_analysed_as_new_ones(upload, share, alice, erin):
    upload("travel.md")
    share(alice)
    search_page(erin, "meal allowance of Bluefinch")
    search_page(alice, "anything")

    asked = steps_of(lambda: search_page(alice, "meal allowance of Bluefinch"))
    fresh = steps_of(lambda: search_page(alice, "meal allowance of Greenfinch"))

    assert asked.queries == fresh.queries
    assert Counter(asked.lines) == Counter(fresh.lines)


def test_another_company_cannot_tell_that_the_same_text_was_read_for_an_answer():
    def passage() -> SourcePassage:
        return SourcePassage(uuid4(), uuid4(), uuid4(), "Offer", 1, (), "We offer nine for Bluefinch. It ends soon.", 0)

    def read() -> None:
        answerable_text.lines(one)
        answerable_text.words_of(one)

    def steps() -> Counter[str]:
        """Without those of single words: folding one takes a microsecond."""
        return Counter(line for line in steps_of(read).lines if "answerable_text.py" in line)

    one = passage()
    steps()
    one = passage()
    same_text = steps()
    one = replace(passage(), text="We offer nine for Greenfinch. It ends soon.")
    assert same_text == steps()
    assert same_text


# What is hidden, against what does not exist


@pytest.fixture
def hidden(erin, bring):
    """A document of Erin's in a collection of hers; nobody else may know of either."""
    return bring("bluefinch.md", to=create_collection(erin, "Acquisition")).document


@pytest.fixture
def given(alice, erin, bring):
    """What Alice may read by single grants: their number is what a look-up could take longer for."""
    documents = [bring(f"{number}.md", f"Number {number}").document for number in range(3)]
    for document in documents:
        grants.give(document, "read", alice, by=erin)
    return documents


LOOK_UPS = {
    "a document": lambda member, document, _: access.access_document(member, document),
    "a document to change": lambda member, document, _: access.access_document(member, document, access.Right.WRITE),
    "some documents": lambda member, document, _: access.access_documents(member, [document]),
    "a document to erase": lambda member, document, _: deletion.erase_now(member, document),
    "a deleted document": lambda member, document, _: access.access_document(member, document, in_trash=True),
    "a collection": lambda member, _, collection: access.access_collection(member, collection),
    "a collection to change": lambda member, _, collection: access.access_collection(
        member, collection, access.Right.WRITE
    ),
    "collections to ask in": lambda member, _, collection: access.require_collections(member, [collection]),
}


@pytest.mark.parametrize("what", LOOK_UPS)
def test_what_is_hidden_takes_the_same_steps_as_what_does_not_exist(alice, hidden, given, what):
    look_up = LOOK_UPS[what]
    steps_of(lambda: look_up(alice, uuid4(), uuid4()))  # what is done once for the process is done now

    secret = steps_of(lambda: look_up(alice, hidden.pk, hidden.collection_id))
    missing = steps_of(lambda: look_up(alice, uuid4(), uuid4()))

    assert secret.error is missing.error is Http404
    assert secret.queries == missing.queries
    assert secret.lines == missing.lines


PAGES = [
    "/t/acme/documents/{document}/",
    "/t/acme/documents/{document}/download/",
    "/t/acme/documents/{document}/leaf/",
    "/t/acme/collections/{collection}/",
    "/t/acme/api/v1/documents/{document}/",
    "/t/acme/api/v1/collections/{collection}/",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_hidden_page_takes_the_same_steps_as_a_missing_one(sign_in, alice, hidden, given, address):
    browser = sign_in(alice)

    def get(document, collection) -> int:
        return browser.get(address.format(document=document, collection=collection)).status_code

    get(uuid4(), uuid4())
    secret = steps_of(lambda: get(hidden.pk, hidden.collection_id))
    missing = steps_of(lambda: get(uuid4(), uuid4()))

    assert secret.result == missing.result == 404
    assert secret.queries == missing.queries
    assert secret.lines == missing.lines


def test_a_restricted_document_takes_the_same_steps_as_a_missing_one(alice, erin, share, shelf, bring, given):
    share(alice)
    document = bring("severance.md").document
    documents.change_and_move(erin, document, to=None, restricted=True)
    steps_of(lambda: access.access_document(alice, uuid4()))

    secret = steps_of(lambda: access.access_document(alice, document.pk))
    missing = steps_of(lambda: access.access_document(alice, uuid4()))

    assert secret.error is missing.error is Http404
    assert secret.queries == missing.queries
    assert secret.lines == missing.lines


def test_an_upload_does_not_tell_whether_a_restricted_document_has_its_name(adam, erin, shelf, bring):
    grants.give(shelf, "write", adam, by=erin)
    restricted = bring("severance.md").document
    documents.change_and_move(erin, restricted, to=None, restricted=True)
    bring("first.md", "The first", by=adam)

    secret = steps_of(lambda: bring("severance.md", "A plan", by=adam))
    missing = steps_of(lambda: bring("holidays.md", "Days off", by=adam))

    assert secret.result.what == missing.result.what == "created"
    assert secret.queries == missing.queries
    assert secret.lines == missing.lines


# Keys


def test_the_key_of_an_existing_company_takes_the_same_steps_as_of_a_missing_one(acme, alice):
    steps_of(lambda: find_key("kp_unknown", "missing"))

    existing = steps_of(lambda: find_key("kp_unknown", acme.slug))
    missing = steps_of(lambda: find_key("kp_unknown", "none"))

    assert existing.result is missing.result is None
    assert existing.queries == missing.queries
    assert existing.lines == missing.lines


def test_an_api_request_does_not_tell_whether_the_company_exists(client, acme, alice):
    def ask(slug: str) -> int:
        headers = {"Authorization": "Bearer kp_unknown"}
        return client.get(f"/t/{slug}/api/v1/documents/", headers=headers).status_code

    ask("missing")
    existing, missing = steps_of(lambda: ask("acme")), steps_of(lambda: ask("none"))

    assert existing.result == missing.result == 401
    assert existing.queries == missing.queries
    assert existing.lines == missing.lines


def test_a_stranger_takes_the_same_steps_in_another_company_as_in_a_missing_one(sign_in, mallory, acme):
    browser = sign_in(mallory)
    browser.get("/t/none/documents/")
    existing = steps_of(lambda: browser.get("/t/acme/documents/").status_code)
    missing = steps_of(lambda: browser.get("/t/none/documents/").status_code)

    assert existing.result == missing.result == 404
    assert existing.queries == missing.queries
    assert existing.lines == missing.lines
