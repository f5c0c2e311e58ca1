"""What an API key or a session has opened ends within moments of its end, whatever it is and however slowly it is read."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.utils import timezone

from answers.events import Asked, Done, Token
from answers.live import runner
from answers.models import Answer, AnswerEvent, Conversation
from audit.trail import export as exporting
from knowledge.library import uploads
from knowledge.permissions import grants
from portal.http.connections import AbortableProtocol
from portal.http.request_threads import Handler
from tenants.api_keys import api_keys
from tenants.members import members
from tenants.models import ApiKey
from tenants.requests import open_responses
from tenants.requests.credentials import Credential, Ended, ended_among
from tenants.signin import passwords
from tests.servers.open_connection import OpenConnection
from tests.servers.portal_server import serving

SOON = 1.5  # seconds; a look every 0.1 s in these tests, and a machine that is busy
LARGE = 24 * 1024 * 1024  # bytes: more than every buffer on the way holds


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(open_responses, "CHECK_INTERVAL_SECONDS", 0.1)
    monkeypatch.setattr(open_responses, "UNCHECKED_SECONDS", 0.0)


@pytest.fixture
def portal(transactional_db):
    with serving(Handler(), http=AbortableProtocol) as address:
        yield address


@pytest.fixture
def reader(shelf, erin, cora):
    """Cora, who reads the trail by her role and the shelf by a grant: she may open everything that is streamed."""
    grants.give(shelf, "read", cora, by=erin)
    return cora


@pytest.fixture
def answers_without_end(monkeypatch):
    """Questions are answered word by word for as long as anybody follows, or until the answer is stopped."""

    async def ask(member, asking, *, stop):
        yield Asked(str(asking.answer_id), str(asking.answer_id), asking.question)
        while stop.why is None:
            yield Token("word ")
            await asyncio.sleep(0.02)
        yield Done("stopped", "quotes", False, 0.0, (), str(stop.why), "", 0.0)

    monkeypatch.setattr(runner, "ask", ask)


@pytest.fixture
def exports_without_end(monkeypatch):
    block = exporting._block

    def again(member, filters, *, after, until):
        time.sleep(0.02)
        return block(member, filters, after=0, until=until)

    monkeypatch.setattr(exporting, "_block", again)


@pytest.fixture
def original(transactional_db, shelf, erin):
    return uploads.upload(erin, shelf, ContentFile(b"x" * LARGE), filename="large.txt").document


@pytest.fixture
def running_answer(transactional_db):
    """One that another process is writing, as far as this one can tell."""

    def of(member) -> Answer:
        conversation = Conversation.objects.create(tenant=member.tenant, member=member)
        later = timezone.now() + timedelta(minutes=5)
        answer = Answer.objects.create(
            tenant=member.tenant, conversation=conversation, question="?", heartbeat_at=later, deadline=later
        )
        asked = {"answer_id": str(answer.pk), "conversation_id": str(conversation.pk), "question": "?"}
        AnswerEvent.objects.create(tenant=member.tenant, answer=answer, number=1, kind="asked", data=asked)
        return answer

    return of


class Key:
    def __init__(self, member, portal: str) -> None:
        self.key, secret = api_keys.create_api_key(member, name="test", scopes=["read", "ask", "write", "audit"])
        self.member, self.base = member, f"{portal}/t/{member.tenant.slug}/api/v1"
        self.headers = {"Authorization": f"Bearer {secret}"}

    def opens(self, method: str, path: str, data: dict | None = None, **options) -> OpenConnection:
        body = json.dumps(data).encode() if data else b""
        headers = self.headers | {"Content-Type": "application/json"}
        return OpenConnection(f"{self.base}/{path}", method=method, headers=headers, body=body, **options)

    def streams(self, answer, document) -> dict[str, OpenConnection]:
        return {
            "answer": self.opens("POST", "ask/", {"question": "What is said?", "stream": True}),
            "events": self.opens("GET", f"answers/{answer.pk}/events/"),
            "export": self.opens("GET", "audit/export/"),
            "original": self.opens("GET", f"documents/{document.pk}/file/", receive_buffer=4096),
        }


class Browser:
    def __init__(self, member, portal: str) -> None:
        from django.test import Client

        self.client = Client()
        self.client.force_login(member.user, backend="tenants.signin.backend.EmailBackend")
        self.client.get(f"/t/{member.tenant.slug}/account/")
        self.member, self.base = member, f"{portal}/t/{member.tenant.slug}"
        self.session_key = self.client.session.session_key
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self.client.cookies.items())
        self.headers = {"Cookie": f"{cookies}; portal_csrf={'t' * 32}", "X-CSRFToken": "t" * 32}

    def opens(self, method: str, path: str, form: str = "", **options) -> OpenConnection:
        headers = self.headers | {"Content-Type": "application/x-www-form-urlencoded"}
        return OpenConnection(f"{self.base}/{path}", method=method, headers=headers, body=form.encode(), **options)

    def streams(self, answer, document) -> dict[str, OpenConnection]:
        return {
            "events": self.opens("GET", f"answers/{answer.pk}/events/"),
            "export": self.opens("POST", "audit/export/", "format=csv"),
            "original": self.opens("GET", f"documents/{document.pk}/original/", receive_buffer=4096),
        }


def revoke(key: Key, by):
    api_keys.revoke_api_key(key.key, by=key.member)


def expire(key: Key, by):
    ApiKey.objects.for_tenant(key.member.tenant).filter(pk=key.key.pk).update(expires_at=timezone.now())


def sign_out(browser: Browser, by):
    browser.client.post("/sign-out/")


def change_password(browser: Browser, by):
    passwords.set_password(browser.member.user, "another-long-password", how="person")


def deactivate(way, by):
    members.end_membership(way.member, by=by)


def lower_role(way, by):
    members.change_role(way.member, "member", by=by)


ALL = {"answer", "events", "export", "original"}
ENDINGS = [
    (Key, revoke, ALL),
    (Key, expire, ALL),
    (Key, deactivate, ALL),
    (Key, lower_role, {"export"}),
    (Browser, sign_out, ALL),
    (Browser, change_password, ALL),
    (Browser, deactivate, ALL),
    (Browser, lower_role, {"export"}),
]


@pytest.mark.parametrize(
    ("way", "end", "ends"), ENDINGS, ids=[f"{way.__name__}-{end.__name__}" for way, end, _ in ENDINGS]
)
def test_everything_that_was_opened_with_it_ends_and_nothing_else(
    portal, reader, olga, original, running_answer, answers_without_end, exports_without_end, way, end, ends
):
    answer = running_answer(reader)
    theirs, others = way(reader, portal), Key(olga, portal)
    opened = theirs.streams(answer, original)
    other = others.opens("GET", "audit/export/")
    assert {name: each.status for name, each in opened.items()} == dict.fromkeys(opened, 200)
    assert other.status == 200
    time.sleep(0.5)
    assert all(each.is_open() for each in opened.values())
    end(theirs, olga)
    began = time.monotonic()
    gone = {name for name, each in opened.items() if each.gone_within(max(0.0, began + SOON - time.monotonic()))}
    assert gone == ends & opened.keys()
    assert other.is_open()
    for each in (*opened.values(), other):
        each.close()


def test_an_export_that_was_cut_off_does_not_look_complete(portal, reader, exports_without_end):
    program = Key(reader, portal)
    export = program.opens("GET", "audit/export/")
    assert b"transfer-encoding: chunked" in export.until(b"\r\n\r\n").lower()
    revoke(program, reader)
    assert export.gone_within(SOON)
    assert not export.rest().endswith(b"0\r\n\r\n")


def test_of_two_sessions_of_one_person_only_the_one_that_was_signed_out_ends(portal, reader, exports_without_end):
    office, home = Browser(reader, portal), Browser(reader, portal)
    here, there = (each.opens("POST", "audit/export/", "format=csv") for each in (office, home))
    assert (here.status, there.status) == (200, 200)
    sign_out(office, reader)
    assert here.gone_within(SOON)
    assert not there.gone_within(0.5)


def test_of_two_keys_of_one_person_only_the_revoked_one_ends(portal, reader, exports_without_end):
    one, two = Key(reader, portal), Key(reader, portal)
    revoked, kept = one.opens("GET", "audit/export/"), two.opens("GET", "audit/export/")
    assert (revoked.status, kept.status) == (200, 200)
    revoke(one, reader)
    assert revoked.gone_within(SOON)
    assert not kept.gone_within(0.5)


def test_what_another_server_sends_ends_too(portal, reader, exports_without_end):
    with serving(Handler(), http=AbortableProtocol) as second:
        program = Key(reader, portal)
        elsewhere = OpenConnection(f"{second}/t/acme/api/v1/audit/export/", headers=program.headers)
        here = program.opens("GET", "audit/export/")
        assert (here.status, elsewhere.status) == (200, 200)
        revoke(program, reader)
        assert here.gone_within(SOON)
        assert elsewhere.gone_within(SOON)


def test_a_reader_who_stands_still_gets_no_more_than_their_own_machine_has_taken(portal, reader, original):
    """Everything that uvicorn and the kernel had ready for them is thrown away, not sent."""
    program = Key(reader, portal)
    download = program.opens("GET", f"documents/{original.pk}/file/", receive_buffer=4096)
    assert download.status == 200
    time.sleep(0.5)  # the kernel's buffer and uvicorn's are full by now
    revoke(program, reader)
    assert download.gone_within(SOON)
    assert len(download.rest()) < 64 * 1024


def test_a_long_answer_that_is_returned_as_a_whole_is_not_returned_to_a_revoked_key(portal, reader, monkeypatch):
    monkeypatch.setattr(open_responses, "RECHECK_AFTER_SECONDS", 0.2)
    secret_words = "The takeover is on Friday."

    async def ask(member, asking, *, stop):
        yield Asked(str(asking.answer_id), str(asking.answer_id), asking.question)
        await asyncio.sleep(0.8)
        yield Token(secret_words)
        yield Done("answered", "quotes", False, 1.0, (), "", "", 0.8)

    monkeypatch.setattr(runner, "ask", ask)
    monkeypatch.setattr("answers.api.ask._whole", lambda *_: {"answer": secret_words})
    program = Key(reader, portal)
    asked = program.opens("POST", "ask/", {"question": "When is it?"})
    time.sleep(0.3)
    revoke(program, reader)
    assert asked.status == 401
    assert b"credential_ended" in asked.until(b"}")
    assert secret_words.encode() not in asked.read
    again = Key(reader, portal).opens("POST", "ask/", {"question": "When is it?"})
    assert again.status == 200


def test_an_answer_is_written_on_for_its_member_when_only_the_key_has_ended(portal, reader, answers_without_end):
    program = Key(reader, portal)
    stream = program.opens("POST", "ask/", {"question": "What is said?", "stream": True})
    stream.until(b"event: token")
    revoke(program, reader)
    assert stream.gone_within(SOON)
    (run,) = [run for run in runner._runs.values() if run.member.pk == reader.pk]
    written = len(run.events)
    time.sleep(0.2)
    assert run.stop.why is None
    assert len(run.events) > written
    run.loop.call_soon_threadsafe(run.stop.ask, runner.Why.READER)


def test_an_answer_of_a_member_who_has_left_is_not_written_on(portal, reader, olga, answers_without_end):
    program = Key(reader, portal)
    stream = program.opens("POST", "ask/", {"question": "What is said?", "stream": True})
    stream.until(b"event: token")
    (run,) = [run for run in runner._runs.values() if run.member.pk == reader.pk]
    deactivate(program, olga)
    assert stream.gone_within(SOON)
    until = time.monotonic() + SOON
    while run.stop.why is None and time.monotonic() < until:
        time.sleep(0.02)
    assert run.stop.why == runner.Why.RIGHTS


def test_each_piece_of_an_upload_is_checked_one_that_was_on_its_way_too(portal, shelf, erin):
    from knowledge.models import PartialUpload

    program = Key(erin, portal)
    begun = program.opens("POST", "uploads/", {"collection": str(shelf.pk), "filename": "a.txt", "size": 8})
    assert begun.status == 201
    (upload,) = PartialUpload.objects.for_tenant(erin.tenant)
    address = f"{program.base}/uploads/{upload.pk}/pieces"
    headers = program.headers | {"Content-Type": "application/octet-stream"}
    first = OpenConnection(f"{address}/0/", method="PUT", headers=headers, body=b"1234")
    assert first.status == 200
    on_its_way = OpenConnection(f"{address}/4/", method="PUT", headers=headers, body=b"56", body_size=4)
    revoke(program, erin)
    on_its_way.socket.sendall(b"78")
    assert on_its_way.status == 401
    upload.refresh_from_db()
    assert (upload.received, len(upload.pieces)) == (4, 1)


def test_while_the_database_cannot_say_responses_go_on_for_a_while_and_then_end(
    portal, reader, exports_without_end, monkeypatch
):
    def away(credentials):
        raise OperationalError("the database is away")

    monkeypatch.setattr(open_responses, "MAX_UNVERIFIED_SECONDS", 1.0)
    export = Key(reader, portal).opens("GET", "audit/export/")
    assert export.status == 200
    monkeypatch.setattr(open_responses, "ended_among", away)
    assert not export.gone_within(0.6)
    assert export.gone_within(SOON)


def test_what_took_long_is_not_sent_when_the_database_cannot_say(portal, reader, monkeypatch):
    def away(credentials):
        raise OperationalError("the database is away")

    monkeypatch.setattr(open_responses, "RECHECK_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(open_responses, "ended_among", away)
    assert Key(reader, portal).opens("GET", "me/").status == 503


def test_while_nothing_is_open_nothing_is_asked(portal, reader, exports_without_end, monkeypatch):
    looks = []
    monkeypatch.setattr(
        open_responses, "ended_among", lambda credentials: looks.append(len(credentials)) or ended_among(credentials)
    )
    monkeypatch.setattr(open_responses, "UNCHECKED_SECONDS", 0.5)
    program = Key(reader, portal)
    for _ in range(3):
        assert program.opens("GET", "me/").status == 200
    export = program.opens("GET", "audit/export/")
    assert export.status == 200
    until = time.monotonic() + 3
    while not looks and time.monotonic() < until:
        time.sleep(0.05)
    assert set(looks) == {1}  # of the short ones none was looked at
    export.close()
    while not open_responses.is_idle() and time.monotonic() < until:
        time.sleep(0.05)
    assert open_responses.is_idle()
    asked = len(looks)
    time.sleep(0.3)
    assert len(looks) == asked


def test_a_look_is_one_query_for_each_company_and_one_for_all_sessions(
    acme, globex, cora, alice, bob, mallory, sign_in, django_assert_num_queries
):
    def of(member) -> Credential:
        session = sign_in(member).session
        return Credential(member, session_key=session.session_key, session_hash=session["_auth_user_hash"])

    key, _ = api_keys.create_api_key(alice, name="test", scopes=["read"])
    held = [of(each) for each in (cora, alice, alice, bob, mallory)]
    held += [Credential.of_key(key, alice, "read"), Credential.of_key(key, alice, "audit"), Credential(bob)]
    with django_assert_num_queries(3):
        ended = ended_among(held)
    assert ended == {held[6]: Ended.SCOPE_LOST}
    Session.objects.filter(pk=held[1].session_key).delete()
    passwords.set_password(mallory.user, "another-long-password", how="person")
    api_keys.revoke_api_key(key, by=alice)
    bob.user.is_active = False
    bob.user.save()
    assert ended_among(held) == {
        held[1]: Ended.SIGNED_OUT,
        held[3]: Ended.MEMBER_ENDED,
        held[4]: Ended.PASSWORD_CHANGED,
        held[5]: Ended.KEY_REVOKED,
        held[6]: Ended.KEY_REVOKED,
        held[7]: Ended.MEMBER_ENDED,
    }
    globex.is_active = False
    globex.save()
    assert ended_among(held[4:5]) == {held[4]: Ended.MEMBER_ENDED}


@pytest.mark.browser
def test_a_page_that_follows_an_answer_says_that_its_session_was_signed_out(running_answer, reader, browse):
    answer = running_answer(reader)
    page = browse(reader, f"conversations/{answer.conversation_id}/")
    page.wait_for_selector("[data-turn][data-answering]")
    Session.objects.all().delete()
    note = page.locator("[data-composer-note]")
    note.filter(has_text="You were signed out. Your question and its answer are saved.").wait_for()


def test_a_long_page_for_a_session_that_was_signed_out_becomes_the_sign_in_page(portal, reader, monkeypatch):
    monkeypatch.setattr(open_responses, "RECHECK_AFTER_SECONDS", 0.0)
    browser = Browser(reader, portal)
    assert browser.opens("GET", "documents/").status == 200
    monkeypatch.setattr(open_responses, "ended_among", lambda held: dict.fromkeys(held, Ended.SIGNED_OUT))
    page = browser.opens("GET", "documents/")
    assert page.status == 302
    assert b"location: /sign-in/?next=/t/acme/documents/" in page.read.lower()


def test_sessions_that_are_no_rows_stop_the_start(settings):
    from tenants.isolation.checks import sessions_are_rows

    assert sessions_are_rows() == []
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    assert [problem.id for problem in sessions_are_rows()] == ["tenants.E003"]
