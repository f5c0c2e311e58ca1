"""A request's id on the trail is the portal's or a trusted proxy's, and many events under one id hide nothing."""

import re

import pytest
from django.urls import reverse

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.record import record
from audit.ledger.request_id import Origin, _origin
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db
CHOSEN = "chosen-by-the-client"


@pytest.fixture
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def story(sign_in, cora, event, **query) -> str:
    address = reverse("audit:event", args=["acme", event.pk])
    return sign_in(cora).get(address, query, headers={"HX-Request": "true"}).content.decode()


@pytest.mark.parametrize("header", ["X-Request-ID", "x-request-id"])
def test_a_client_cannot_choose_the_id_of_its_request(sign_in, alice, header):
    response = sign_in(alice).get("/t/acme/search/?q=meals", headers={header: CHOSEN})
    assert response["X-Request-ID"] != CHOSEN
    assert not AuditEvent.objects.filter(request_id=CHOSEN).exists()


def test_a_trusted_proxy_may(sign_in, alice, behind_a_proxy):
    response = sign_in(alice).get("/t/acme/search/?q=meals", headers={"X-Request-ID": CHOSEN})
    assert response["X-Request-ID"] == CHOSEN
    assert AuditEvent.objects.filter(action=Action.SEARCH_RUN, request_id=CHOSEN).exists()


def test_a_client_is_no_proxy_because_it_says_so(sign_in, alice, settings):
    settings.TRUSTED_PROXIES = ["10.0.0.2"]
    headers = {"X-Request-ID": CHOSEN, "X-Forwarded-For": "10.0.0.2"}
    assert sign_in(alice).get("/t/acme/search/?q=meals", headers=headers)["X-Request-ID"] != CHOSEN


def test_many_searches_under_the_same_id_do_not_hide_what_changed(sign_in, adam, alice, cora, behind_a_proxy):
    client = sign_in(alice)
    for number in range(55):
        client.get(f"/t/acme/search/?q=word{number}", headers={"X-Request-ID": CHOSEN})
    sign_in(adam).post(
        reverse("tenants:role", args=["acme", alice.pk]), {"role": "editor"}, headers={"X-Request-ID": CHOSEN}
    )
    assert AuditEvent.objects.filter(request_id=CHOSEN).count() > 55
    event = AuditEvent.objects.get(action=Action.RECORD_CHANGED, request_id=CHOSEN)
    part = story(sign_in, cora, event)
    assert "What changed" in part
    assert re.search(r"before: </span>member", part)


def test_more_of_the_request_is_shown_step_by_step(sign_in, alice, cora):
    lease = Target("document", "7f1d6a40-0000-4000-8000-000000000001", "Lease register")
    token = _origin.set(Origin(request_id="one-long-request"))
    try:
        first = record(Action.DOCUMENT_OPENED, alice, lease)
        for number in range(50):
            record(Action.DOCUMENT_MOVED, alice, Target("document", f"moved-{number}", f"Moved document {number}"))
    finally:
        _origin.reset(token)
    part = story(sign_in, cora, first)
    assert "Moved document 19<" not in part
    assert part.count("Moved document") < 25
    link = re.search(r'href="([^"]+more=1)"', part)[1].replace("&amp;", "&")
    further = sign_in(cora).get(link, headers={"HX-Request": "true"}).content.decode()
    assert "Moved document 39" in further
    assert "Moved document 45" not in further
    whole = story(sign_in, cora, first, more=2)
    assert "Moved document 49" in whole
    assert "Show more" not in whole


@pytest.mark.parametrize("odd", ["x", "-1", "9" * 30, "999", "²"])
def test_an_odd_number_of_steps_is_no_error(sign_in, alice, cora, odd):
    event = AuditEvent.objects.filter(tenant_id=cora.tenant_id).latest("id")
    assert "<h3>Details</h3>" in story(sign_in, cora, event, more=odd)
