"""A message never says more than its reader may see: it is the same with and without hidden documents."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from knowledge.erasure import deletion
from knowledge.library import documents
from knowledge.library.collections import change_collection, create_collection, remove_collection
from knowledge.models import Document
from knowledge.permissions import grants
from tenants.errors import Problem

SECRET = "Severance plan"


def message_of(act: Callable[[], object]) -> tuple:
    """What a person gets to read: everything of the problem but ids."""
    try:
        act()
    except Problem as problem:
        return problem.status, problem.code, problem.message, problem.hint
    return ("done",)


@pytest.fixture
def handbook(erin, adam, shelf):
    """Erin's collection, which Adam may manage."""
    grants.give(shelf, "manage", adam, by=erin)
    return shelf


@pytest.fixture
def hide(erin, upload, handbook):
    """`hide()` adds a document to the handbook that only Erin sees."""

    def add(name: str = "severance.md") -> Document:
        document = upload(name, f"# {SECRET}\n\nNobody else may know.")
        documents.change_and_move(erin, document, to=None, restricted=True)
        return document

    return add


@pytest.fixture
def show(adam, upload, handbook):
    """A document in the handbook that Adam sees and may delete."""

    def add() -> Document:
        return upload("travel.md", by=adam, to=handbook)

    return add


@pytest.mark.django_db
@pytest.mark.parametrize("with_documents", [False, True])
def test_removing_a_collection_gives_the_same_message_for_every_reason(
    adam, erin, handbook, hide, show, with_documents
):
    def refusal() -> tuple:
        return message_of(lambda: remove_collection(adam, handbook, with_documents=with_documents))

    hidden = hide()
    only_hidden = refusal()
    deletion.put_in_trash(erin, hidden)
    only_trashed = refusal()
    deletion.restore(erin, hidden)
    show()
    hidden_and_visible = refusal()
    assert only_hidden == only_trashed == hidden_and_visible
    assert only_hidden[0] == 409
    if not with_documents:
        deletion.erase_now(erin, hidden.pk)
        assert refusal() == only_hidden, "what is visible alone says the same"


@pytest.mark.django_db
def test_naming_a_collection_says_nothing_of_one_that_is_hidden(adam, erin, bob):
    create_collection(erin, SECRET)
    other = create_collection(adam, "Other")
    assert message_of(lambda: create_collection(adam, SECRET)) == ("done",)
    assert message_of(lambda: change_collection(adam, other, name=SECRET.upper() + " 2")) == ("done",)


PAGES = ("", "documents/", "search/?q=severance", "collections/", "teams/", "trash/", "settings/", "conversations/")


@pytest.mark.django_db
def test_no_page_differs_by_a_document_that_its_reader_may_not_see(adam, handbook, hide, sign_in, acme):
    client = sign_in(adam)

    def pages() -> dict[str, tuple]:
        found = {}
        for page in PAGES:
            answer = client.get(f"/t/acme/{page}", follow=True)
            text = answer.content.decode()
            found[page] = answer.status_code, SECRET in text, "restricted" in text, "0 of" in text
        return found

    before = pages()
    hide()
    assert pages() == before
