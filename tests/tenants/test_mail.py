"""Mails: kept in the outbox without a mail server, sent by a real one where there is one."""

import socketserver
import threading

import pytest
from celery.exceptions import Retry
from django.urls import reverse

from tenants.mail.mail import link_of
from tenants.members import invitations
from tenants.models import OutboxMail
from tenants.tasks import deliver

pytestmark = pytest.mark.django_db
BASE = "http://portal.example"


class SmtpSession(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a mail needs."""

    def handle(self):
        self.reply("220 test")
        for raw in self.rfile:
            line = raw.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT" and "refused" in line:
                self.reply("550 no such person")
            elif verb == "DATA":
                self.reply("354 go on")
                self.server.mails.append(self.read_mail())
                self.reply("250 taken")
            elif verb == "QUIT":
                self.reply("221 bye")
                return
            else:
                self.reply("250 ok")

    def read_mail(self) -> str:
        lines = []
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if line == ".":
                break
            lines.append(line)
        return "\n".join(lines)

    def reply(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mail_server(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SmtpSession) as server:
        server.mails = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_USE_TLS = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield server
        server.shutdown()


def invited(adam, email="nina@acme.example") -> OutboxMail:
    invitations.invite(email, "member", by=adam, base=BASE)
    return OutboxMail.objects.get()


def test_without_a_server_a_mail_waits_with_its_link(adam):
    mail = invited(adam)
    assert mail.sent_at is None
    assert link_of(mail).startswith(f"{BASE}/invitation/")


def test_a_server_gets_the_mail_after_the_commit(adam, mail_server, django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr(deliver, "delay", lambda *mail: rung.append(mail))
    with django_capture_on_commit_callbacks(execute=True):
        mail = invited(adam)
        assert rung == []
    assert rung == [(str(mail.pk), str(mail.tenant_id))]


def test_the_mail_holds_the_link_and_the_outbox_then_forgets_it(adam, mail_server):
    mail = invited(adam)
    link = link_of(mail)
    deliver.apply(args=[str(mail.pk), str(mail.tenant_id)], throw=True)
    assert link in mail_server.mails[0].replace("=\n", "")
    assert "To: nina@acme.example" in mail_server.mails[0]
    mail.refresh_from_db()
    assert mail.sent_at
    assert link_of(mail) == ""


def test_a_mail_is_sent_once(adam, mail_server):
    mail = invited(adam)
    for _ in range(2):
        deliver.apply(args=[str(mail.pk), str(mail.tenant_id)], throw=True)
    assert len(mail_server.mails) == 1


def test_a_link_that_was_withdrawn_is_not_sent(adam, mail_server):
    mail = invited(adam)
    invitations.withdraw(mail.invitation, by=adam)
    deliver.apply(args=[str(mail.pk), str(mail.tenant_id)], throw=True)
    assert mail_server.mails == []


def test_a_server_that_is_away_is_tried_again_and_named_on_the_page(adam, sign_in, mail_server, monkeypatch, settings):
    settings.EMAIL_PORT = 1  # nobody listens there
    mail = invited(adam)
    asked = []
    monkeypatch.setattr(deliver, "retry", lambda **how: asked.append(how["countdown"]) or Retry())
    with pytest.raises(Retry):
        deliver.run(str(mail.pk), str(mail.tenant_id))
    assert asked == [30]
    page = sign_in(adam).get(reverse("tenants:outbox", args=["acme"])).content.decode()
    assert "The mail server could not be reached" in page
    assert "Try again" in page
    mail.refresh_from_db()
    assert link_of(mail), "the link is still there to hand over"


def test_an_address_that_is_refused_is_not_tried_again(adam, mail_server):
    mail = invited(adam, "refused@acme.example")
    deliver.apply(args=[str(mail.pk), str(mail.tenant_id)], throw=True)
    mail.refresh_from_db()
    assert mail.error == "The mail server refused this address."
