"""Joining by link."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from audit.ledger.actions import Action
from audit.models import AuditEvent
from tenants.errors import Conflicting, NotAllowed
from tenants.members import invitations
from tenants.members.members import change_role, end_membership
from tenants.models import Invitation, Membership, OutboxMail
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
BASE = "http://portal.example"
NEW = {"name": "Nina Petit", "password": "a-new-long-password"}


def invite(email, role="member", *, by):
    invitation = invitations.invite(email, role, by=by, base=BASE)
    return invitation, invitations.show_link(invitation, by=by).removeprefix(BASE)


def member_of(tenant, email):
    return Membership.objects.for_tenant(tenant).filter(user__email=email).first()


def test_somebody_new_joins_with_a_name_and_a_password(client, acme, adam):
    _, path = invite("nina@acme.example", "editor", by=adam)
    page = client.get(path).content.decode()
    assert "Adam Acme invites nina@acme.example as editor" in page
    assert client.post(path, NEW).url == "/t/acme/"
    nina = member_of(acme, "nina@acme.example")
    assert (nina.role, nina.user.name, nina.is_active) == ("editor", "Nina Petit", True)
    assert client.get("/").url == "/t/acme/", "and is signed in"
    told = AuditEvent.objects.filter(tenant_id=acme.pk).values_list("action", flat=True)
    assert {Action.INVITATION_SENT, Action.INVITATION_ACCEPTED, Action.MEMBER_ADDED} <= set(told)


def test_a_link_works_once(client, acme, adam):
    _, path = invite("nina@acme.example", by=adam)
    client.post(path, NEW)
    assert Client().get(path).status_code == 410
    assert Client().post(path, NEW).status_code == 410


def test_only_a_digest_is_kept_and_the_token_has_256_bits(acme, adam):
    _, path = invite("nina@acme.example", by=adam)
    token = path.strip("/").split("/")[-1]
    assert len(token) == 43
    assert token not in str(Invitation.objects.for_tenant(acme).values().get())
    assert token not in str(OutboxMail.objects.values().get())


def test_a_withdrawn_and_an_expired_link_no_longer_work(client, acme, adam):
    first, gone = invite("a@acme.example", by=adam)
    invitations.withdraw(first, by=adam)
    second, late = invite("b@acme.example", by=adam)
    Invitation.objects.for_tenant(acme).filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(gone).status_code == client.get(late).status_code == 410


def test_sending_again_makes_the_former_link_void(client, acme, adam):
    invitation, former = invite("nina@acme.example", by=adam)
    invitations.send_again(invitation, by=adam, base=BASE)
    fresh = invitations.show_link(invitation, by=adam).removeprefix(BASE)
    assert client.get(former).status_code == 410
    assert client.get(fresh).status_code == 200


def test_inviting_the_same_address_again_replaces_the_invitation(client, acme, adam):
    _, former = invite("nina@acme.example", by=adam)
    invite("Nina@Acme.example", by=adam)
    assert client.get(former).status_code == 410
    assert invitations.open_invitations(adam).count() == 1


def test_an_address_with_a_sign_in_must_be_signed_in_to(client, acme, adam, mallory):
    _, path = invite(mallory.user.email, by=adam)
    assert "This address already has an account. Sign in to join." in client.get(path).content.decode()
    client.post(path, NEW)
    assert member_of(acme, mallory.user.email) is None
    mallory.user.refresh_from_db()
    assert mallory.user.check_password(PASSWORD), "a link never sets the password of an account that exists"


def test_the_owner_of_the_address_joins_once_signed_in(sign_in, acme, adam, mallory):
    _, path = invite(mallory.user.email, by=adam)
    assert sign_in(mallory).post(path).url == "/t/acme/"
    assert member_of(acme, mallory.user.email).is_active


def test_somebody_else_who_is_signed_in_cannot_use_the_link(sign_in, acme, adam, mallory, alice):
    _, path = invite(mallory.user.email, by=adam)
    assert sign_in(alice).post(path).status_code == 200
    assert member_of(acme, mallory.user.email) is None
    invitation = invitations.open_invitations(adam).get()
    with pytest.raises(NotAllowed):
        invitations.accept(invitation, user=alice.user)


def test_an_admin_cannot_invite_an_owner_nor_see_such_a_link(acme, adam, olga):
    with pytest.raises(NotAllowed):
        invite("nina@acme.example", "owner", by=adam)
    invitation, _ = invite("nina@acme.example", "owner", by=olga)
    for verb in (invitations.show_link, invitations.withdraw):
        with pytest.raises(NotAllowed):
            verb(invitation, by=adam)
    with pytest.raises(NotAllowed):
        invitations.send_again(invitation, by=adam, base=BASE)


@pytest.mark.parametrize("role", ["member", "editor", "compliance"])
def test_only_admins_and_owners_invite(request, acme, role):
    by = request.getfixturevalue({"member": "alice", "editor": "erin", "compliance": "cora"}[role])
    with pytest.raises(NotAllowed):
        invite("nina@acme.example", by=by)


def test_an_invitation_falls_with_the_person_who_gave_it(client, acme, adam, olga):
    _, path = invite("nina@acme.example", by=adam)
    end_membership(adam, by=olga)
    assert client.get(path).status_code == 410


def test_an_invitation_falls_when_its_giver_is_no_longer_an_admin(client, acme, adam, olga):
    _, path = invite("nina@acme.example", by=adam)
    change_role(adam, "member", by=olga)
    assert client.get(path).status_code == 410


def test_an_owners_invitation_to_own_falls_when_they_step_down(client, acme, adam, olga):
    _, path = invite("nina@acme.example", "owner", by=olga)
    change_role(adam, "owner", by=olga)
    change_role(olga, "admin", by=adam)
    assert client.get(path).status_code == 410


def test_somebody_who_belongs_already_is_not_invited(alice, adam):
    with pytest.raises(Conflicting):
        invite(alice.user.email, by=adam)


def test_two_people_with_one_link_do_not_both_join(acme, adam):
    invitation, _ = invite("nina@acme.example", by=adam)
    invitations.accept(invitation, **NEW)
    get_user_model().objects.filter(email="nina@acme.example").update(email="moved@acme.example")
    with pytest.raises(Conflicting):
        invitations.accept(invitation, **NEW)


def test_somebody_who_left_comes_back_by_invitation(sign_in, acme, adam, olga, alice):
    end_membership(alice, by=olga)
    _, path = invite(alice.user.email, "editor", by=adam)
    sign_in(alice).post(path)
    back = member_of(acme, alice.user.email)
    assert (back.pk, back.role, back.is_active) == (alice.pk, "editor", True)
