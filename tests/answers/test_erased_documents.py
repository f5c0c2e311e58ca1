"""An erased document leaves the answers that were made of it, too."""

import json

import pytest

from answers.models import Answer, AnswerEvent, Citation, Receipt
from audit.models import AuditEvent
from knowledge import maintenance
from knowledge.erasure.deletion import erase_now

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"


def _everything_kept(tenant) -> str:
    rows = [list(model.objects.for_tenant(tenant).values()) for model in (Answer, AnswerEvent, Citation, Receipt)]
    return json.dumps(rows, default=str)


def test_no_word_of_it_is_left_in_answers_events_citations_or_receipts(handbook, erin, alice, ask, shown):
    events = ask(alice, QUESTION)
    quotes = list(
        Citation.objects.for_tenant(alice.tenant).filter(document_id=handbook.pk).values_list("quote", flat=True)
    )
    assert quotes
    assert all(quote[:40] in _everything_kept(alice.tenant) for quote in quotes)
    erase_now(erin, handbook.pk)
    maintenance.do_store_work()
    kept = _everything_kept(alice.tenant)
    for quote in quotes:
        assert quote[:40] not in kept
    assert handbook.title not in kept
    answer = shown(alice, events)
    assert answer.answer.question == QUESTION
    assert all(citation.lost for citation in answer.citations if citation.document_id in (None, handbook.pk))
    receipt = AuditEvent.objects.filter(tenant_id=alice.tenant_id, action="document:erased").get().data["receipt"]
    assert receipt["elsewhere"]["answers"] == 1


def test_sentences_that_rest_on_other_documents_stay(handbook, erin, alice, ask, upload):
    """It was read for the answer, and not cited: only what has no quote may have come from it."""
    other = upload("parking.md", "# Parking\n\nThe garage of the Bremen office closes at 20:00.")
    ask(alice, QUESTION)

    def cited():
        (answer,) = Answer.objects.for_tenant(alice.tenant)
        return [sentence["text"] for sentence in answer.sentences if sentence["citations"]]

    before = cited()
    assert before
    erase_now(erin, other.pk)
    maintenance.do_store_work()
    assert cited() == before
    assert "Parking" not in _everything_kept(alice.tenant)
