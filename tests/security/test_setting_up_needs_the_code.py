"""An empty portal belongs to its operator: to somebody on the machine itself, or with the code that the start printed."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from portal.operations.processes.startup_notices import notices_for_operators
from tenants.models import SetupCode, Tenant
from tenants.signin import setup_code

pytestmark = pytest.mark.django_db
COMPANY = {
    "company": "Marlow Instruments",
    "slug": "marlow",
    "name": "Dana Whitfield",
    "email": "dana@marlow.example",
    "password": "rooms are booked in quarters",
}
HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}


@pytest.fixture(autouse=True)
def _a_portal_for_this_machine(settings):
    cache.clear()
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def set_up(form: dict | None = None, **meta):
    return Client().post(reverse("first-run"), COMPANY | (form or {}), **(HERE | meta))


def printed_code() -> str:
    (line,) = [line for line in notices_for_operators() if "setup code" in line]
    return re.search(r"\w{4}-\w{4}-\w{4}-\w{4}$", line)[0]


@pytest.mark.parametrize(
    "meta",
    [{}, {"HTTP_HOST": "127.0.0.1:8000"}, {"HTTP_HOST": "[::1]:8000", "REMOTE_ADDR": "::1"}],
    ids=["localhost", "IPv4", "IPv6"],
)
def test_on_the_machine_itself_no_code_is_asked_for(meta):
    page = Client().get(reverse("first-run"), **(HERE | meta)).content.decode()
    assert "Setup code" not in page
    assert set_up(**meta).status_code == 302
    assert Tenant.objects.get().slug == "marlow"


FROM_ELSEWHERE = {
    "another machine": {"REMOTE_ADDR": "10.0.0.7"},
    "another name": {"HTTP_HOST": "portal.acme.example"},
    "another name in a forged case": {"HTTP_HOST": "LOCALHOST.acme.example"},
    "no address": {"REMOTE_ADDR": ""},
    "X-Forwarded-For": {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    "X-Forwarded-Host": {"HTTP_X_FORWARDED_HOST": "localhost"},
    "X-Forwarded-Proto": {"HTTP_X_FORWARDED_PROTO": "http"},
    "Forwarded": {"HTTP_FORWARDED": "for=127.0.0.1"},
    "X-Real-IP": {"HTTP_X_REAL_IP": "127.0.0.1"},
    "Via": {"HTTP_VIA": "1.1 proxy"},
}


@pytest.mark.parametrize("meta", FROM_ELSEWHERE.values(), ids=FROM_ELSEWHERE)
def test_from_anywhere_else_the_code_is_needed_and_fits_once(settings, meta):
    settings.ALLOWED_HOSTS += ["portal.acme.example", "localhost.acme.example"] if "HTTP_HOST" in meta else []
    code = printed_code()
    assert "Setup code" in Client().get(reverse("first-run"), **(HERE | meta)).content.decode()
    for wrong in ({}, {"code": ""}, {"code": "aaaa-bbbb-cccc-dddd"}, {"code": code[:-1]}):
        assert set_up(wrong, **meta).status_code == 400
    assert not Tenant.objects.exists()
    assert set_up({"code": code}, **meta).status_code == 302
    assert not SetupCode.objects.exists()
    assert set_up({"code": code, "slug": "second"}, **meta).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_URL", "https://portal.acme.example"),
        ("TRUSTED_PROXIES", ["127.0.0.1"]),
        ("CSRF_TRUSTED_ORIGINS", ["https://portal.acme.example"]),
        ("ALLOWED_HOSTS", ["localhost", "portal.acme.example"]),
        ("ALLOWED_HOSTS", ["*"]),
    ],
)
def test_a_portal_that_others_are_meant_to_reach_asks_everybody(settings, name, value):
    """A proxy on the same machine may add no header, and pass on a Host that its client chose."""
    setattr(settings, name, value)
    assert set_up().status_code == 400
    assert set_up({"code": printed_code()}).status_code == 302


def test_http_1_0_is_a_proxy(rf):
    request = rf.get("/first-run/", **HERE)
    assert not setup_code.is_needed(request)
    request.scope = {"http_version": "1.0"}
    assert setup_code.is_needed(request)


def test_the_code_is_stored_as_a_digest_and_people_may_type_it_without_hyphens():
    code = printed_code()
    assert code not in str(SetupCode.objects.values().get())
    assert set_up({"code": code.replace("-", " ").upper()}, REMOTE_ADDR="10.0.0.7").status_code == 302


def test_wrong_codes_are_limited_per_address_and_lock_nobody_else_out():
    code = printed_code()
    codes = [set_up({"code": f"aaaa-{n}"}, REMOTE_ADDR="10.0.0.7").status_code for n in range(11)]
    assert codes == [400] * 10 + [429]
    assert set_up({"code": code}, REMOTE_ADDR="10.0.0.7").status_code == 429
    assert set_up({"code": code}, REMOTE_ADDR="10.0.0.8").status_code == 302


def test_each_start_prints_a_code_of_its_own_and_the_oldest_stop_working():
    codes = [setup_code.make_code() for _ in range(setup_code.MAX_VALID_CODES + 1)]
    first = SetupCode.objects.order_by("pk").first()
    SetupCode.objects.filter(pk=first.pk).update(created_at=first.created_at - timedelta(minutes=1))
    assert len(set(codes)) == setup_code.MAX_VALID_CODES + 1
    assert not setup_code.is_right(codes[0], address="10.0.0.7")
    assert setup_code.is_right(codes[-1], address="10.0.0.7")


def test_the_operator_gets_a_new_code_while_the_portal_is_empty():
    out = io.StringIO()
    call_command("setup_code", stdout=out)
    assert set_up({"code": out.getvalue().strip()}, REMOTE_ADDR="10.0.0.7").status_code == 302
    with pytest.raises(CommandError, match="has a company"):
        call_command("setup_code")
    assert not any("setup code" in line for line in notices_for_operators())
