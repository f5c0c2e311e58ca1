"""Nobody below an owner becomes, makes or takes over an admin, a compliance officer or an owner."""

from __future__ import annotations

import io
import re
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse
from django.utils import timezone

from audit.ledger.actions import Action
from audit.models import AuditEvent
from tenants.errors import Conflicting, NotAllowed
from tenants.isolation.scope import in_tenant
from tenants.mail.mail import link_of
from tenants.members import invitations
from tenants.members.members import add_member, change_role, end_membership, set_role
from tenants.members.ownerless_companies import companies_without_owner, ownerless_notices
from tenants.models import Invitation, Membership, OutboxMail
from tenants.signin import passwords
from tenants.signin.forms import NewPasswordForm
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
BASE = "http://testserver"
NEW = {"name": "Nina Petit", "password": "a-new-long-password"}


def path_of(mail: OutboxMail) -> str:
    return link_of(mail).removeprefix(BASE)


def role_of(member: Membership) -> str:
    return Membership.objects.for_tenant(member.tenant).get(pk=member.pk).role


def a_month_passes(member: Membership) -> None:
    past = timezone.now() - passwords.PRIVILEGE_LASTS * 1.1
    Membership.objects.for_tenant(member.tenant).filter(pk=member.pk).update(privileged_until=past)
    member.refresh_from_db()


@pytest.mark.parametrize("role", ["member", "editor", "admin"])
def test_an_admin_cannot_demote_the_compliance_officer(sign_in, adam, cora, role):
    response = sign_in(adam).post(reverse("tenants:role", args=["acme", cora.pk]), {"role": role})
    assert response.status_code in (400, 403)
    assert role_of(cora) == "compliance"


def test_an_admin_cannot_remove_the_compliance_officer_or_another_admin(sign_in, acme, adam, cora):
    eve = add_member(acme, email="eve@acme.example", role="admin", password=PASSWORD)
    for other in (cora, eve):
        assert sign_in(adam).post(reverse("tenants:removal", args=["acme", other.pk])).status_code == 403
        other.refresh_from_db()
        assert other.is_active


@pytest.mark.parametrize("role", ["admin", "compliance", "owner"])
def test_an_admin_cannot_invite_somebody_to_a_privileged_role(sign_in, adam, role):
    response = sign_in(adam).post(reverse("tenants:people", args=["acme"]), {"email": "n@x.example", "role": role})
    assert response.status_code == 400
    assert not Invitation.objects.for_tenant(adam.tenant).exists()


@pytest.mark.parametrize("role", ["compliance", "owner"])
def test_an_admin_cannot_raise_themselves_or_a_colleague(sign_in, adam, alice, role):
    for target in (adam, alice):
        before = role_of(target)
        sign_in(adam).post(reverse("tenants:role", args=["acme", target.pk]), {"role": role})
        assert role_of(target) == before


def test_the_page_offers_an_admin_only_what_they_may_do(sign_in, adam, cora, alice):
    page = sign_in(adam).get(reverse("tenants:people", args=["acme"])).content.decode()
    assert f'id="role-{alice.pk}"' in page
    assert f'id="role-{cora.pk}"' not in page
    assert not re.search(r'<option value="(admin|compliance|owner)"', page)
    assert reverse("tenants:removal", args=["acme", cora.pk]) not in page


def test_an_invitation_to_a_privileged_role_that_an_admin_made_before_is_void(client, acme, adam):
    invitation = invitations.invite("n@acme.example", "editor", by=adam, base=BASE)
    Invitation.objects.for_tenant(acme).filter(pk=invitation.pk).update(role="compliance")
    path = path_of(OutboxMail.objects.get())
    assert client.get(path).status_code == 410
    assert client.post(path, NEW).status_code == 410


def test_an_invitation_whose_giver_lost_their_role_since_the_page_was_opened_is_not_accepted(acme, olga, adam):
    invitation = invitations.invite("n@acme.example", "member", by=adam, base=BASE)
    change_role(adam, "member", by=olga)
    with pytest.raises(Conflicting):
        invitations.accept(invitation, **NEW)


def test_a_password_link_dies_with_any_change_of_role_also_when_it_is_changed_back(client, olga, alice, adam):
    passwords.make_link_for(alice, by=adam, base=BASE)
    path = path_of(OutboxMail.objects.get())
    assert client.get(path).status_code == 200
    change_role(alice, "editor", by=adam)
    assert client.get(path).status_code == 410
    change_role(alice, "member", by=adam)
    assert client.get(path).status_code == 410
    assert client.post(path, {"password": "another-long-password"}).status_code == 410


def test_a_link_that_was_made_for_a_member_does_not_open_the_sign_in_of_a_compliance_officer(client, olga, adam, alice):
    passwords.make_link_for(alice, by=adam, base=BASE)
    path = path_of(OutboxMail.objects.get())
    change_role(alice, "compliance", by=olga)
    assert client.post(path, {"password": "another-long-password"}).status_code == 410


def test_a_password_link_dies_when_the_person_is_removed(client, olga, alice, adam):
    passwords.make_link_for(alice, by=adam, base=BASE)
    path = path_of(OutboxMail.objects.get())
    end_membership(alice, by=adam)
    assert client.get(path).status_code == 410


