"""What the pages promise about privacy, deletion and visibility, each beside what the code does."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from answers.conversations import conversations, feedback
from answers.models import Answer, Conversation, State
from answers.persistence import save_answer
from answers.question.question_input import AskRequest
from audit.models import AuditEvent
from knowledge.erasure import deletion
from tenants.isolation.scope import in_tenant
from tenants.members import members
from tests.conftest import PASSWORD

QUESTION = "May I see my own personnel file?"


def words(response) -> str:
    """The page as a person reads it."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


@pytest.fixture
def asked(alice):
    """An answer of Alice's, as asking makes it."""
    begun = save_answer.begin(alice, AskRequest(QUESTION))
    Answer.objects.for_tenant(alice.tenant).filter(pk=begun.answer.pk).update(state=State.ANSWERED)
    return Answer.objects.for_tenant(alice.tenant).select_related("conversation").get(pk=begun.answer.pk)


def trail(sign_in, cora, action: str) -> str:
    """The newest event of that action, as the compliance officer reads it."""
    event = AuditEvent.objects.filter(tenant_id=cora.tenant_id, action=action).order_by("-pk").first()
    return words(sign_in(cora).get(reverse("audit:event", args=["acme", event.pk])))


def test_compliance_officers_see_questions_and_the_pages_say_so(sign_in, alice, cora, asked):
    assert QUESTION in trail(sign_in, cora, "question:asked")
    client = sign_in(alice)
    for page in ("/t/acme/", "/t/acme/conversations/"):
        said = words(client.get(page))
        assert "Compliance officers and owners see your questions in the audit trail" in said
        assert "for you alone" not in said


def test_nobody_else_opens_a_conversation(sign_in, cora, adam, olga, asked):
    for member in (cora, adam, olga):
        assert sign_in(member).get(f"/t/acme/conversations/{asked.conversation_id}/").status_code == 404


def test_a_removed_conversation_stays_on_the_trail_and_the_page_says_so(sign_in, alice, cora, asked):
    said = words(sign_in(alice).get(f"/t/acme/conversations/{asked.conversation_id}/remove/"))
    assert "what you asked stays in the audit trail" in said
    with in_tenant(alice.tenant):
        conversations.remove(asked.conversation, by=alice)
    assert not Answer.objects.for_tenant(alice.tenant).exists()
    assert QUESTION in trail(sign_in, cora, "question:asked")


def test_the_words_of_a_rating_are_on_the_trail_and_the_form_says_so(sign_in, alice, cora, asked):
    with in_tenant(alice.tenant):
        feedback.rate(alice, asked.pk, "helpful", comment="Ask Petra instead")
    assert "Ask Petra instead" in trail(sign_in, cora, "answer:rated")
    page = words(sign_in(alice).get(f"/t/acme/conversations/{asked.conversation_id}/"))
    assert "Compliance officers and owners can read this in the audit trail" in page


def test_an_erased_document_leaves_its_title_on_the_trail_and_the_page_says_so(sign_in, erin, upload, cora):
    document = upload("gift-list.md", "# Gift list\n\nGifts up to 40 euros may be kept.")
    with in_tenant(erin.tenant):
        deletion.put_in_trash(erin, document)
    client = sign_in(erin)
    for page in ("/t/acme/documents/trash/", f"/t/acme/documents/trash/{document.pk}/erase/"):
        said = words(client.get(page))
        assert "ackups made before still contain" in said
        assert "title" in said
    with in_tenant(erin.tenant):
        deletion.erase_now(erin, document.pk)
    deletion.erase_overdue(erin.tenant)
    assert document.title in trail(sign_in, cora, "document:erased")


def test_whoever_has_an_invitation_joins_and_the_words_say_so(sign_in, olga, client):
    said = words(sign_in(olga).post("/t/acme/people/", {"email": "new@acme.example", "role": "member"}, follow=True))
    assert "anyone who opens it joins with this address" in said
    assert "only to them: anyone" in said
    link = re.search(r"http://testserver(/invitation/[^\s\"<]+)", said)[1]
    joined = client.post(link, {"name": "Anybody", "password": PASSWORD})
    assert joined.status_code == 302


def test_a_leaver_s_conversations_stay_and_are_theirs_again(sign_in, adam, alice, asked):
    said = words(sign_in(adam).get(f"/t/acme/people/{alice.pk}/removal/"))
    assert "Nobody can open their conversations; they get them back" in said
    members.end_membership(alice, by=adam)
    assert Conversation.objects.for_tenant(alice.tenant).filter(pk=asked.conversation_id).exists()
    again = members.add_member(alice.tenant, email=alice.user.email, by=adam)
    assert sign_in(again).get(f"/t/acme/conversations/{asked.conversation_id}/").status_code == 200


def test_keys_outlive_a_new_password_and_the_page_says_so(alice, bearer, client):
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    from tenants.signin import passwords

    header = bearer(alice, "read")
    token = passwords.tokens.make_token(alice.user)
    page = client.get(reverse("password-reset", args=[urlsafe_base64_encode(force_bytes(alice.user.pk)), token]))
    assert "Your API keys keep working until you revoke them." in words(page)
    passwords.set_password(alice.user, "another-long-password", how="person")
    assert client.get("/t/acme/api/v1/me/", headers=header).status_code == 200


def test_no_mail_is_promised_where_none_is_sent(client, alice, settings):
    settings.EMAIL_HOST = ""
    said = words(Client().post("/password/forgotten/", {"email": alice.user.email}))
    assert "on its way" not in said
    assert "This portal does not send e-mail" in said
