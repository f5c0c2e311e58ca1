"""What people can make long is shown and looked up in bounded work."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from answers.models import Answer, Conversation
from answers.persistence import save_answer
from answers.question.question_input import AskRequest
from knowledge.models.grant import Right
from knowledge.permissions import access
from knowledge.views.document_actions import documents_with
from tenants.errors import Conflicting, NotAllowed
from tests.knowledge.page_cast import shelf_of

pytestmark = pytest.mark.django_db


def test_a_conversation_takes_only_so_many_questions(alice):
    conversation = Conversation.objects.create(tenant=alice.tenant, member=alice, title="Long")
    now = timezone.now()
    rows = [
        Answer(
            tenant=alice.tenant, conversation=conversation, question="?", asked_at=now, heartbeat_at=now, deadline=now
        )
        for _ in range(save_answer.MAX_TURNS - 1)
    ]
    Answer.objects.bulk_create(rows)
    save_answer.begin(alice, AskRequest("The last one?", conversation_id=conversation.pk))
    with pytest.raises(Conflicting, match="which is the maximum"):
        save_answer.begin(alice, AskRequest("One more?", conversation_id=conversation.pk))
    save_answer.begin(alice, AskRequest("One more?"))


@pytest.fixture
def documents(erin):
    shelf = shelf_of(erin)
    return [shelf.add(f"{n}.md", f"# {n}", read=False) for n in range(12)]


def test_many_documents_are_looked_up_with_as_many_queries_as_few(erin, documents):
    counts = []
    for some in (documents[:1], documents[:2], documents):  # the first fills what is remembered about rights
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = documents_with(erin, [document.pk for document in some], Right.MANAGE)
        assert found == some
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_a_refusal_of_many_names_the_first_document_that_lacks_the_right(erin, alice, documents):
    from knowledge.permissions import grants

    for document in documents[:3]:
        grants.give(document, "read", alice, by=erin)
    grants.give(documents[0], "write", alice, by=erin)
    with pytest.raises(NotAllowed) as refused:
        documents_with(alice, [document.pk for document in documents[:3]], Right.WRITE)
    assert refused.value.message.startswith(f"{documents[1].title}: ")


def test_many_collections_are_looked_up_with_as_many_queries_as_few(erin, alice):
    shelves = [shelf_of(erin, f"Shelf {n}").collection.pk for n in range(8)]
    counts = []
    for some in (shelves[:1], shelves[:1], shelves):
        with CaptureQueriesContext(connection) as queries:
            access.require_collections(erin, some)
        counts.append(len(queries))
    assert counts[1] == counts[2]
    from django.http import Http404

    with pytest.raises(Http404):
        access.require_collections(alice, shelves[:1])


@pytest.mark.parametrize("path", ["search/", "ask/"])
def test_a_filter_takes_a_hundred_collections(client, alice, bearer, path):
    name = "collection" if path == "search/" else "collections"
    ids = [f"00000000-0000-4000-8000-{n:012d}" for n in range(101)]
    body = {"query" if path == "search/" else "question": "Who signs?", "filters": {name: ids}}
    answer = client.post(f"/t/acme/api/v1/{path}", body, "application/json", headers=bearer(alice))
    assert answer.status_code == 400