@pytest.mark.parametrize("lost_by", ["demotion", "removal"])
@pytest.mark.parametrize("role", ["admin", "compliance", "owner"])
def test_for_30_days_after_a_privileged_role_ended_only_an_owner_hands_over_the_link(acme, olga, adam, role, lost_by):
    person = add_member(acme, email="p@acme.example", role=role, password=PASSWORD)
    if lost_by == "demotion":
        change_role(person, "editor", by=olga)
    else:
        end_membership(person, by=olga)
        person = add_member(acme, email="p@acme.example", role="editor")
    with pytest.raises(NotAllowed, match="30 days"):
        passwords.make_link_for(person, by=adam, base=BASE)
    assert passwords.make_link_for(person, by=olga, base=BASE)
    a_month_passes(person)
    assert passwords.make_link_for(person, by=adam, base=BASE)


def test_a_role_that_was_taken_away_before_this_version_counts_too(acme, olga, adam, cora, alice):
    eve = add_member(acme, email="eve@acme.example", role="admin", password=PASSWORD)
    change_role(cora, "member", by=olga)
    end_membership(eve, by=olga)
    everybody = Membership.objects.for_tenant(acme)
    everybody.update(privileged_until=None)
    then = MigrationLoader(connection).project_state([("tenants", "0003_roles_in_time")]).apps
    import_module("tenants.migrations.0003_roles_in_time").read_from_the_trail(
        then, SimpleNamespace(connection=connection)
    )
    known = dict(everybody.values_list("user__email", "privileged_until"))
    assert known["cora@acme.example"]
    assert known["eve@acme.example"] == eve.ended_at
    assert known["alice@acme.example"] is None


def test_an_admin_does_not_see_the_link_a_former_officer_asked_for(sign_in, client, olga, adam, cora):
    change_role(cora, "member", by=olga)
    client.post(reverse("password-forgotten"), {"email": cora.user.email})
    there = reverse("tenants:outbox-mail", args=["acme", OutboxMail.objects.get().pk])
    assert sign_in(adam).post(there).status_code == 403
    assert "/password/" in sign_in(olga).post(there).content.decode().replace("password-link", "")


def test_a_company_without_an_owner_is_named_with_a_command_that_makes_one(acme, globex, olga, adam, mallory):
    (notice,) = ownerless_notices()
    assert "Globex AG has no owner" in notice
    command = notice.partition("manage.py ")[2].replace("EMAIL", mallory.user.email).split()
    out = io.StringIO()
    call_command(*command, stdout=out)
    assert "is now owner of Globex AG" in out.getvalue()
    assert companies_without_owner() == []
    event = AuditEvent.objects.filter(tenant_id=globex.pk, action=Action.MEMBER_ROLE_CHANGED).get()
    assert (event.actor_kind, event.data) == ("system", {"former": "admin", "role": "owner"})


def test_an_owner_who_was_switched_off_does_not_count(acme, olga):
    assert companies_without_owner() == []
    olga.user.is_active = False
    olga.user.save()
    assert companies_without_owner() == [acme]


def test_the_operator_cannot_take_the_last_owner_away_by_mistake(acme, olga):
    with pytest.raises(CommandError, match="last owner"):
        call_command("set_role", "--tenant", "acme", "--email", olga.user.email, "--role", "admin")
    assert role_of(olga) == "owner"


def test_a_role_set_by_the_operator_voids_links_as_well(client, acme, olga, alice, adam):
    passwords.make_link_for(alice, by=adam, base=BASE)
    path = path_of(OutboxMail.objects.get())
    set_role(alice, "compliance")
    assert client.get(path).status_code == 410


def test_the_sample_company_has_an_owner(db):
    from portal.demo.load import load

    load()
    assert companies_without_owner() == []


def test_the_start_names_a_company_without_an_owner(acme, adam, monkeypatch):
    from portal.operations.processes.startup_notices import notices_for_operators

    assert any("Acme Ltd has no owner" in line for line in notices_for_operators())


def test_a_promotion_while_a_link_is_used_ends_the_link(client, monkeypatch, olga, adam, alice):
    """As a form takes a tenth of a second, an owner may promote the person meanwhile."""
    link = path_of(passwords.make_link_for(alice, by=adam, base=BASE))
    check = NewPasswordForm.clean_password

    def promoted_meanwhile(form):
        with in_tenant(olga.tenant):
            change_role(alice, "compliance", by=olga)
        return check(form)

    monkeypatch.setattr(NewPasswordForm, "clean_password", promoted_meanwhile)
    assert client.post(link, {"password": "chosen-by-the-admin"}).status_code == 410
    alice.user.refresh_from_db()
    assert not alice.user.check_password("chosen-by-the-admin")


@pytest.mark.django_db(transaction=True)
def test_one_link_sets_one_password(adam, alice):
    uid, token = path_of(passwords.make_link_for(alice, by=adam, base=BASE)).split("/")[-3:-1]
    user = passwords.person_of(uid, token)
    assert passwords.use_link(user, token, "the-first-password")
    assert not passwords.use_link(user, token, "the-second-password")
    user.refresh_from_db()
    assert user.check_password("the-first-password")
