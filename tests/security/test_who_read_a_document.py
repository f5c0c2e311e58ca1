""" "Who has read this document?" is answered whole: openings, answers that quoted it, searches that showed it."""

import csv
import io
import json
import re
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import Target
from audit.ledger.event_objects import Relation, document_refs, quoted_and_shown
from audit.ledger.record import record
from audit.models import PersonKey
from audit.trail.filters import AuditFilters
from audit.trail.queries import Trail
from tests.audit.test_export import text as read_stream

pytestmark = pytest.mark.django_db
API = "/t/acme/api/v1/audit/"
QUESTION = "What is the daily meal allowance?"


@pytest.fixture
def policy(bring):
    return bring("travel.md", title="Travel policy").document


@pytest.fixture
def rates(bring):
    return bring("rates.md", "# Rates", title="Hotel rates").document


@pytest.fixture
def answered(alice, policy, rates):
    """Alice asked; the answer quotes the policy and names the rates beside it."""
    answer = Target("answer", str(uuid4()))
    record(Action.QUESTION_ASKED, alice, answer, personal={"question": QUESTION})
    refs = quoted_and_shown([policy.pk], [policy.pk, rates.pk])
    return record(Action.QUESTION_ANSWERED, alice, answer, objects=refs, state="answered")


@pytest.fixture
def searched(bob, policy):
    refs = document_refs(Relation.SHOWN, [policy.pk])
    return record(Action.SEARCH_RUN, bob, objects=refs, personal={"query": "meals abroad"}, found=1)


def rows(response) -> list[int]:
    return [int(pk) for pk in re.findall(r'data-event="(\d+)"', response.content.decode())]


def row_of(response, event) -> str:
    """The text of one row, tags removed."""
    whole = response.content.decode()
    cut = re.search(rf'data-event="{event.pk}".*?</tr>', whole, re.DOTALL)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", cut).split())


@pytest.mark.parametrize("by", ["id", "title"])
def test_the_filter_by_document_finds_what_quoted_and_showed_it(sign_in, cora, alice, policy, answered, searched, by):
    opened = record(Action.DOCUMENT_OPENED, alice, policy)
    other = record(Action.SEARCH_RUN, alice, objects=document_refs(Relation.SHOWN, [uuid4()]))
    wanted = {"document": str(policy.pk) if by == "id" else "travel pol"}
    found = rows(sign_in(cora).get("/t/acme/audit/", wanted))
    assert {opened.pk, answered.pk, searched.pk} <= set(found)
    assert other.pk not in found
    assert found == sorted(found, reverse=True)


def test_rows_say_in_which_answer_it_was_shown_with_its_title_as_a_link(
    sign_in, cora, policy, rates, answered, searched
):
    page = sign_in(cora).get("/t/acme/audit/", {"document": str(policy.pk)})
    assert f"Travel policy was shown in an answer to “{QUESTION}”" in row_of(page, answered)
    assert "Travel policy was shown in a search for “meals abroad”" in row_of(page, searched)
    assert f'<a href="/t/acme/audit/?document={policy.pk}">Travel policy</a>' in page.content.decode()
    beside = sign_in(cora).get("/t/acme/audit/", {"document": str(rates.pk)})
    assert f"Hotel rates was listed with an answer to “{QUESTION}”" in row_of(beside, answered)


def test_the_view_of_a_person_says_the_same(sign_in, cora, alice, policy, answered):
    page = sign_in(cora).get("/t/acme/audit/", {"person": str(alice.user_id)})
    assert "Travel policy was shown in an answer to" in row_of(page, answered)
    assert answered.target_id[:6] not in row_of(page, answered), "no raw ids"


