"""Why somebody could read something on an earlier day, what changed since, and what another person sees now."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from knowledge.library import documents
from knowledge.library.collections import create_collection
from knowledge.models import Document
from knowledge.permissions import grants, history
from knowledge.permissions.access import explain
from tenants.members import members, teams
from tests.knowledge.page_cast import path, shelf_of, text_of

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = TODAY - timedelta(days=60)

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def day(self, days_ago: int) -> date:
        """Noon of that day; what happens next happens then."""
        self.at = TODAY - timedelta(days=days_ago)
        return self.at.date()


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def shelf(clock, erin):
    clock.day(50)
    return shelf_of(erin)


@pytest.fixture
def policy(shelf):
    return shelf.add(read=False)


@pytest.fixture
def shelf_now(erin):
    return shelf_of(erin)


def why(client, document, person, day=None) -> str:
    query = {"who": f"person:{person.pk}"} | ({"on": day.isoformat()} if day else {})
    return text_of(client, f"documents/{document.pk}/readers/", **query)


def chain_of(page: str) -> str:
    return page.split('<ol class="chain"')[1].split("</ol>")[0]


def test_an_ended_grant_still_explains_the_days_before_it(sign_in, clock, policy, erin, alice):
    clock.day(40)
    grants.give(policy, "read", alice, by=erin)
    clock.day(20)
    grants.revoke(policy, alice, by=erin)
    today = clock.day(0)
    client = sign_in(erin)
    then = why(client, policy, alice, today - timedelta(days=30))
    assert "Why could Alice Acme read this?" in then
    assert "can view, granted by Erin Acme on 11 Oct 2026" in chain_of(then)
    assert "Alice Acme cannot read it" in then
    assert "Remove access" not in then
    assert "Why could Alice Acme not read this?" in why(client, policy, alice, today - timedelta(days=45))
    assert "Why could Alice Acme not read this?" in why(client, policy, alice, today - timedelta(days=20))
    now = why(client, policy, alice)
    assert "Why can Alice Acme not read this?" in now
    assert "removed 31 Oct 2026" in now


def test_a_team_left_since_and_its_grant_on_the_collection_are_a_way_of_that_day(
    sign_in, clock, shelf, policy, erin, adam, alice, finance
):
    clock.day(40)
    grants.give(shelf.collection, "write", finance, by=erin)
    clock.day(10)
    teams.remove_from_team(finance, alice, by=adam)
    today = clock.day(0)
    then = why(sign_in(erin), policy, alice, today - timedelta(days=15))
    chain = chain_of(then)
    order = [chain.index(name) for name in ("Alice Acme", "Finance", "Finance and travel", "travel-policy")]
    assert order == sorted(order)
    assert "Why could Alice Acme not read this?" in why(sign_in(erin), policy, alice, today - timedelta(days=5))


def test_a_removed_team_gave_its_right_until_it_was_removed(sign_in, clock, policy, erin, adam, alice, finance):
    clock.day(40)
    grants.give(policy, "read", finance, by=erin)
    clock.day(10)
    teams.remove_team(finance, by=adam)
    today = clock.day(0)
    client = sign_in(erin)
    assert "Why could Alice Acme read this?" in why(client, policy, alice, today - timedelta(days=15))
    assert "Why could Alice Acme not read this?" in why(client, policy, alice, today - timedelta(days=5))


def test_who_left_the_company_could_read_until_then_and_their_heir_owns_since(
    sign_in, clock, policy, erin, olga, alice
):
    clock.day(40)
    grants.give(policy, "read", alice, by=erin)
    clock.day(10)
    members.end_membership(alice, by=olga)
    clock.day(8)
    members.end_membership(erin, by=olga, heir=olga)
    today = clock.day(0)
    client = sign_in(olga)
    assert "Why could Alice Acme read this?" in why(client, policy, alice, today - timedelta(days=15))
    assert "Why could Alice Acme not read this?" in why(client, policy, alice, today - timedelta(days=9))
    assert "owned it since 1 Oct 2026" in why(client, policy, erin, today - timedelta(days=9))
    assert "owned it since 12 Nov 2026" in why(client, policy, olga, today - timedelta(days=2))


def test_a_restricted_day_shut_the_collections_readers_out(sign_in, clock, shelf, policy, erin, alice):
    clock.day(40)
    grants.give(shelf.collection, "read", alice, by=erin)
    clock.day(30)
    documents.change_document(erin, policy, restricted=True)
    clock.day(20)
    documents.change_document(erin, policy, restricted=False)
    today = clock.day(0)
    client = sign_in(erin)
    could = [
        "Why could Alice Acme read this?" in why(client, policy, alice, today - timedelta(days=ago))
        for ago in (35, 25, 15)
    ]
    assert could == [True, False, True]


def test_a_day_before_the_document_says_that_it_was_not_here(sign_in, clock, policy, erin):
    today = clock.day(0)
    page = why(sign_in(erin), policy, erin, today - timedelta(days=55))
    assert "It did not exist yet." in page
    assert "Why could Erin Acme not read this?" in page


def test_a_collection_that_one_cannot_see_is_not_named_for_the_days_it_lay_there(
    sign_in, clock, shelf, policy, erin, olga, adam, alice
):
    grants.give(policy, "manage", adam, by=erin)
    grants.give(shelf.collection, "read", alice, by=erin)
    clock.day(20)
    documents.move_document(erin, policy, create_collection(erin, "Open shelf"))
    today = clock.day(0)
    policy.refresh_from_db()
    hers = why(sign_in(erin), policy, alice, today - timedelta(days=30))
    assert "Why could Alice Acme read this?" in hers
    his = why(sign_in(adam), policy, alice, today - timedelta(days=30))
    assert "It was in a collection that you cannot see" in his
    assert "Finance and travel" not in his
    assert "Finance and travel" not in text_of(sign_in(adam), f"documents/{policy.pk}/readers/", tab="changes")


def test_what_the_trail_tells_about_now_is_what_the_tables_say(clock, shelf, policy, erin, adam, alice, bob, finance):
    grants.give(shelf.collection, "write", finance, by=erin)
    grants.give(policy, "read", bob, by=erin)
    grants.give(policy, "manage", bob, by=erin)
    grants.give(policy, "read", teams.Team.objects.for_tenant(erin.tenant).get(everyone=True), by=erin)
    teams.remove_from_team(finance, alice, by=adam)
    teams.add_to_team(finance, bob, by=adam)
    from knowledge.views.readers.readers_history import past_chains, past_day

    past = past_day(erin, policy, clock.day(0))
    clock.at += timedelta(days=1)
    for person in (erin, adam, alice, bob):
        assert len(past_chains(person, policy, past)) == len(explain(person, policy)), person
    held = history.grants_at(policy, clock.at)
    assert [(grant.name, grant.right) for grant in held] == [("Everyone", "read"), ("Bob Acme", "manage")]


def test_the_changes_are_told_newest_first_and_lead_to_their_day(sign_in, clock, shelf, policy, erin, alice, finance):
    clock.day(40)
    grants.give(policy, "read", alice, by=erin)
    clock.day(30)
    grants.give(policy, "manage", alice, by=erin)
    clock.day(20)
    grants.revoke(policy, alice, by=erin)
    grants.give(shelf.collection, "read", finance, by=erin)
    clock.day(0)
    page = text_of(sign_in(erin), f"documents/{policy.pk}/readers/", tab="changes")
    told = [
        "Finance can view",
        "Alice Acme was removed",
        "Alice Acme can manage, before: view",
        "Alice Acme can view",
        "Added; readers of its collection can read it",
    ]
    places = [page.index(words) for words in told[:3]] + [page.rindex(words) for words in told[3:]]
    assert places == sorted(places)
    assert "on the collection Finance and travel, by Erin Acme" in page
    assert 'Changes <span class="count">5</span>' in page
    assert "on=2026-10-31" in page


def test_looking_back_is_recorded_with_the_day(sign_in, clock, policy, erin, alice):
    day = clock.day(0) - timedelta(days=3)
    why(sign_in(erin), policy, alice, day)
    event = AuditEvent.objects.filter(action="readers:looked-up").latest("id")
    assert (event.subject_id, event.data["as_of"]) == (alice.user_id, "2026-11-17")


@pytest.mark.parametrize("given", ["tomorrow", "2026-13-40", "9999-01-01", "0001-01-01", "\0", "2026-11-20"])
def test_what_is_no_earlier_day_is_today(sign_in, clock, policy, erin, given):
    clock.day(0)
    page = text_of(sign_in(erin), f"documents/{policy.pk}/readers/", who=f"person:{erin.pk}", on=given)
    assert "Why can Erin Acme read this?" in page


def test_only_those_who_manage_it_may_look_back(sign_in, clock, shelf, policy, erin, alice, mallory):
    grants.give(shelf.collection, "write", alice, by=erin)
    address = path(f"documents/{policy.pk}/readers/")
    for query in ({"on": "2026-10-30"}, {"tab": "changes"}):
        assert sign_in(alice).get(address, query).status_code == 403
        assert sign_in(mallory).get(address, query).status_code == 404


def test_the_library_as_another_person_shows_only_what_both_may(sign_in, shelf_now, erin, alice, olga):
    shelf_now.add(read=False)
    shelf_now.add("pay.md", "# Pay bands\n\nBand one.\n")
    open_one = shelf_now.add("rates.md", "# Rates\n\nThirty pence.\n")
    theirs = shelf_of(olga, "Board")
    grants.give(theirs.collection, "read", alice, by=olga)
    theirs.add("minutes.md", "# Minutes\n\nThe board met.\n")
    grants.give(open_one, "read", alice, by=erin)
    page = text_of(sign_in(erin), f"documents/as/{alice.pk}/")
    readable, hidden = page.split("Alice Acme cannot read")
    assert "Rates" in readable
    assert "Shared with them by Erin Acme" in readable
    assert "Pay bands" in hidden
    assert "Minutes" not in page
    assert "can read 1 of 3 documents that you manage" in page
    event = AuditEvent.objects.filter(action="readers:looked-up").latest("id")
    assert (event.subject_id, event.data) == (alice.user_id, {"viewed_as": True})


def test_whoever_manages_nothing_learns_nothing_about_another_person(sign_in, shelf_now, erin, alice, bob):
    shelf_now.add(read=False)
    grants.give(shelf_now.collection, "read", alice, by=erin)
    grants.give(shelf_now.collection, "write", bob, by=erin)
    page = text_of(sign_in(bob), f"documents/as/{alice.pk}/")
    assert "travel-policy" not in page
    assert "You manage no document here" in page


def test_the_library_of_another_companys_person_or_collection_is_not_there(sign_in, shelf_now, erin, mallory, globex):
    client = sign_in(erin)
    assert client.get(path(f"documents/as/{mallory.pk}/")).status_code == 404
    theirs = create_collection(mallory, "Globex shelf")
    assert client.get(path(f"documents/as/{erin.pk}/"), {"collection": str(theirs.pk)}).status_code == 404
    assert client.get(path(f"documents/as/{erin.pk}/"), {"collection": "no"}).status_code == 404


def test_an_erased_documents_readers_are_gone_with_it(sign_in, shelf, policy, erin):
    Document.objects.for_tenant(erin.tenant).filter(pk=policy.pk).delete()
    assert sign_in(erin).get(path(f"documents/{policy.pk}/readers/"), {"on": "2026-10-30"}).status_code == 404
