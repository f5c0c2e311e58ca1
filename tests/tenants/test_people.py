"""People come, change roles and go; what they owned goes to somebody else."""

import pytest
from django.urls import reverse

from audit.ledger.actions import Action
from audit.models import AuditEvent
from tenants.api_keys.api_keys import create_api_key, find_key
from tenants.errors import Conflicting, Invalid, NotAllowed
from tenants.members import handover
from tenants.members.members import add_member, change_role, end_membership, other_tenants
from tenants.members.teams import add_to_team
from tenants.models import Membership, TeamMember
from tenants.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed_over(monkeypatch):
    """What was handed over by whom to whom, as another app would see it."""
    seen = []
    monkeypatch.setattr(handover, "_registered", [])
    handover.register(lambda leaver, heir, by: seen.append((leaver, heir, by)), lambda member: ["3 collections"])
    return seen


def test_what_a_leaver_owned_goes_to_the_heir(alice, bob, adam, handed_over):
    end_membership(alice, by=adam, heir=bob)
    assert handed_over == [(alice, bob, adam)]


def test_without_an_heir_it_goes_to_whoever_removes_them(alice, adam, handed_over):
    end_membership(alice, by=adam)
    assert handed_over == [(alice, adam, adam)]


def test_what_somebody_who_leaves_owned_goes_to_the_owner_of_longest_standing(alice, olga, acme, handed_over):
    add_member(acme, email="later@acme.example", role="owner")
    end_membership(alice, by=alice)
    assert handed_over == [(alice, olga, alice)]


def test_nothing_leaves_the_company(alice, adam, mallory, handed_over):
    for heir in (mallory, alice):
        with pytest.raises(Invalid):
            end_membership(alice, by=adam, heir=heir)
    assert handed_over == []
    alice.refresh_from_db()
    assert alice.is_active


def test_a_hand_over_that_fails_keeps_the_person(alice, adam, monkeypatch):
    def fail(leaver, heir, by):
        raise Conflicting("Not now.")

    monkeypatch.setattr(handover, "_registered", [(fail, None)])
    with pytest.raises(Conflicting):
        end_membership(alice, by=adam)
    alice.refresh_from_db()
    assert alice.is_active


@pytest.mark.parametrize("by", ["herself", "another owner who is not one any more"])
def test_the_last_owner_can_neither_leave_nor_step_down(olga, adam, by):
    with pytest.raises(Conflicting, match="last owner"):
        end_membership(olga, by=olga)
    with pytest.raises(Conflicting, match="last owner"):
        change_role(olga, Role.MEMBER, by=olga)


def test_an_owner_who_is_switched_off_does_not_count_as_another(olga, acme):
    other = add_member(acme, email="other@acme.example", role="owner")
    other.user.is_active = False
    other.user.save()
    with pytest.raises(Conflicting, match="last owner"):
        end_membership(olga, by=olga)


