"""The command line makes companies, people, keys and passwords, and says what is wrong in one sentence."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command

from audit.ledger.actions import Action
from audit.models import AuditEvent
from tenants.api_keys.api_keys import find_key
from tenants.models import Membership, Tenant, User

pytestmark = pytest.mark.django_db


def run(*words, stdin="", monkeypatch=None) -> str:
    out = io.StringIO()
    if stdin:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_company_is_made():
    assert "/t/marlow/" in run("create_tenant", "marlow", "--name", "Marlow Instruments")
    assert Tenant.objects.get().name == "Marlow Instruments"


@pytest.mark.parametrize("slug", ["Not a slug", "a-", "x" * 41, "acme"])
def test_a_short_name_that_does_not_fit_is_explained(acme, slug):
    with pytest.raises(CommandError, match=r"^[^\n]+\.$"):
        run("create_tenant", slug, "--name", "N")


def test_a_person_is_added_with_a_password_that_is_printed_once(acme):
    out = run("add_member", "--tenant", "acme", "--email", "New@acme.example", "--role", "editor", "--name", "Nina")
    password = out.split("Password: ")[1].strip()
    user = User.objects.get(email="new@acme.example")
    assert user.check_password(password)
    assert Membership.objects.for_tenant(acme).get().role == "editor"


def test_a_password_comes_from_standard_input_and_is_not_printed(acme, monkeypatch):
    words = ["add_member", "--tenant", "acme", "--email", "n@acme.example", "--role", "member", "--password-stdin"]
    out = run(*words, stdin="a long enough secret\n", monkeypatch=monkeypatch)
    assert "secret" not in out
    assert User.objects.get().check_password("a long enough secret")


def test_a_person_who_has_a_sign_in_keeps_their_password(globex, alice):
    out = run("add_member", "--tenant", "globex", "--email", alice.user.email, "--role", "member")
    assert "Password:" not in out
    before = alice.user.password
    alice.user.refresh_from_db()
    assert alice.user.password == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add_member", "--tenant", "nowhere", "--email", "a@b.example", "--role", "member"], "no tenant 'nowhere'"),
        (["add_member", "--tenant", "acme", "--email", "not-an-address", "--role", "member"], "not an e-mail address"),
        (["add_member", "--tenant", "acme", "--email", "alice@acme.example", "--role", "member"], "already belongs"),
        (["create_api_key", "--tenant", "acme", "--user", "ghost@acme.example"], "does not belong"),
        (["create_api_key", "--tenant", "acme", "--user", "alice@acme.example", "--scopes", "all"], "all is not one"),
        (["create_api_key", "--tenant", "acme", "--user", "alice@acme.example", "--days", "0"], "1 to 3650 days"),
        (["set_password", "ghost@acme.example"], "Nobody signs in"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(alice, words, said):
    with pytest.raises(CommandError, match=said) as error:
        run(*words)
    assert "\n" not in str(error.value)


def test_a_weak_password_is_refused(alice, monkeypatch):
    with pytest.raises(CommandError, match="at least 10"):
        run("set_password", alice.user.email, "--password-stdin", stdin="short\n", monkeypatch=monkeypatch)


def test_a_key_is_all_that_is_printed_and_it_works(alice):
    out = run("create_api_key", "--tenant", "acme", "--user", "ALICE@acme.example", "--scopes", "read,ask")
    secret = out.strip()
    assert out == secret + "\n"
    key = find_key(secret, "acme")
    assert (key.member, key.scopes) == (alice, ["read", "ask"])


def test_a_new_password_is_recorded_as_the_operators_doing(alice):
    out = run("set_password", alice.user.email)
    alice.user.refresh_from_db()
    assert alice.user.check_password(out.split("Password: ")[1].strip())
    event = AuditEvent.objects.filter(tenant_id=alice.tenant_id, action=Action.PASSWORD_CHANGED).get()
    assert (event.actor_kind, event.subject_id, event.data["how"]) == ("system", alice.user_id, "operator")
