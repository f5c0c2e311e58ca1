"""Teams: made, renamed, filled, emptied, removed."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from tenants.errors import Conflicting, Invalid, NotAllowed
from tenants.members.teams import add_to_team, change_team, create_team, remove_from_team, remove_team
from tenants.models import Team, TeamMember

pytestmark = pytest.mark.django_db


def inside(team):
    return set(TeamMember.objects.for_tenant(team.tenant).filter(team=team).values_list("member", flat=True))


def test_the_group_behind_a_team_follows_it(finance, alice, bob, adam):
    add_to_team(finance, bob, by=adam)
    assert set(finance.group.user_set.all()) == {alice.user, bob.user}
    remove_from_team(finance, alice, by=adam)
    assert set(finance.group.user_set.all()) == {bob.user}
    assert inside(finance) == {bob.pk}


def test_a_team_that_is_removed_leaves_no_group(finance, adam):
    group = finance.group_id
    remove_team(finance, by=adam)
    assert not Group.objects.filter(pk=group).exists()


def test_a_new_name_must_be_free(finance, adam):
    create_team("Legal", by=adam)
    with pytest.raises(Conflicting):
        change_team(finance, name="LEGAL", description="", by=adam)
    change_team(finance, name="FINANCE", description="Money", by=adam)
    finance.refresh_from_db()
    assert (finance.name, finance.description) == ("FINANCE", "Money")
    with pytest.raises(Invalid):
        change_team(finance, name="  ", description="", by=adam)


def test_the_team_of_everybody_stays_as_it_is(acme, alice, adam):
    everyone = Team.objects.for_tenant(acme).get(everyone=True)
    for act in (
        lambda: change_team(everyone, name="All", description="", by=adam),
        lambda: remove_from_team(everyone, alice, by=adam),
        lambda: remove_team(everyone, by=adam),
    ):
        with pytest.raises(Conflicting):
            act()


@pytest.mark.parametrize("name", ["bob", "erin", "cora"])
def test_only_admins_and_owners_manage_teams(request, name, finance, alice):
    by = request.getfixturevalue(name)
    for act in (
        lambda: create_team("Mine", by=by),
        lambda: change_team(finance, name="Mine", description="", by=by),
        lambda: add_to_team(finance, by, by=by),
        lambda: remove_from_team(finance, alice, by=by),
        lambda: remove_team(finance, by=by),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_the_pages_make_fill_and_remove_a_team(sign_in, adam, alice, acme):
    client = sign_in(adam)
    there = client.post(reverse("tenants:teams", args=["acme"]), {"name": "Legal", "description": "Contracts"}).url
    team = Team.objects.for_tenant(acme).get(name="Legal")
    client.post(reverse("tenants:team-members", args=["acme", team.pk]), {"member": str(alice.pk)})
    page = client.get(there).content.decode()
    assert "Alice Acme" in page
    client.post(reverse("tenants:team-member-removal", args=["acme", team.pk, alice.pk]))
    assert inside(team) == set()
    client.post(there, {"name": "Law", "description": ""})
    assert "Law" in client.get(reverse("tenants:teams", args=["acme"])).content.decode()
    client.post(reverse("tenants:team-removal", args=["acme", team.pk]))
    assert client.get(there).status_code == 404


def test_the_people_of_a_team_are_shown_by_their_initials(sign_in, adam, alice, finance):
    page = sign_in(adam).get(reverse("tenants:team", args=["acme", finance.pk])).content.decode()
    people = page.partition("<tbody")[2].partition("</tbody>")[0]
    assert "avatar-team" not in people
    assert ">AA</span>" in people
