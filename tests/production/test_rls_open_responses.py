"""Open responses on PostgreSQL, where row-level security hides what is of another tenant and connections are few."""

from __future__ import annotations

import time

import pytest
from django.core.files.base import ContentFile

from knowledge.library import uploads
from knowledge.library.collections import create_collection
from portal.http.connections import AbortableProtocol
from portal.http.request_threads import Handler
from tenants.api_keys import api_keys
from tenants.isolation.scope import in_tenant
from tenants.requests import open_responses
from tenants.requests.credentials import Credential, Ended, ended_among
from tests.servers.open_connection import OpenConnection
from tests.servers.portal_database import make_company
from tests.servers.portal_server import serving

pytestmark = pytest.mark.service
POOL = 6  # connections of this process, as tests/servers/portal_database.py sets them
LARGE = 24 * 1024 * 1024  # bytes: more than every buffer on the way holds


@pytest.fixture
def companies(as_app):
    return make_company(0), make_company(0)


@pytest.fixture
def portal(companies, settings):
    settings.ALLOWED_HOSTS = ["*"]
    with serving(Handler(), http=AbortableProtocol) as address:
        yield address


def key_of(company):
    with in_tenant(company.tenant):
        return api_keys.create_api_key(company.member, name="test", scopes=["read", "audit"])


def test_row_level_security_lets_a_look_see_the_keys_of_every_company_with_something_open(companies):
    held = [Credential.of_key(key_of(company)[0], company.member, "read") for company in companies]
    assert ended_among(held) == {}
    with in_tenant(companies[1].tenant):
        api_keys.revoke_api_key(held[1].member.api_keys.for_tenant(companies[1].tenant).get(), by=companies[1].member)
    assert ended_among(held) == {held[1]: Ended.KEY_REVOKED}


def test_more_slow_readers_than_connections_hold_none_and_are_ended(companies, portal, monkeypatch):
    monkeypatch.setattr(open_responses, "CHECK_INTERVAL_SECONDS", 0.1)
    company = companies[0]
    with in_tenant(company.tenant):
        shelf = create_collection(company.member, "Large")
        large = uploads.upload(company.member, shelf, ContentFile(b"x" * LARGE), filename="large.txt").document
    key, secret = key_of(company)
    _, other = key_of(company)
    base = f"{portal}/t/{company.tenant.slug}/api/v1"
    readers = [
        OpenConnection(
            f"{base}/documents/{large.pk}/file/", headers={"Authorization": f"Bearer {secret}"}, receive_buffer=4096
        )
        for _ in range(POOL * 2)
    ]
    assert {each.status for each in readers} == {200}
    began = time.monotonic()
    assert OpenConnection(f"{base}/me/", headers={"Authorization": f"Bearer {other}"}).status == 200
    assert time.monotonic() - began < 2
    with in_tenant(company.tenant):
        api_keys.revoke_api_key(key, by=company.member)
    until = time.monotonic() + 3
    assert all(each.gone_within(max(0, until - time.monotonic())) for each in readers)
