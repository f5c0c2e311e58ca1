"""Signing in and out by e-mail, and where one arrives."""

import pytest
from django.urls import reverse

from audit.ledger.actions import Action
from audit.models import AuditEvent
from tenants.members.members import add_member, end_membership
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def enter(client, email, password=PASSWORD, **more):
    return client.post(reverse("sign-in"), {"email": email, "password": password, **more})


def actions(tenant=None):
    return list(
        AuditEvent.objects.filter(tenant_id=tenant and tenant.pk).order_by("id").values_list("action", flat=True)
    )


def test_a_person_signs_in_whatever_the_case_of_their_address(client, alice):
    response = enter(client, "ALICE@acme.example")
    assert response.status_code == 302
    assert client.get("/").url == "/t/acme/"


def test_wrong_password_and_unknown_address_read_alike(client, alice):
    wrong = enter(client, alice.user.email, "not it, sadly")
    unknown = enter(client, "nobody@acme.example", "not it, sadly")
    assert wrong.status_code == unknown.status_code == 400
    strip = lambda response, email: response.content.decode().replace(email, "")  # noqa: E731
    import re

    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    assert token.sub("", strip(wrong, alice.user.email)) == token.sub("", strip(unknown, "nobody@acme.example"))
    assert "The e-mail address or password is wrong" in wrong.content.decode()


def test_a_person_who_is_switched_off_reads_the_same(client, alice):
    alice.user.is_active = False
    alice.user.save()
    assert "The e-mail address or password is wrong" in enter(client, alice.user.email).content.decode()


def test_the_session_changes_its_key_when_somebody_signs_in(client, alice):
    client.get(reverse("sign-in"))
    session = client.session
    session["mark"] = 1
    session.save()
    client.cookies["portal_session"] = session.session_key
    before = session.session_key
    enter(client, alice.user.email)
    assert client.session.session_key != before


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "http:///evil.example"]
)
def test_after_signing_in_one_stays_in_this_portal(client, alice, elsewhere):
    assert enter(client, alice.user.email, next=elsewhere).url == "/"


def test_after_signing_in_one_arrives_where_one_wanted_to_go(client, alice):
    assert enter(client, alice.user.email, next="/t/acme/keys/").url == "/t/acme/keys/"


def test_a_stranger_at_the_first_page_is_sent_to_sign_in(client, acme):
    assert client.get("/").url == reverse("sign-in")


def test_a_person_in_two_companies_chooses(sign_in, alice, globex):
    add_member(globex, email=alice.user.email)
    page = sign_in(alice).get("/").content.decode()
    assert "/t/acme/" in page
    assert "/t/globex/" in page


def test_a_person_without_a_company_is_told_so(sign_in, alice, olga):
    client = sign_in(alice)
    end_membership(alice, by=olga)
    assert "You are not a member of any company" in client.get("/").content.decode()


def test_sign_ins_stand_on_the_portals_trail_and_on_that_of_each_company(client, alice, globex):
    add_member(globex, email=alice.user.email)
    enter(client, alice.user.email)
    client.post(reverse("sign-out"))
    for trail in (None, alice.tenant, globex):
        assert actions(trail)[-2:] == [Action.PERSON_SIGNED_IN, Action.PERSON_SIGNED_OUT]


def test_failures_of_a_known_person_reach_their_company_and_those_of_a_stranger_do_not(client, alice):
    enter(client, alice.user.email, "wrong wrong wrong")
    enter(client, "stranger@acme.example", "wrong wrong wrong")
    assert actions(alice.tenant)[-1] == Action.SIGN_IN_FAILED
    assert actions(alice.tenant).count(Action.SIGN_IN_FAILED) == 1
    assert actions().count(Action.SIGN_IN_FAILED) == 2
    known = AuditEvent.objects.filter(tenant_id=alice.tenant_id, action=Action.SIGN_IN_FAILED).get()
    assert (known.actor_kind, known.actor_id, known.subject_id) == ("nobody", None, alice.user_id)


def test_no_address_of_a_person_stands_readable_in_the_trail(client, alice):
    enter(client, alice.user.email, "wrong wrong wrong")
    enter(client, "stranger@acme.example", "wrong wrong wrong")
    enter(client, alice.user.email)
    raw = str(list(AuditEvent.objects.values()))
    assert "stranger" not in raw
    assert alice.user.email not in raw
    assert "127.0.0.1" not in raw


def test_the_eleventh_wrong_try_waits_even_with_the_right_password(client, alice, bob):
    for _ in range(10):
        assert enter(client, alice.user.email, "wrong wrong wrong").status_code == 400
    refused = enter(client, alice.user.email)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert enter(client, bob.user.email).status_code == 302, "another account is not held up"


def test_an_unknown_address_is_slowed_down_in_the_same_way(client, acme, alice):
    codes = [enter(client, "nobody@acme.example", "wrong").status_code for _ in range(11)]
    assert codes == [400] * 10 + [429]


def test_right_passwords_do_not_count(client, alice):
    for _ in range(12):
        assert enter(client, alice.user.email).status_code == 302
        client.post(reverse("sign-out"))


def test_the_address_of_the_network_is_limited_over_all_accounts(client, acme):
    codes = {enter(client, f"p{n}@acme.example", "wrong").status_code for n in range(101)}
    assert codes == {400, 429}


def test_signing_out_needs_a_form(client, alice, sign_in):
    client = sign_in(alice)
    assert client.get(reverse("sign-out")).status_code == 405
    assert client.get("/").url == "/t/acme/"


def test_a_flood_of_tries_leaves_one_refusal_on_the_trail_and_no_token(client, acme, adam):
    from tenants.members import invitations

    invitation = invitations.invite("nina@acme.example", "member", by=adam, base="http://portal.example")
    path = invitations.show_link(invitation, by=adam).removeprefix("http://portal.example")
    codes = [client.get(path).status_code for _ in range(70)]
    assert codes.count(429) == 10
    refused = AuditEvent.objects.filter(tenant_id=None, action=Action.REQUEST_REFUSED)
    assert [event.data["path"] for event in refused] == ["/invitation/<str:token>/"]
