"""A key that was made for a member, and perhaps passed on, does not become one of an admin, compliance officer or owner."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.urls import reverse

from audit.ledger.actions import Action
from audit.models import AuditEvent
from tenants.api_keys.api_keys import create_api_key, find_key, revoke_api_key
from tenants.members.members import add_member, change_role

pytestmark = pytest.mark.django_db
ME = "/t/acme/api/v1/me/"


def status(client, secret: str) -> int:
    return client.get(ME, headers={"Authorization": f"Bearer {secret}"}).status_code


def promote(browser, member, role: str) -> str:
    return browser.post(reverse("tenants:role", args=["acme", member.pk]), {"role": role}, follow=True).content.decode()


@pytest.mark.parametrize("role", ["admin", "compliance", "owner"])
def test_the_keys_of_a_member_end_when_they_are_promoted(client, sign_in, olga, alice, bob, role):
    secrets = [create_api_key(alice, name=f"key {number}", scopes=["read", "audit"])[1] for number in range(2)]
    _, of_another = create_api_key(bob, name="another", scopes=["read"])
    page = promote(sign_in(olga), alice, role)
    assert "2 API keys of theirs revoked. They can create new ones." in page
    assert [status(client, secret) for secret in (*secrets, of_another)] == [401, 401, 200]
    alice.refresh_from_db()
    _, fresh = create_api_key(alice, name="fresh", scopes=["read"])
    assert status(client, fresh) == 200


def test_each_key_that_ends_is_an_event_that_names_who_promoted_whom(olga, alice):
    gone, _ = create_api_key(alice, name="revoked before", scopes=["read"])
    revoke_api_key(gone, by=alice)
    key, _ = create_api_key(alice, name="live", scopes=["read"])
    change_role(alice, "admin", by=olga)
    event = AuditEvent.objects.filter(tenant_id=alice.tenant_id, action=Action.KEY_REVOKED).latest("id")
    assert AuditEvent.objects.filter(tenant_id=alice.tenant_id, action=Action.KEY_REVOKED).count() == 2
    assert (event.actor_id, event.subject_id, event.target_id) == (olga.user_id, alice.user_id, str(key.pk))
    assert event.data["reason"] == "role"


@pytest.mark.parametrize(
    ("former", "role", "ends"),
    [
        ("member", "editor", False),
        ("admin", "owner", True),
        ("admin", "compliance", True),
        ("compliance", "admin", True),
        ("owner", "admin", False),
        ("owner", "compliance", False),
        ("admin", "member", False),
    ],
)
def test_keys_end_where_the_role_gives_more_and_continue_where_it_gives_less(acme, olga, former, role, ends):
    person = add_member(acme, email="p@acme.example", role=former)
    _, secret = create_api_key(person, name="k", scopes=["read"])
    change_role(person, role, by=olga)
    assert (find_key(secret, "acme") is None) == ends


def test_the_page_says_so_before_to_those_who_can_promote(sign_in, olga, adam, alice):
    before = "If you make someone an admin, compliance officer or owner, their API keys are revoked"
    people = reverse("tenants:people", args=["acme"])
    assert before in sign_in(olga).get(people).content.decode()
    assert before not in sign_in(adam).get(people).content.decode()
    keys = reverse("tenants:keys", args=["acme"])
    assert "is revoked if you become an admin" in sign_in(alice).get(keys).content.decode()
    assert "is revoked if you become an admin" not in sign_in(olga).get(keys).content.decode()


def test_a_promotion_of_somebody_without_keys_says_nothing_of_keys(sign_in, olga, alice):
    assert "of theirs revoked" not in promote(sign_in(olga), alice, "admin")


def test_the_operators_promotion_ends_keys_as_well(client, olga, alice):
    _, secret = create_api_key(alice, name="k", scopes=["read"])
    out = io.StringIO()
    call_command("set_role", "--tenant", "acme", "--email", alice.user.email, "--role", "owner", stdout=out)
    assert status(client, secret) == 401
    assert "The API keys that they held have ended." in out.getvalue()
