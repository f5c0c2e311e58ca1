"""What somebody gets whose session has ended, or whose request is refused: words for people, scripts and programs."""

from __future__ import annotations

import asyncio
import re

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tenants.requests import form_drafts
from tests.conftest import PASSWORD, REPOSITORY
from tests.every_address import every_address

QUESTION = "How many days of leave do I have in my first year?"


@pytest.fixture
def strict(alice):
    """A client that Django checks as it checks a browser; signed in as Alice, with a page of hers open."""
    client = Client(enforce_csrf_checks=True, headers={"referer": "http://testserver/t/acme/"})
    client.force_login(alice.user, backend="tenants.signin.backend.EmailBackend")
    return client


def fields_of(response) -> dict[str, str]:
    """The hidden fields of the page's first question box."""
    form = re.search(r"<form[^>]*data-ask>.*?</form>", response.content.decode(), re.S)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


@pytest.fixture
def sent(strict):
    """`sent(question="…")`: what the form of Alice's page gets after her session was deleted."""
    page = fields_of(strict.get("/t/acme/"))

    def send(path="/t/acme/ask/", headers=None, **values):
        Session.objects.all().delete()
        return strict.post(path, page | values, headers=headers)

    return send


def test_each_form_of_a_page_says_whose_page_it_is(sign_in, olga):
    content = sign_in(olga).get("/t/acme/people/").content.decode()
    assert content.count('name="form_user"') == content.count('name="csrfmiddlewaretoken"') > 1


def test_the_kept_text_is_encrypted_and_bound_to_its_writer(sent, alice):
    where = sent(question=QUESTION)["Location"]
    assert where.startswith("/sign-in/?next=%2Ft%2Facme%2F%3Fkept%3D")
    draft_id = re.search(r"kept%3D([^&]+)", where)[1]
    kept = cache.get(f"draft:{draft_id}")
    assert kept["user"] == str(alice.user.pk)
    assert "leave" not in str(kept)


def test_a_form_that_names_another_person_or_nobody_keeps_nothing(sent, bob):
    for forged in ("", "x", f"{bob.user.pk}:1:x", str(bob.user.pk)):
        where = sent(question=QUESTION, form_user=forged)["Location"]
        assert "kept" not in where
        assert "why=nothing" in where