def test_an_admin_cannot_make_or_unmake_an_owner(olga, adam, alice):
    for act in (
        lambda: change_role(olga, Role.MEMBER, by=adam),
        lambda: end_membership(olga, by=adam),
        lambda: change_role(alice, Role.OWNER, by=adam),
        lambda: change_role(adam, Role.OWNER, by=adam),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("name", ["alice", "erin", "cora"])
def test_only_admins_and_owners_change_roles_or_remove(request, name, bob):
    by = request.getfixturevalue(name)
    with pytest.raises(NotAllowed):
        change_role(bob, Role.EDITOR, by=by)
    with pytest.raises(NotAllowed):
        end_membership(bob, by=by)


def test_the_keys_of_somebody_removed_die_and_stay_dead(alice, adam, acme, client):
    _, secret = create_api_key(alice, name="k", scopes=["read"])
    assert find_key(secret, "acme")
    end_membership(alice, by=adam)
    assert find_key(secret, "acme") is None
    add_member(acme, email=alice.user.email)
    assert find_key(secret, "acme") is None, "coming back brings no old key back"


def test_what_was_given_while_somebody_left_does_not_come_back_with_them(alice, adam, acme, finance):
    """Requests of the same moment do not know yet that the person has left."""
    stale = Membership.objects.for_tenant(acme).select_related("user", "tenant").get(pk=alice.pk)
    end_membership(alice, by=adam)
    _, secret = create_api_key(stale, name="made meanwhile", scopes=["read"])
    add_to_team(finance, stale, by=adam)
    add_member(acme, email=alice.user.email)
    assert find_key(secret, "acme") is None
    assert [row.team.name for row in TeamMember.objects.for_tenant(acme).filter(member=alice)] == ["Everyone"]
    assert alice.user.groups.count() == 1


def test_somebody_removed_is_in_no_team_and_behind_no_group(alice, adam, finance):
    end_membership(alice, by=adam)
    assert not TeamMember.objects.for_tenant(finance.tenant).filter(member=alice).exists()
    assert not alice.user.groups.exists()


def test_a_session_of_somebody_removed_opens_nothing(alice, adam, sign_in):
    client = sign_in(alice)
    page = reverse("tenants:settings", args=["acme"])
    assert client.get(page).status_code == 200
    end_membership(alice, by=adam)
    assert client.get(page).status_code == 404


def test_one_switches_between_ones_own_companies_alone(alice, globex, mallory):
    assert other_tenants(alice.user, alice.tenant) == []
    add_member(globex, email=alice.user.email)
    assert other_tenants(alice.user, alice.tenant) == [globex]
    assert other_tenants(alice.user) == [alice.tenant, globex]


# The pages


def test_the_people_page_lists_everybody_and_their_teams(sign_in, adam, alice, olga, finance, mallory):
    page = sign_in(adam).get(reverse("tenants:people", args=["acme"])).content.decode()
    assert "alice@acme.example" in page
    assert "Finance" in page
    assert "globex" not in page


def test_a_person_is_found_by_name_or_address(sign_in, adam, alice, bob):
    page = sign_in(adam).get(reverse("tenants:people", args=["acme"]), {"q": "ALICE"}).content.decode()
    assert "alice@acme.example" in page
    assert "bob@acme.example" not in page


def test_an_admin_invites_and_gets_the_link_to_hand_over(sign_in, adam):
    client = sign_in(adam)
    there = reverse("tenants:people", args=["acme"])
    page = client.post(there, {"email": "nina@acme.example", "role": "editor"}).content.decode()
    assert "nina@acme.example was invited" in page
    assert "http://testserver/invitation/" in page


def test_an_admin_is_not_offered_the_role_of_an_owner_nor_may_post_it(sign_in, adam, alice):
    client = sign_in(adam)
    there = reverse("tenants:people", args=["acme"])
    assert 'value="owner"' not in client.get(there).content.decode()
    assert client.post(there, {"email": "n@acme.example", "role": "owner"}).status_code == 400
    assert client.post(reverse("tenants:role", args=["acme", alice.pk]), {"role": "owner"}).status_code == 400
    alice.refresh_from_db()
    assert alice.role == "member"


def test_a_role_changes_on_the_page_and_on_the_trail(sign_in, adam, alice):
    sign_in(adam).post(reverse("tenants:role", args=["acme", alice.pk]), {"role": "editor"})
    alice.refresh_from_db()
    assert alice.role == "editor"
    event = AuditEvent.objects.filter(action=Action.MEMBER_ROLE_CHANGED).get()
    assert (event.data["former"], event.data["role"]) == ("member", "editor")


def test_removing_says_what_goes_to_whom(sign_in, adam, alice, bob, handed_over):
    client = sign_in(adam)
    there = reverse("tenants:removal", args=["acme", alice.pk])
    page = client.get(there).content.decode()
    assert "3 collections" in page
    client.post(there, {"heir": str(bob.pk)})
    assert handed_over == [(alice, bob, adam)]
    assert not Membership.objects.for_tenant(alice.tenant).get(pk=alice.pk).is_active


def test_a_link_for_a_new_password_is_shown_on_request_and_that_is_recorded(sign_in, adam, alice):
    client = sign_in(adam)
    there = client.post(reverse("tenants:password-link", args=["acme", alice.pk])).url
    assert "/password/" not in client.get(there).content.decode().replace("password-link", "")
    shown = client.post(there).content.decode()
    assert "http://testserver/password/" in shown
    event = AuditEvent.objects.filter(action=Action.PASSWORD_LINK_SHOWN).get()
    assert (event.actor_id, event.subject_id) == (adam.user_id, alice.user_id)


def test_an_admin_cannot_show_the_link_that_an_owner_asked_for(sign_in, client, adam, olga):
    client.post(reverse("password-forgotten"), {"email": olga.user.email})
    from tenants.models import OutboxMail

    there = reverse("tenants:outbox-mail", args=["acme", OutboxMail.objects.get().pk])
    assert sign_in(adam).post(there).status_code == 403
    assert "http://testserver/password/" in sign_in(olga).post(there).content.decode()


def test_leaving_is_ones_own_to_decide(sign_in, alice, olga):
    assert sign_in(alice).post(reverse("tenants:leaving", args=["acme"])).url == "/"
    alice.refresh_from_db()
    assert not alice.is_active
    assert sign_in(olga).post(reverse("tenants:leaving", args=["acme"])).status_code == 409


def test_the_company_is_renamed_by_its_admins_alone(sign_in, adam, alice, acme):
    there = reverse("tenants:company", args=["acme"])
    assert sign_in(alice).post(there, {"name": "Alice Ltd"}).status_code == 403
    sign_in(adam).post(there, {"name": "Acme Holding"})
    acme.refresh_from_db()
    assert acme.name == "Acme Holding"
