"""A database that does not answer: people are told so, in words, and nothing breaks."""

from __future__ import annotations

import socket

import pytest
from django.test import Client

from tests.servers.portal_database import django_on


@pytest.fixture
def nobody_answers(django_db_blocker, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("DATABASE_POOL_TIMEOUT", "1")
        address = f"postgresql://portal_app:x@127.0.0.1:{taken.getsockname()[1]}/portal"
        with django_on(address, django_db_blocker, monkeypatch):
            yield


@pytest.mark.parametrize("path", ["/", "/t/acme/", "/t/acme/api/v1/me/"])
def test_every_door_says_that_it_is_away(nobody_answers, settings, path):
    client = Client(raise_request_exception=False, headers={"Authorization": "Bearer kp_x"})
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    answer = client.get(path)
    assert answer.status_code == 503
    assert "The database does not answer" in answer.content.decode()
