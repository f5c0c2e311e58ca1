"""A stranger learns nothing from how long an answer takes, and cannot break one with what they send."""

import time
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.django_db
STEP = 0.2


def _seconds(client, path: str, form: dict) -> float:
    began = time.monotonic()
    assert client.post(path, form).status_code in (200, 400)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("path", "form"), [("/password/forgotten/", {}), ("/sign-in/", {"password": "not-the-password"})]
)
def test_a_known_and_an_unknown_address_are_answered_after_the_same_time(client, alice, settings, path, form):
    _seconds(client, path, form | {"email": "first@acme.example"})  # what is loaded once
    settings.EVEN_STEP = STEP
    known = _seconds(client, path, form | {"email": alice.user.email})
    unknown = _seconds(client, path, form | {"email": "nobody@acme.example"})
    assert known >= STEP
    assert unknown >= STEP
    # Beyond whole steps only rendering the page is left, which knows nothing of the address.
    assert abs(known % STEP - unknown % STEP) < STEP / 2


def test_links_begin_with_the_portals_own_address_where_it_is_set(client, alice, settings):
    from tenants.mail import mail
    from tenants.models import OutboxMail

    settings.PORTAL_URL = "https://portal.acme.example"
    client.post("/password/forgotten/", {"email": alice.user.email}, headers={"host": "localhost:6666"})
    assert mail.link_of(OutboxMail.objects.get()).startswith("https://portal.acme.example/password/")


def test_a_foreign_host_gets_no_mail_written(client, alice):
    from tenants.models import OutboxMail

    asked = client.post("/password/forgotten/", {"email": alice.user.email}, headers={"host": "evil.example"})
    assert asked.status_code == 400
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize("body", ["[" * 100_000, '{"query":' * 50_000, '{"query":"\\ud800"}', "[]", "null"])
@pytest.mark.parametrize("path", ["search/", "ask/", "collections/", "keys/", "documents/"])
def test_hostile_json_is_refused_without_breaking_anything(sign_in, olga, path, body):
    answer = sign_in(olga).post(f"/t/acme/api/v1/{path}", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("cursor", ["bz0xJnA9Mg==", "cD0lMDA=", "AAAA", "%00", "=" * 3000])
@pytest.mark.parametrize("path", ["documents/", "collections/", "conversations/"])
def test_a_made_up_cursor_breaks_nothing(client, olga, bearer, path, cursor):
    answer = client.get(f"/t/acme/api/v1/{path}", {"cursor": cursor}, headers=bearer(olga))
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("path", ["search/?q=x&page=", "documents/?page=", "audit/?before=", "people/?page="])
def test_a_number_of_thousands_of_digits_breaks_nothing(sign_in, olga, path):
    assert sign_in(olga).get(f"/t/acme/{path}{'9' * 5000}").status_code == 200


def test_a_company_name_begins_no_lines_in_a_mail(acme, adam):
    from tenants.members.invitations import invite
    from tenants.models import OutboxMail
    from tenants.pages.settings import rename_company

    rename_company(
        SimpleNamespace(tenant=adam.tenant, audit_actor=adam.audit_actor), "Acme\r\nBcc: everybody@x.example"
    )
    invite("new@x.example", "member", by=adam, base="http://localhost")
    assert OutboxMail.objects.get().subject == "Join the knowledge portal of Acme Bcc: everybody@x.example"
