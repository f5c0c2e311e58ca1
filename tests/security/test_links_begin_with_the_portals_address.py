"""A link that somebody else will open does not follow what the client wrote into `Host`."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse

from tenants.mail.mail import link_of
from tenants.models import OutboxMail

pytestmark = pytest.mark.django_db


def reset_link(client, member, host: str, **meta) -> str:
    cache.clear()  # tries are limited
    response = client.post(reverse("password-forgotten"), {"email": member.user.email}, headers={"host": host}, **meta)
    assert response.status_code == 200, response.content
    return link_of(OutboxMail.objects.first())


@pytest.mark.parametrize(
    ("host", "served_on", "base"),
    [
        ("localhost:8000", "8000", "http://localhost:8000"),
        ("localhost:6666", "8000", "http://localhost:8000"),
        ("127.0.0.1:6666", "8000", "http://127.0.0.1:8000"),
        ("localhost", "8000", "http://localhost:8000"),
        ("portal.acme.example", "8000", "http://portal.acme.example"),
        ("portal.acme.example:6666", "8000", "http://portal.acme.example:8000"),
        ("PORTAL.acme.example:8443", "8000", "http://portal.acme.example:8443"),
    ],
)
def test_a_reset_mail_has_the_servers_port_whatever_the_client_says(client, alice, settings, host, served_on, base):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "portal.acme.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["http://portal.acme.example:8443"]
    assert reset_link(client, alice, host, SERVER_PORT=served_on).startswith(f"{base}/password/")


@pytest.mark.parametrize("allowed", ["*", ".acme.example"])
def test_a_name_that_only_a_pattern_allows_is_not_written_into_mails(client, alice, settings, allowed):
    settings.ALLOWED_HOSTS = [allowed, "portal.acme.example"]
    assert reset_link(client, alice, "evil.acme.example").startswith("http://portal.acme.example/password/")


def test_without_a_name_of_its_own_the_portal_makes_no_link_and_says_what_to_set(client, alice, settings):
    settings.ALLOWED_HOSTS = ["*", "localhost"]
    response = client.post(reverse("password-forgotten"), {"email": alice.user.email}, headers={"host": "evil.example"})
    assert response.status_code == 503
    assert "PORTAL_URL" in response.content.decode()
    assert not OutboxMail.objects.exists()


def test_invitations_and_password_links_follow_the_same_rule(sign_in, adam, alice, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    client, server = sign_in(adam), {"SERVER_PORT": "8000", "headers": {"host": "localhost:6666"}}
    client.post(reverse("tenants:people", args=["acme"]), {"email": "n@acme.example", "role": "member"}, **server)
    client.post(reverse("tenants:password-link", args=["acme", alice.pk]), **server)
    links = [link_of(mail) for mail in OutboxMail.objects.all()]
    assert len(links) == 2
    assert all(link.startswith("http://localhost:8000/") for link in links)
