"""What stands on Redis, with a real one: counting, forgetting, and doing without it."""

from __future__ import annotations

import threading
import time

import pytest
import redis

from portal.infrastructure.redis_cache import TIMEOUT_SECONDS, RedisCache
from tenants.errors import TooMany
from tenants.requests import rate_limits

pytestmark = pytest.mark.service


def cache_at(url: str) -> RedisCache:
    return RedisCache(url, {"KEY_PREFIX": "portal"})


@pytest.fixture
def shared(real_redis) -> RedisCache:
    return cache_at(real_redis)


def test_many_count_at_once_and_none_is_lost(shared):
    shared.add("tries", 0, timeout=60)
    several = [threading.Thread(target=lambda: [shared.incr("tries") for _ in range(200)]) for _ in range(5)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert shared.get("tries") == 1000


def test_of_many_who_add_at_once_one_is_first(shared):
    first = []
    several = [threading.Thread(target=lambda: first.append(shared.add("bell", 1, timeout=5))) for _ in range(8)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert first.count(True) == 1


def test_what_ended_is_not_counted_on_without_an_end(shared, real_redis):
    with pytest.raises(ValueError):
        shared.incr("never-made")
    assert redis.Redis.from_url(real_redis).exists("portal:1:never-made") == 0


def test_values_are_json_so_that_what_stands_in_redis_cannot_run_code(shared, real_redis):
    import pickle

    redis.Redis.from_url(real_redis).set("portal:1:planted", pickle.dumps({"a": 1}))
    assert shared.get("planted") is None


def test_emptying_the_cache_leaves_the_queue_of_the_same_redis_alone(shared, real_redis):
    queue = redis.Redis.from_url(real_redis)
    queue.lpush("interactive", "a message")
    shared.set("something", 1)
    shared.clear()
    assert shared.get("something") is None
    assert queue.llen("interactive") == 1


def test_every_key_says_whose_it_is(shared, real_redis):
    shared.set("something", 1)
    assert redis.Redis.from_url(real_redis).keys() == [b"portal:1:something"]


@pytest.mark.parametrize("end", ["kill", "pause"])
def test_a_cache_without_redis_knows_nothing_and_costs_one_wait(own_redis, end):
    shared = cache_at(own_redis.url)
    shared.set("something", 1)
    getattr(own_redis, end)()
    began = time.monotonic()
    assert shared.get("something", "nothing") == "nothing"
    assert shared.add("lock", 1) is False
    shared.set("something", 2)
    shared.delete("something")
    assert shared.get_many(["something"]) == {}
    with pytest.raises(ValueError):
        shared.incr("something")
    assert time.monotonic() - began < 3 * TIMEOUT_SECONDS


def test_it_is_asked_again_after_a_while(own_redis, monkeypatch):
    monkeypatch.setattr("portal.infrastructure.redis_cache.LEFT_ALONE_FOR", 0.2)
    shared = cache_at(own_redis.url)
    own_redis.kill()
    assert shared.add("lock", 1) is False
    own_redis.start()
    time.sleep(0.3)
    assert shared.add("lock", 1) is True


@pytest.fixture
def counted_in(monkeypatch):
    """`counted_in(url)`: tries are counted in that Redis."""

    def use(url: str) -> None:
        monkeypatch.setattr(rate_limits, "cache", cache_at(url))
        monkeypatch.setattr(rate_limits, "_here", {})

    return use


THREE = rate_limits.Limit("three", 3, 3600)


def test_tries_are_counted_in_redis_for_all_processes(real_redis, counted_in):
    counted_in(real_redis)
    for _ in range(3):
        rate_limits.spend(THREE, "alice@acme.example")
    counted_in(real_redis)  # another process
    with pytest.raises(TooMany):
        rate_limits.spend(THREE, "Alice@acme.example")
    rate_limits.spend(THREE, "bob@acme.example")


def test_a_success_is_given_back(real_redis, counted_in):
    counted_in(real_redis)
    for _ in range(10):
        rate_limits.spend(THREE, "alice@acme.example")
        rate_limits.refund(THREE, "alice@acme.example")


def test_nobody_guesses_without_end_while_redis_is_away(own_redis, counted_in):
    counted_in(own_redis.url)
    own_redis.kill()
    for _ in range(3):
        rate_limits.spend(THREE, "alice@acme.example")
    with pytest.raises(TooMany):
        rate_limits.spend(THREE, "alice@acme.example")


def test_flushing_redis_begins_a_window_again_and_breaks_nothing(real_redis, counted_in):
    counted_in(real_redis)
    for _ in range(3):
        rate_limits.spend(THREE, "alice@acme.example")
    redis.Redis.from_url(real_redis).flushdb()
    rate_limits.spend(THREE, "alice@acme.example")


def test_who_may_try_stands_in_redis_as_a_digest_that_ends(real_redis, counted_in):
    counted_in(real_redis)
    rate_limits.spend(THREE, "alice@acme.example")
    client = redis.Redis.from_url(real_redis)
    (key,) = client.keys()
    assert b"alice" not in key
    assert 0 < client.ttl(key) <= 2 * THREE.seconds + 60, "the window before counts in part"


def test_threads_that_come_and_go_leave_no_connection_behind(real_redis, settings):
    """Django makes a cache object for each thread."""
    from django.core.cache import caches

    settings.CACHES = {
        "default": {
            "BACKEND": "portal.infrastructure.redis_cache.RedisCache",
            "LOCATION": real_redis,
            "KEY_PREFIX": "portal",
        }
    }
    caches["default"].get("first")
    before, seen = connections_to(real_redis), []
    for number in range(40):
        each = threading.Thread(target=lambda number=number: seen.append(caches["default"].add(f"key-{number}", 1)))
        each.start()
        each.join()
    assert seen == [True] * 40
    assert connections_to(real_redis) == before


def connections_to(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return len(client.client_list())
