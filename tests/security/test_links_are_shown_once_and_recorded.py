"""A link that lets somebody act in another person's place is never shown without an event that says who saw it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from audit.ledger.actions import Action
from audit.models import AuditEvent
from tenants import urls
from tenants.members import invitations
from tenants.models import Invitation, OutboxMail
from tenants.signin import passwords

pytestmark = pytest.mark.django_db
LINK = re.compile(r"/(?:invitation|password)/[\w-]{20,}")


def shown(tenant) -> int:
    actions = [Action.INVITATION_LINK_SHOWN.value, Action.PASSWORD_LINK_SHOWN.value]
    return AuditEvent.objects.filter(tenant_id=tenant.pk, action__in=actions).count()


def test_the_link_of_a_new_invitation_is_shown_once_and_that_is_recorded(sign_in, acme, adam):
    client, there = sign_in(adam), reverse("tenants:people", args=["acme"])
    page = client.post(there, {"email": "nina@acme.example", "role": "editor"}).content.decode()
    assert LINK.search(page)
    event = AuditEvent.objects.filter(action=Action.INVITATION_LINK_SHOWN).get()
    invitation = Invitation.objects.for_tenant(acme).get()
    assert (event.actor_id, event.target_id) == (adam.user_id, str(invitation.pk))
    for address in (there, f"{there}?invited={invitation.pk}"):
        assert not LINK.search(client.get(address).content.decode())
    assert shown(acme) == 1


def test_a_new_link_for_an_open_invitation_is_shown_in_the_outbox_where_that_is_recorded(sign_in, acme, adam):
    invitation = invitations.invite("nina@acme.example", "member", by=adam, base="http://testserver")
    client = sign_in(adam)
    response = client.post(reverse("tenants:invitation-sending", args=["acme", invitation.pk]), follow=True)
    page = response.content.decode()
    assert "Show the link" in page
    assert not LINK.search(page)
    assert shown(acme) == 0
    assert LINK.search(client.post(response.redirect_chain[-1][0]).content.decode())
    assert shown(acme) == 1


def test_no_page_shows_a_link_on_get(sign_in, acme, olga, alice):
    """Every page of the company that needs no object, or one of those that have a link."""
    invitation = invitations.invite("nina@acme.example", "member", by=olga, base="http://testserver")
    passwords.make_link_for(alice, by=olga, base="http://testserver")
    ids = {"member_id": alice.pk, "invitation_id": invitation.pk}
    client, seen = sign_in(olga), 0
    for mail_id in OutboxMail.objects.values_list("pk", flat=True):
        for page in urls.pages:
            needed = page.pattern.converters.keys()
            if needed <= {*ids, "mail_id"}:
                chosen = {key: value for key, value in (ids | {"mail_id": mail_id}).items() if key in needed}
                address = reverse(f"tenants:{page.name}", kwargs={"slug": "acme"} | chosen)
                response = client.get(address, {"invited": invitation.pk, "mail": mail_id})
                assert not LINK.search(response.content.decode()), address
                seen += 1
    assert seen > 10