def test_the_story_names_every_document_and_no_raw_ids(sign_in, cora, policy, rates, answered):
    address = reverse("audit:event", args=["acme", answered.pk])
    part = sign_in(cora).get(address, headers={"HX-Request": "true"}).content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", part).split())
    assert f"Alice Acme was shown an answer to “{QUESTION}”" in text
    assert "Travel policy was shown in" in text
    assert "Hotel rates was listed with" in text
    assert str(policy.pk) not in text


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_the_export_by_document_holds_them_with_their_documents(
    client, cora, bearer, policy, answered, searched, format_
):
    response = client.get(
        f"{API}export/", {"format": format_, "document": str(policy.pk)}, headers=bearer(cora, "audit")
    )
    text = read_stream(response)
    lines = (
        list(csv.DictReader(io.StringIO(text)))
        if format_ == "csv"
        else [json.loads(line) for line in text.splitlines()]
    )
    found = {int(line["id"]): line["objects"] for line in lines}
    assert {answered.pk, searched.pk} <= found.keys()
    objects = json.loads(found[answered.pk]) if format_ == "csv" else found[answered.pk]
    assert {"relation": "quoted", "type": "document", "id": str(policy.pk), "name": "Travel policy"} in objects


def test_rest_gives_the_documents_of_an_event(client, cora, bearer, policy, answered):
    body = client.get(f"{API}events/", {"document": str(policy.pk)}, headers=bearer(cora, "audit")).json()
    told = next(event for event in body["results"] if event["id"] == answered.pk)
    assert {each["relation"] for each in told["objects"]} == {"quoted", "shown"}


def test_other_filters_narrow_them_too(cora, alice, bob, policy, answered, searched):
    def found(**filters) -> set[int]:
        return {event.pk for event in Trail(cora, AuditFilters(document=str(policy.pk), **filters)).page(limit=50)}

    assert {answered.pk, searched.pk} <= found()
    assert answered.pk in found(person="alice")
    assert searched.pk not in found(person="alice")
    assert found(action="search:run") == {searched.pk}
    assert found(action="question:") == {answered.pk}
    assert found(outcome=Outcome.FAILED) == set()
    assert found(person="alice", action="question:answered") == {answered.pk}
    assert {answered.pk, searched.pk} & found(since=searched.occurred_at.date(), until=searched.occurred_at.date())


def test_pages_and_counts_include_them_once(cora, alice, policy):
    made = [record(Action.SEARCH_RUN, alice, objects=document_refs(Relation.SHOWN, [policy.pk])).pk for _ in range(25)]
    trail, seen, before = Trail(cora, AuditFilters(document=str(policy.pk), action="search:run")), [], None
    while page := trail.page(before=before, limit=10):
        seen += [event.pk for event in page]
        before = seen[-1]
    assert seen == made[::-1]
    assert trail.count().events == 25
    assert trail.total(until=trail.newest_id()) == 25


def test_another_companys_officer_finds_nothing(cora, globex, mallory, policy, answered):
    assert Trail(mallory, AuditFilters(document=str(policy.pk))).page(limit=50) == []
    assert Trail(mallory, AuditFilters(document="Travel")).page(limit=50) == []


def test_the_words_of_an_erased_person_are_gone_and_the_reading_stays(sign_in, cora, alice, policy, answered):
    PersonKey.objects.filter(pk=alice.user_id).delete()
    page = sign_in(cora).get("/t/acme/audit/", {"document": str(policy.pk)})
    assert "Travel policy was shown in an answer" in row_of(page, answered)
    assert QUESTION not in page.content.decode()


def test_an_erased_document_is_found_by_its_id_and_named_as_its_erasing_named_it(sign_in, cora, alice):
    gone = UUID(int=77)
    event = record(Action.SEARCH_RUN, alice, objects=document_refs(Relation.SHOWN, [gone]))
    record(Action.DOCUMENT_ERASED, alice, Target("document", str(gone), "Old plan"))
    page = sign_in(cora).get("/t/acme/audit/", {"document": str(gone)})
    assert "Old plan was shown in a search" in row_of(page, event)


def test_the_readers_page_says_when_a_person_was_last_shown_it(sign_in, erin, alice, policy, shelf, answered):
    from knowledge.permissions import grants

    grants.give(shelf, "read", alice, by=erin)
    address = reverse("knowledge:document-readers", args=["acme", policy.pk])
    page = sign_in(erin).get(address, {"who": f"person:{alice.pk}"}).content.decode()
    assert "in an answer" in page
    assert QUESTION not in page, "whoever manages the document does not read others' questions"
