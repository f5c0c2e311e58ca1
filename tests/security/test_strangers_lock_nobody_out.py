"""Strangers who use up the tries of an account do not keep its owner out, and learn nothing by being refused."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tenants.mail.mail import link_of
from tenants.models import OutboxMail
from tenants.requests import rate_limits
from tenants.signin import known_browser, passwords
from tests.conftest import PASSWORD
from tests.security.steps import steps_of

pytestmark = pytest.mark.django_db
BASE = "http://testserver"
NEW = "another-long-password"
COOKIE = known_browser.COOKIE


@pytest.fixture(autouse=True)
def _nobody_has_tried_anything_yet():
    cache.clear()
    yield
    cache.clear()


def enter(browser: Client, member, password: str = PASSWORD):
    email = member if isinstance(member, str) else member.user.email
    return browser.post(reverse("sign-in"), {"email": email, "password": password})


def ask_for_link(browser: Client, member) -> int:
    email = member if isinstance(member, str) else member.user.email
    return browser.post(reverse("password-forgotten"), {"email": email}).status_code


def browser_of(member) -> Client:
    """In which the member has signed in and out."""
    browser = Client(REMOTE_ADDR="198.51.100.7")
    assert enter(browser, member).status_code == 302
    browser.post(reverse("sign-out"))
    return browser


def with_cookie_of(browser: Client) -> Client:
    thief = Client(REMOTE_ADDR="203.0.113.99")
    thief.cookies[COOKIE] = browser.cookies[COOKIE].value
    return thief


@pytest.fixture
def use_up():
    """Strangers at several addresses try passwords for an account until it takes no more."""

    def tries(email: str) -> None:
        for number in range(rate_limits.SIGN_IN_TO_ACCOUNT.times + 1):
            rate_limits.count(rate_limits.SIGN_IN_TO_ACCOUNT, email)
            rate_limits.count(rate_limits.RESET_FOR_ACCOUNT, email)
            rate_limits.count(rate_limits.SIGN_IN_FROM_ADDRESS, f"203.0.113.{number}")

    return tries


def test_strangers_at_a_few_addresses_use_up_an_account_and_its_owner_signs_in_all_the_same(alice, monkeypatch):
    monkeypatch.setattr(rate_limits, "SIGN_IN_TO_ACCOUNT", rate_limits.Limit("sign-in-to", 6, 60 * 60))
    usual = browser_of(alice)
    strangers = [Client(REMOTE_ADDR=f"203.0.113.{number}") for number in range(3)]
    codes = [enter(stranger, alice, "wrong wrong wrong").status_code for stranger in strangers * 3]
    assert codes == [400] * 6 + [429] * 3
    assert enter(usual, alice).status_code == 302
    assert enter(Client(REMOTE_ADDR="198.51.100.8"), alice).status_code == 429, "a browser that nobody knows"


def test_a_stranger_in_the_same_office_does_not_keep_the_owner_out(alice, bob):
    usual = browser_of(alice)
    for _ in range(rate_limits.SIGN_IN_FROM_ADDRESS.times + 1):
        rate_limits.count(rate_limits.SIGN_IN_FROM_ADDRESS, "198.51.100.7")
    assert enter(Client(REMOTE_ADDR="198.51.100.7"), bob).status_code == 429
    assert enter(usual, alice).status_code == 302


def test_the_refusal_says_what_to_do(alice, use_up):
    use_up(alice.user.email)
    for address in ("sign-in", "password-forgotten"):
        refused = Client().post(reverse(address), {"email": alice.user.email, "password": PASSWORD})
        page = refused.content.decode()
        assert refused.status_code == 429
        assert "Try again in" in page
        assert "use a browser in which you have signed in before" in page
        assert "ask an admin of your company for a link" in page


def test_a_stolen_cookie_gives_a_few_tries_and_not_those_of_the_account(alice):
    usual = browser_of(alice)
    thief = with_cookie_of(usual)
    codes = [enter(thief, alice, "wrong wrong wrong").status_code for _ in range(12)]
    assert codes == [400] * 10 + [429] * 2
    assert enter(usual, alice).status_code == 429, "the copy and the original are one browser"
    assert enter(Client(), alice).status_code == 302, "the tries of others are not used up"


def test_signing_in_again_gives_a_stolen_cookie_no_further_tries(alice):
    usual = browser_of(alice)
    thief = with_cookie_of(usual)
    for _ in range(9):
        enter(thief, alice, "wrong wrong wrong")
    assert enter(usual, alice).status_code == 302
    assert enter(with_cookie_of(usual), alice, "wrong wrong wrong").status_code == 400
    assert enter(with_cookie_of(usual), alice, "wrong wrong wrong").status_code == 429


def test_the_cookie_of_one_account_is_worth_nothing_for_another(alice, bob, use_up):
    browser = browser_of(bob)
    use_up(alice.user.email)
    assert enter(browser, alice).status_code == 429
    assert ask_for_link(browser, alice) == 429


@pytest.mark.parametrize(
    "change", [lambda value: value[:-1] + "A_"[value[-1] == "A"], lambda value: "a" + value[1:], lambda _: "x" * 9000]
)
def test_a_cookie_that_was_changed_is_worth_nothing(alice, use_up, change):
    browser = browser_of(alice)
    browser.cookies[COOKIE] = change(browser.cookies[COOKIE].value)
    use_up(alice.user.email)
    assert enter(browser, alice).status_code == 429


def test_the_cookie_ends_with_a_change_of_password(alice, use_up):
    usual = browser_of(alice)
    passwords.set_password(alice.user, NEW, how="operator")
    use_up(alice.user.email)
    assert enter(usual, alice, NEW).status_code == 429


def test_the_cookie_ends_after_half_a_year(alice, use_up, monkeypatch):
    usual = browser_of(alice)
    use_up(alice.user.email)
    monkeypatch.setattr(known_browser, "LIFETIME", -known_browser.LIFETIME)
    assert enter(usual, alice).status_code == 429


def test_the_browser_in_which_the_password_was_changed_stays_known(alice, use_up):
    for address in (reverse("account"), reverse("tenants:settings", args=["acme"])):
        browser = Client()
        enter(browser, alice)
        former, new = (PASSWORD, NEW) if address == reverse("account") else (NEW, PASSWORD)
        if former == NEW:
            enter(browser, alice, NEW)
        done = browser.post(address, {"part": "password", "current": former, "password": new})
        assert done.status_code == 302
        assert done.cookies[COOKIE].value
        browser.post(reverse("sign-out"))
    use_up(alice.user.email)
    assert enter(browser, alice, PASSWORD).status_code == 302


def test_a_link_from_an_admin_helps_while_strangers_use_up_the_account(alice, adam, use_up):
    use_up(alice.user.email)
    path = link_of(passwords.make_link_for(alice, by=adam, base=BASE)).removeprefix(BASE)
    browser = Client()
    assert browser.post(path, {"password": NEW}).status_code == 302
    assert enter(browser, alice, NEW).status_code == 302


def test_a_browser_that_several_people_use_knows_each_of_them(alice, bob, erin, use_up):
    browser = browser_of(alice)
    for member in (bob, erin):
        assert enter(browser, member).status_code == 302
        browser.post(reverse("sign-out"))
    for member in (alice, bob, erin):
        use_up(member.user.email)
        assert enter(browser, member).status_code == 302
        browser.post(reverse("sign-out"))


def test_the_cookie_names_nobody_and_no_script_reads_it(alice, settings):
    settings.SECURE_COOKIES = True
    cookie = browser_of(alice).cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert alice.user.email not in cookie.value
    assert alice.user.pk.hex not in cookie.value.replace("-", "")
    assert not Client().get(reverse("sign-in")).cookies.get(COOKIE), "only for somebody who has signed in"


def test_over_http_the_cookie_is_sent_and_over_https_it_is_secure(alice):
    assert not browser_of(alice).cookies[COOKIE]["secure"]
    browser = Client()
    browser.post(reverse("sign-in"), {"email": alice.user.email, "password": PASSWORD}, secure=True)
    assert browser.cookies[COOKIE]["secure"]


def test_a_failed_sign_in_sets_no_cookie(alice):
    browser = Client()
    enter(browser, alice, "wrong wrong wrong")
    assert COOKIE not in browser.cookies


# Links for a new password


def test_strangers_do_not_use_up_the_reset_mails_of_a_known_browser(alice):
    usual = browser_of(alice)
    stranger = Client(REMOTE_ADDR="203.0.113.1")
    assert [ask_for_link(stranger, alice) for _ in range(6)] == [200] * 5 + [429]
    before = OutboxMail.objects.count()
    assert [ask_for_link(usual, alice) for _ in range(4)] == [200] * 3 + [429]
    assert OutboxMail.objects.count() == before + 3


def refused_page(browser: Client, path: str, email: str) -> str:
    response = browser.post(path, {"email": email, "password": PASSWORD})
    assert response.status_code == 429
    return re.sub(r"[0-9a-f]{32}", "", response.content.decode())


@pytest.mark.parametrize("path", ["/password/forgotten/", "/sign-in/"])
@pytest.mark.parametrize("has_cookie", [False, True])
def test_a_refusal_does_not_tell_whether_the_account_exists(alice, bob, use_up, path, has_cookie):
    browser = browser_of(bob) if has_cookie else Client()
    for email in (alice.user.email, "nobody@acme.example"):
        use_up(email)
        refused_page(browser, path, email)

    known = steps_of(lambda: refused_page(browser, path, alice.user.email))
    unknown = steps_of(lambda: refused_page(browser, path, "nobody@acme.example"))

    assert known.error is unknown.error is None
    assert known.result == unknown.result
    assert known.queries == unknown.queries
    assert known.lines == unknown.lines


# One's own password, asked again


def test_somebody_with_another_session_does_not_use_up_the_tries_at_the_current_password(alice, sign_in):
    thief, owner = sign_in(alice), sign_in(alice)
    wrong = {"part": "password", "current": "guess guess", "password": NEW}
    assert [thief.post(reverse("account"), wrong).status_code for _ in range(11)] == [400] * 10 + [429]
    assert owner.post(reverse("account"), wrong | {"current": PASSWORD}).status_code == 302
