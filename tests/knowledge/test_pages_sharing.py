"""Who can read it and why, given and ended on the page; looking is recorded, and strangers learn nothing."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from knowledge.models import Document
from knowledge.permissions import grants
from tenants.members.teams import add_to_team, create_team
from tests.knowledge.page_cast import path, shelf_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(erin):
    return shelf_of(erin)


@pytest.fixture
def policy(shelf):
    return shelf.add(read=False)


def may_read(member, document):
    return Document.objects.visible_to(member).filter(pk=document.pk).exists()


def test_giving_and_ending_take_effect_at_once_and_can_be_undone(sign_in, policy, erin, alice):
    client = sign_in(erin)
    address = path(f"documents/{policy.pk}/readers/change/")
    given = client.post(address, {"act": "give", "grantee": f"person:{alice.pk}", "right": "read"}, follow=True)
    assert may_read(alice, policy)
    assert "Alice Acme can view travel-policy" in given.content.decode()
    assert "In effect since" in given.content.decode()
    ended = client.post(address, {"act": "end", "grantee": f"person:{alice.pk}"}, follow=True)
    assert not may_read(alice, policy)
    page = ended.content.decode()
    assert "Alice Acme’s access to travel-policy was removed" in page
    assert '<input type="hidden" name="act" value="give">' in page


def test_the_chain_names_team_collection_giver_and_what_is_no_reason(sign_in, shelf, policy, erin, alice, finance):
    grants.give(shelf.collection, "read", finance, by=erin)
    page = text_of(sign_in(erin), f"documents/{policy.pk}/readers/", who=f"person:{alice.pk}")
    assert "Why can Alice Acme read this?" in page
    assert "can view, granted by Erin Acme on" in page
    chain = page.split('<ol class="chain"')[1].split("</ol>")[0]
    order = [chain.index(name) for name in ("Alice Acme", "Finance", "Finance and travel", "travel-policy")]
    assert order == sorted(order)
    assert "Belonging to the company and the role of member give no access here" in page


def test_six_teams_cost_no_more_questions_than_two_and_each_says_how_many_belong_to_it(
    sign_in, shelf, policy, erin, adam, alice, bob
):
    def team(name, *people):
        made = create_team(name, by=adam)
        for person in people:
            add_to_team(made, person, by=adam)
        return made

    def looked_at():
        with CaptureQueriesContext(connection) as asked:
            page = text_of(client, f"documents/{policy.pk}/readers/")
        return len(asked), page

    client = sign_in(erin)
    grants.give(policy, "read", team("Two of us", alice, bob), by=erin)
    grants.give(shelf.collection, "read", team("Nobody yet"), by=erin)
    looked_at()  # what the first look at any page asks
    with_two, _ = looked_at()
    for number in range(2):
        grants.give(policy, "read", team(f"Alone {number}", alice), by=erin)
        grants.give(shelf.collection, "read", team(f"All three {number}", alice, bob, adam), by=erin)
    with_six, page = looked_at()
    assert with_six == with_two
    sizes = dict(re.findall(r'([\w ]+) <span class="third figures">(\d+)</span>', page))
    assert sizes == {"Two of us": "2", "Alone 0": "1", "Alone 1": "1", "All three 0": "3", "All three 1": "3"}
    assert "Nobody yet" in page


def test_somebody_without_a_way_is_told_apart(sign_in, policy, erin, bob):
    page = text_of(sign_in(erin), f"documents/{policy.pk}/readers/", who=f"person:{bob.pk}")
    assert "Why can Bob Acme not read this?" in page
    assert "cannot read it, find it or see its title" in page


def test_looking_is_recorded_with_whom(sign_in, policy, erin, alice):
    text_of(sign_in(erin), f"documents/{policy.pk}/readers/", who=f"person:{alice.pk}")
    event = AuditEvent.objects.filter(action="readers:looked-up").latest("id")
    assert (event.target_id, event.subject_id) == (str(policy.pk), alice.user_id)


def test_restricting_shuts_the_collections_readers_out(sign_in, shelf, policy, erin, alice):
    grants.give(shelf.collection, "read", alice, by=erin)
    address = path(f"documents/{policy.pk}/readers/change/")
    page = sign_in(erin).post(address, {"restricted": "1"}, follow=True).content.decode()
    assert not may_read(alice, policy)
    assert "Restricted: readers of" in page
    sign_in(erin).post(address, {"restricted": "0"})
    assert may_read(alice, policy)


def test_only_those_who_manage_it_see_and_change_readers(sign_in, shelf, policy, erin, alice, bob):
    grants.give(shelf.collection, "write", alice, by=erin)
    grants.give(shelf.collection, "read", bob, by=erin)
    for person in (alice, bob):
        client = sign_in(person)
        assert client.get(path(f"documents/{policy.pk}/readers/")).status_code == 403
        change = {"act": "give", "grantee": f"person:{bob.pk}", "right": "manage"}
        assert client.post(path(f"documents/{policy.pk}/readers/change/"), change).status_code == 403
        assert client.post(path(f"collections/{shelf.collection.pk}/readers/change/"), change).status_code == 403


def test_nobody_of_another_company_can_be_given_anything(sign_in, policy, erin, mallory):
    change = {"act": "give", "grantee": f"person:{mallory.pk}", "right": "read"}
    assert sign_in(erin).post(path(f"documents/{policy.pk}/readers/change/"), change).status_code == 404


def test_several_are_shared_together(sign_in, shelf, policy, erin, alice):
    other = shelf.add("rates.md", "# Rates\n\nThirty pence.\n", read=False)
    ids = [str(policy.pk), str(other.pk)]
    client = sign_in(erin)
    client.post(
        path("documents/readers/"), {"ids": ids, "act": "give", "grantee": f"person:{alice.pk}", "right": "read"}
    )
    assert may_read(alice, policy)
    assert may_read(alice, other)
    client.post(path("documents/readers/"), {"ids": ids, "act": "end", "grantee": f"person:{alice.pk}"})
    assert not may_read(alice, other)


def test_htmx_gets_the_part_and_a_browser_the_page(sign_in, policy, erin):
    client = sign_in(erin)
    part = client.get(path(f"documents/{policy.pk}/readers/"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "data-readers" in part
    assert "<html" in text_of(client, f"documents/{policy.pk}/readers/")
