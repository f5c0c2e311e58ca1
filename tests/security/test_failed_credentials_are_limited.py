"""Keys that are not valid may be tried only so often; who has a valid one does not notice."""

import pytest
from django.test import Client

from audit.models import AuditEvent
from tenants.api_keys import api_keys, attempt_limits
from tenants.api_keys.api_keys import create_api_key, revoke_api_key
from tenants.api_keys.attempt_limits import FROM_ADDRESS, SLOWLY, WITH_PREFIX
from tenants.tasks import record_refusals

ME = "/t/acme/api/v1/me/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch):
    from django.core.cache import cache

    cache.clear()
    monkeypatch.setattr(attempt_limits, "_valid", attempt_limits.OrderedDict())
    monkeypatch.setattr(attempt_limits, "_refused_until", attempt_limits.OrderedDict())


def me(secret: str, address: str = "192.0.2.1") -> int:
    return Client(REMOTE_ADDR=address).get(ME, headers={"Authorization": f"Bearer {secret}"}).status_code


def fail(times: int, *, secret: str = "", address: str = "192.0.2.1") -> list[int]:
    return [me(secret or f"kp_{n:07d}xxx", address) for n in range(times)]


def test_many_failures_from_one_address_are_refused_without_looking_the_key_up(acme, monkeypatch):
    assert set(fail(FROM_ADDRESS.times)) == {401}
    refused = fail(SLOWLY.times + 5)
    assert refused == [401] * SLOWLY.times + [429] * 5
    monkeypatch.setattr(attempt_limits, "find_key", lambda *_: pytest.fail("looked up"))
    assert set(fail(5)) == {429}
    assert AuditEvent.objects.filter(action="request:refused").count() == 1


def test_a_key_in_use_goes_on_from_the_same_address(alice):
    _, secret = create_api_key(alice, name="report", scopes=["read"])
    assert me(secret) == 200
    assert 429 in fail(FROM_ADDRESS.times + SLOWLY.times + 5)
    assert me(secret) == 200


def test_another_address_is_not_concerned(alice):
    fail(FROM_ADDRESS.times + SLOWLY.times + 5)
    _, secret = create_api_key(alice, name="report", scopes=["read"])
    assert me(secret, "198.51.100.9") == 200


def test_a_new_key_gets_through_while_the_address_is_limited(alice):
    fail(FROM_ADDRESS.times + 1)
    _, secret = create_api_key(alice, name="report", scopes=["read"])
    assert me(secret) == 200


def test_failures_with_one_beginning_of_a_key_are_counted_over_all_addresses(alice):
    _, secret = create_api_key(alice, name="report", scopes=["read"])
    wrong = [secret[:10] + f"{n:033d}" for n in range(WITH_PREFIX.times + 40)]
    seen = [me(each, f"198.51.{n % 4}.{n % 7}") for n, each in enumerate(wrong)]
    assert seen[: WITH_PREFIX.times] == [401] * WITH_PREFIX.times
    monkey = [me(each, "203.0.113.5") for each in wrong[: SLOWLY.times + 3]]
    assert monkey[-1] == 429
    assert me(secret, "192.0.2.77") == 200, "whoever has the key is not locked out"


def test_a_key_that_was_revoked_is_counted_from_then_on(alice):
    key, secret = create_api_key(alice, name="report", scopes=["read"])
    assert me(secret) == 200
    revoke_api_key(key, by=alice)
    assert fail(FROM_ADDRESS.times + SLOWLY.times + 3, secret=secret)[-1] == 429


def test_a_key_in_use_costs_no_look_at_the_cache(alice, monkeypatch):
    _, secret = create_api_key(alice, name="report", scopes=["read"])
    me(secret)
    monkeypatch.setattr(attempt_limits, "spend", lambda *_: pytest.fail("counted"))
    assert me(secret) == 200
    assert api_keys.find_key(secret, "acme")


def test_a_hundred_refusals_of_one_member_are_two_events(sign_in, bob, monkeypatch, django_capture_on_commit_callbacks):
    later = []
    monkeypatch.setattr(record_refusals, "apply_async", lambda args, countdown: later.append((args, countdown)))
    client = sign_in(bob)
    with django_capture_on_commit_callbacks(execute=True):
        assert {client.get("/t/acme/audit/").status_code for _ in range(100)} == {403}
    events = AuditEvent.objects.filter(action="request:refused")
    assert events.count() == 1
    assert [countdown for _, countdown in later] == [60]

    record_refusals(*later[0][0])
    record_refusals(*later[0][0])

    assert events.count() == 2
    last = events.latest("id")
    assert (last.actor_id, last.data["count"]) == (bob.audit_actor().person_id, 99)


def test_a_refusal_is_a_refusal_while_the_queue_is_away(sign_in, bob, monkeypatch, django_capture_on_commit_callbacks):
    def away(args, countdown):
        raise OSError("the queue is away")

    monkeypatch.setattr(record_refusals, "apply_async", away)
    client = sign_in(bob)
    with django_capture_on_commit_callbacks(execute=False) as later:
        assert {client.get("/t/acme/audit/").status_code for _ in range(3)} == {403}
    assert later, "it is queued after the work of the request, where an error is logged and no more"


def test_refusals_of_two_members_are_not_mixed(sign_in, bob, alice, monkeypatch):
    monkeypatch.setattr(record_refusals, "apply_async", lambda args, countdown: None)
    for member in (bob, alice, bob):
        sign_in(member).get("/t/acme/audit/")
    actors = AuditEvent.objects.filter(action="request:refused").values_list("actor_id", flat=True)
    assert set(actors) == {bob.audit_actor().person_id, alice.audit_actor().person_id}
    assert len(actors) == 2
