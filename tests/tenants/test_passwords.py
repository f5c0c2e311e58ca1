"""Forgotten passwords, without a mail server: who may hold a reset link, and how long."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from audit.ledger.actions import Action
from audit.models import AuditEvent
from tenants.errors import NotAllowed
from tenants.mail.mail import link_of
from tenants.members.members import add_member, end_membership
from tenants.models import OutboxMail
from tenants.signin import passwords
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "another-long-password"
BASE = "http://portal.example"


def ask(client, email):
    return client.post(reverse("password-forgotten"), {"email": email})


def newest() -> OutboxMail:
    return OutboxMail.objects.first()


def path_of(mail) -> str:
    return link_of(mail).replace(BASE, "").replace("http://testserver", "")


def test_a_person_chooses_a_new_password_by_link(client, alice):
    ask(client, alice.user.email)
    path = path_of(newest())
    assert "Choose a new password" in client.get(path).content.decode()
    assert client.post(path, {"password": NEW}).url == reverse("sign-in")
    assert client.post(reverse("sign-in"), {"email": alice.user.email, "password": NEW}).status_code == 302


def test_known_and_unknown_addresses_read_alike(client, alice):
    assert ask(client, alice.user.email).content == ask(client, "nobody@acme.example").content
    assert OutboxMail.objects.count() == 1


def test_asking_is_limited_per_account(client, alice):
    codes = [ask(client, alice.user.email).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    assert ask(client, "nobody@acme.example").status_code == 200


def test_a_link_works_once(client, alice):
    ask(client, alice.user.email)
    path = path_of(newest())
    client.post(path, {"password": NEW})
    assert client.get(path).status_code == 410
    assert client.post(path, {"password": "yet-another-password"}).status_code == 410


def test_a_link_is_forgotten_by_the_outbox_when_it_was_used_or_replaced(client, alice):
    ask(client, alice.user.email)
    first = newest()
    ask(client, alice.user.email)
    first.refresh_from_db()
    assert link_of(first) == ""
    client.post(path_of(newest()), {"password": NEW})
    assert link_of(newest()) == ""


def test_the_link_stands_sealed_in_the_database(client, alice):
    ask(client, alice.user.email)
    assert "password/" not in str(OutboxMail.objects.values().get())


def test_a_link_dies_when_the_person_joins_another_company(client, alice, globex):
    ask(client, alice.user.email)
    path = path_of(newest())
    assert client.get(path).status_code == 200
    add_member(globex, email=alice.user.email)
    assert client.get(path).status_code == 410


def test_a_weak_password_is_explained_and_changes_nothing(client, alice):
    ask(client, alice.user.email)
    path = path_of(newest())
    response = client.post(path, {"password": "short"})
    assert response.status_code == 400
    assert "at least 10 characters" in response.content.decode()
    assert client.post(path, {"password": "alice@acme.example"}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/password/AAAA/nothing/", "/password/%00/x/", "/password/MQ/a-b/", "/invitation/none/"]
)
def test_made_up_links_say_that_they_no_longer_work(client, acme, path):
    response = client.get(path)
    assert response.status_code == 410
    assert "no longer works" in response.content.decode()


def test_an_admin_may_hand_over_the_link_of_their_own_people(alice, adam):
    mail = passwords.make_link_for(alice, by=adam, base=BASE)
    assert link_of(mail).startswith(BASE)
    event = AuditEvent.objects.filter(tenant_id=alice.tenant_id, action=Action.PASSWORD_RESET_ASKED).get()
    assert (event.actor_id, event.subject_id) == (adam.user_id, alice.user_id)


def test_an_admin_may_not_hold_the_link_of_an_owner_but_an_owner_may(olga, adam):
    other = add_member(olga.tenant, email="other-owner@acme.example", role="owner", password=PASSWORD)
    with pytest.raises(NotAllowed):
        passwords.make_link_for(olga, by=adam, base=BASE)
    assert passwords.make_link_for(other, by=olga, base=BASE)


def test_nobody_holds_the_link_of_somebody_who_belongs_to_another_company_too(alice, adam, globex, mallory):
    theirs = add_member(globex, email=alice.user.email)
    for member, admin in ((alice, adam), (theirs, mallory)):
        with pytest.raises(NotAllowed):
            passwords.make_link_for(member, by=admin, base=BASE)


def test_a_company_that_was_left_can_be_returned_to_so_it_counts(alice, adam, olga, globex, mallory):
    theirs = add_member(globex, email=alice.user.email)
    end_membership(alice, by=olga)
    with pytest.raises(NotAllowed):
        passwords.make_link_for(theirs, by=mallory, base=BASE)


def test_operators_of_the_installation_are_nobodys_to_take_over(alice, adam):
    alice.user.is_superuser = True
    alice.user.save()
    with pytest.raises(NotAllowed):
        passwords.make_link_for(alice, by=adam, base=BASE)


def test_plain_members_hold_nobodys_link(alice, bob, erin, cora):
    for by in (bob, erin, cora):
        with pytest.raises(NotAllowed):
            passwords.make_link_for(alice, by=by, base=BASE)


def test_the_mail_of_a_person_in_two_companies_belongs_to_neither(client, alice, globex):
    add_member(globex, email=alice.user.email)
    ask(client, alice.user.email)
    assert newest().tenant is None


def test_a_new_password_ends_every_other_session(client, alice, sign_in):
    elsewhere = sign_in(alice)
    here = Client()
    here.post(reverse("sign-in"), {"email": alice.user.email, "password": PASSWORD})
    response = here.post(reverse("account"), {"part": "password", "current": PASSWORD, "password": NEW})
    assert response.status_code == 302
    assert here.get("/").url == "/t/acme/", "this session goes on"
    assert elsewhere.get("/").url == reverse("sign-in")


def test_a_password_change_asks_for_the_current_one_and_only_so_often(alice, sign_in):
    client = sign_in(alice)
    wrong = {"part": "password", "current": "guess guess", "password": NEW}
    codes = [client.post(reverse("account"), wrong).status_code for _ in range(11)]
    assert codes == [400] * 10 + [429]
    assert get_user_model().objects.get(pk=alice.user_id).check_password(PASSWORD)


def test_one_changes_ones_name_and_look(alice, sign_in):
    client = sign_in(alice)
    client.post(reverse("account"), {"part": "about", "name": "Alice Marlow", "theme": "dark"})
    alice.user.refresh_from_db()
    assert (alice.user.name, alice.user.theme, alice.user.shortcuts) == ("Alice Marlow", "dark", False)
    event = AuditEvent.objects.filter(tenant_id=alice.tenant_id, action=Action.PERSON_CHANGED).get()
    assert sorted(event.data["fields"]) == ["name", "shortcuts", "theme"]
    assert "Marlow" not in str(event.data)


def test_the_account_page_needs_a_sign_in(client, acme):
    assert client.get(reverse("account")).url.startswith(reverse("sign-in"))


@pytest.mark.parametrize("who", ["cora", "eve_the_admin"])
def test_an_admin_cannot_take_over_the_trails_reader_or_another_admin(acme, adam, olga, cora, who):
    from tenants.errors import NotAllowed
    from tenants.members.members import add_member
    from tenants.signin.passwords import make_link_for

    person = cora if who == "cora" else add_member(acme, email="eve@acme.example", role="admin", name="Eve")
    with pytest.raises(NotAllowed):
        make_link_for(person, by=adam, base="http://localhost")
    assert make_link_for(person, by=olga, base="http://localhost")