def test_another_site_cannot_put_words_into_a_page(strict):
    answer = strict.post(
        "/t/acme/ask/", {"question": "Send your password to me"}, headers={"origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert "a different web address" in answer.content.decode()


def test_a_password_is_never_kept(strict, alice):
    page = fields_of(strict.get("/t/acme/"))
    Session.objects.all().delete()
    sent = page | {"part": "password", "current": PASSWORD, "password": "another-long-password"}
    where = strict.post("/account/", sent, headers={"referer": "http://testserver/account/"})["Location"]
    assert "kept" not in where


def test_somebody_else_who_signed_in_meanwhile_sends_nothing_in_the_name_of_the_first(strict, bob):
    page = fields_of(strict.get("/t/acme/"))
    Session.objects.all().delete()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', strict.get("/sign-in/").content.decode())[1]
    strict.post("/sign-in/", {"email": bob.user.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert strict.get("/t/acme/").status_code == 200
    answer = strict.post("/t/acme/ask/", page | {"question": QUESTION})
    assert answer.status_code == 403
    assert "signed in as someone else" in answer.content.decode()
    assert QUESTION not in answer.content.decode()


def test_a_script_is_told_where_to_sign_in(sent):
    answer = sent(question=QUESTION, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "Your question is saved." in answer.content.decode()
    assert answer["X-Continue-At"].startswith("/sign-in/?next=")
    assert answer["X-Draft-Kept"] == "1"
    assert "<html" not in answer.content.decode()


def test_a_program_gets_problem_details(sent):
    answer = sent(question=QUESTION, headers={"Accept": "application/json"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "signed_out"


def test_too_many_drafts_of_one_person_are_not_stored(sent, monkeypatch):
    monkeypatch.setattr(form_drafts, "DRAFTS_PER_PERSON", form_drafts.rate_limits.Limit("few-drafts", 2, 3600))
    kept = ["kept" in sent(question=QUESTION)["Location"] for _ in range(3)]
    assert kept == [True, True, False]


def test_an_old_sign_in_page_says_what_to_do(strict, client, db):
    answer = Client(enforce_csrf_checks=True).post("/sign-in/?next=/t/acme/", {"email": "a@b.example", "password": "x"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "<h1>This page is out of date</h1>" in page
    assert "open for too long" in page
    assert 'href="/sign-in/?next=/t/acme/"' in page
    assert "safety token" not in page


def fragment(client, address):
    return client.get(address, headers={"HX-Request": "true"})


def test_every_form_that_is_posted_says_whose_page_it_is():
    for path in (REPOSITORY / "templates").rglob("*.html"):
        for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.S):
            assert "{% csrf_token %}" in form, path


def test_405_has_a_page_a_fragment_and_problem_details(sign_in, alice):
    client, address = sign_in(alice), "/t/acme/ask/"
    page, part = client.get(address), fragment(client, address)
    program = client.get(address, headers={"Accept": "application/json"})
    rest = client.put("/t/acme/api/v1/search/")
    assert [answer.status_code for answer in (page, part, program, rest)] == [405] * 4
    assert {answer["Allow"] for answer in (page, part, program)} == {"POST"}
    assert "<h1>" in page.content.decode()
    assert 'class="problem-box"' in part.content.decode()
    assert "<html" not in part.content.decode()
    assert {answer["Content-Type"] for answer in (program, rest)} == {"application/problem+json"}


def test_every_bare_error_of_every_page_has_words(sign_in, alice):
    """405 for a method that no page takes, at every address of a company and before it."""
    client = sign_in(alice)
    for address in every_address():
        answer = client.delete(address.path("acme", {}))
        if answer.status_code == 405:
            assert answer.content, address.route


def test_413_has_a_page_a_fragment_and_problem_details(sign_in, alice, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user, backend="tenants.signin.backend.EmailBackend")
    page = client.post("/t/acme/ask/", {"question": "x" * 200}, content_type="application/x-www-form-urlencoded")
    assert page.status_code == 413
    assert "too large to send at once" in page.content.decode()


@pytest.mark.parametrize(
    ("path", "headers", "kind", "holds"),
    [
        ("/t/acme/ask/", [], b"text/html; charset=utf-8", b"<h1>Too large</h1>"),
        ("/t/acme/ask/", [(b"hx-request", b"true")], b"text/html; charset=utf-8", b'<div class="problem-box"'),
        ("/t/acme/api/v1/ask/", [], b"application/problem+json", b'"code": "too_large"'),
    ],
)
def test_413_before_django_has_words_too(path, headers, kind, holds):
    from portal.http.body_limit import BodyLimit

    told = []

    async def send(message):
        told.append(message)

    scope = {"type": "http", "path": path, "headers": [*headers, (b"content-length", b"9" * 12)]}
    asyncio.run(BodyLimit(None, largest=1, find_tenant=None)(scope, None, send))
    assert told[0]["status"] == 413
    assert dict(told[0]["headers"])[b"content-type"] == kind
    assert holds in told[1]["body"]


def test_a_large_piece_of_a_file_after_the_session_ended_says_where_to_sign_in():
    from portal.http.body_limit import MAX_FORM_BYTES, BodyLimit

    told = []

    async def send(message):
        told.append(message)

    async def nobody(scope, address):
        return None

    path = "/t/acme/documents/upload/pieces/0a7c1f5e-0000-4000-8000-000000000000/"
    referer = b"http://testserver/t/acme/documents/?collection=1"
    headers = [(b"hx-request", b"true"), (b"referer", referer), (b"content-length", str(MAX_FORM_BYTES + 1).encode())]
    scope = {"type": "http", "path": path, "headers": headers, "client": ("127.0.0.1", 1)}
    asyncio.run(BodyLimit(None, largest=4 * MAX_FORM_BYTES, find_tenant=nobody)(scope, None, send))
    assert told[0]["status"] == 401
    where = dict(told[0]["headers"])[b"x-continue-at"]
    assert where == b"/sign-in/?next=%2Ft%2Facme%2Fdocuments%2F%3Fcollection%3D1"
    assert b"signed out" in told[1]["body"]


@pytest.mark.parametrize("status", [413, 415, 429])
def test_a_bare_error_of_any_view_becomes_a_page_and_keeps_its_headers(rf, alice, status):
    from django.http import HttpResponse

    from portal.errors.handlers import ProblemMiddleware

    bare = HttpResponse(status=status, headers={"Retry-After": "7"})
    answer = ProblemMiddleware(lambda request: bare)(rf.get("/t/acme/"))
    assert answer.status_code == status
    assert answer["Retry-After"] == "7"
    assert "<h1>" in answer.content.decode()


def test_429_has_a_page_that_says_when_to_try_again(client, db, monkeypatch):
    from tenants.requests import rate_limits

    monkeypatch.setattr(rate_limits, "RESET_FROM_ADDRESS", rate_limits.Limit("reset-from", 0, 3600))
    answer = client.post(reverse("password-forgotten"), {"email": "a@b.example"})
    assert answer.status_code == 429
    assert "Try again in" in answer.content.decode()
    assert answer["Retry-After"]


def test_a_script_that_reads_after_the_session_ended_gets_no_page_to_swap_in(acme, client):
    answer = fragment(client, "/t/acme/documents/rows/")
    assert answer.status_code == 401
    assert "You were signed out." in answer.content.decode()
    assert "<html" not in answer.content.decode()
