"""API keys: shown once, scoped, expiring, never more than their person."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from tenants.api_keys.api_keys import create_api_key, find_key, revoke_api_key
from tenants.members.members import change_role
from tenants.models import ApiKey

pytestmark = pytest.mark.django_db
ME = "/t/acme/api/v1/me/"
KEYS = "/t/acme/api/v1/keys/"


def test_a_key_answers_for_its_person(client, alice, finance, bearer):
    body = client.get(ME, headers=bearer(alice, "ask")).json()
    assert (body["email"], body["role"], body["tenant"], body["teams"]) == (
        "alice@acme.example",
        "member",
        "acme",
        ["Everyone", "Finance"],
    )


@pytest.mark.parametrize("header", ["Bearer kp_nothing", "Bearer ", "Basic YTpi", "kp_x", "Bearer kp_\x00"])
def test_a_key_that_is_none_gets_401(client, acme, header):
    response = client.get(ME, headers={"Authorization": header})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_a_key_opens_its_own_company_alone(client, alice, mallory, bearer):
    assert client.get("/t/globex/api/v1/me/", headers=bearer(alice)).status_code == 401


def test_an_expired_and_a_revoked_key_get_401(client, alice):
    past = timezone.now() - timedelta(seconds=1)
    _, late = create_api_key(alice, name="late", scopes=["read"], expires_at=past)
    key, gone = create_api_key(alice, name="gone", scopes=["read"])
    revoke_api_key(key, by=alice)
    for secret in (late, gone):
        assert client.get(ME, headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_only_a_digest_is_kept(alice):
    key, secret = create_api_key(alice, name="k", scopes=["read"])
    row = str(ApiKey.objects.for_tenant(alice.tenant).values().get(pk=key.pk))
    assert secret not in row
    assert secret[10:] not in row


def test_a_key_falls_with_the_role_of_its_person(client, cora, olga, bearer):
    headers = bearer(cora, "audit")
    there = "/t/acme/api/v1/audit/events/"
    assert client.get(there, headers=headers).status_code == 200
    change_role(cora, "member", by=olga)
    assert client.get(there, headers=headers).status_code == 403


def test_a_key_cannot_make_or_list_or_revoke_keys(client, alice, bearer):
    headers = bearer(alice)
    key, _ = create_api_key(alice, name="other", scopes=["read"])
    assert client.get(KEYS, headers=headers).status_code == 403
    assert client.post(KEYS, {"name": "x"}, "application/json", headers=headers).status_code == 403
    assert client.delete(f"{KEYS}{key.pk}/", headers=headers).status_code == 403


def test_keys_are_made_listed_and_revoked_through_the_session(sign_in, alice):
    client = sign_in(alice)
    made = client.post(KEYS, {"name": "import", "scopes": ["read", "write"], "days": 30}, "application/json")
    assert made.status_code == 201
    body = made.json()
    assert find_key(body["key"], "acme").member == alice
    assert body["scopes"] == ["read", "write"]
    listed = client.get(KEYS).json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]
    assert "key" not in listed[0]
    assert client.delete(f"{KEYS}{body['id']}/").status_code == 204
    assert find_key(body["key"], "acme") is None


@pytest.mark.parametrize("wrong", [{"scopes": ["all"]}, {"scopes": []}, {"days": 0}, {"days": 9999}, {"name": ""}])
def test_a_key_that_does_not_fit_is_refused(sign_in, alice, wrong):
    body = {"name": "k", "scopes": ["read"], "days": 30} | wrong
    response = sign_in(alice).post(KEYS, body, "application/json")
    assert response.status_code == 400
    assert response.json()["errors"]


def test_the_session_door_of_the_api_asks_for_the_forms_token(alice):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice.user, backend="tenants.signin.backend.EmailBackend")
    assert strict.post(KEYS, {"name": "k", "scopes": ["read"]}, "application/json").status_code == 403


def test_an_admin_sees_and_revokes_everybodys_keys_and_nobody_else_does(sign_in, alice, bob, adam):
    key, secret = create_api_key(alice, name="hers", scopes=["read"])
    assert sign_in(bob).get(KEYS, {"of": "everybody"}).json()["results"] == []
    assert sign_in(bob).delete(f"{KEYS}{key.pk}/").status_code == 404
    with pytest.raises(Exception, match="Only an admin"):
        revoke_api_key(key, by=bob)
    assert len(sign_in(adam).get(KEYS, {"of": "everybody"}).json()["results"]) == 1
    assert sign_in(adam).post(reverse("tenants:key-revocation", args=["acme", key.pk])).status_code == 302
    assert find_key(secret, "acme") is None


def test_another_companys_key_is_not_there(mallory, alice, sign_in):
    key, _ = create_api_key(alice, name="hers", scopes=["read"])
    with pytest.raises(Http404):
        revoke_api_key(key, by=mallory)
    assert sign_in(mallory).delete(f"/t/globex/api/v1/keys/{key.pk}/").status_code == 404


def test_the_page_shows_a_new_key_once(sign_in, alice):
    client = sign_in(alice)
    there = reverse("tenants:keys", args=["acme"])
    page = client.post(there, {"name": "Nightly", "scopes": ["read"], "days": "30"}).content.decode()
    secret = page.split('id="new-key">')[1].split("<")[0]
    assert find_key(secret, "acme")
    assert secret not in client.get(there).content.decode()


def test_the_scope_of_the_trail_is_offered_to_those_who_may_read_it(sign_in, alice, cora):
    there = reverse("tenants:keys", args=["acme"])
    assert 'value="audit"' not in sign_in(alice).get(there).content.decode()
    assert 'value="audit"' in sign_in(cora).get(there).content.decode()
    refused = sign_in(alice).post(there, {"name": "k", "scopes": ["audit"], "days": "30"})
    assert refused.status_code == 400


def test_what_a_key_did_says_which_key_it_was(client, cora, bearer):
    client.get("/t/acme/api/v1/audit/events/", headers=bearer(cora, "audit"))
    event = AuditEvent.objects.filter(tenant_id=cora.tenant_id).latest("id")
    assert event.actor_kind == "key"
    assert event.data["key"].startswith("kp_")
