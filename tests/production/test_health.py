"""/healthz, /readyz and the workers' sign of life, with servers that really die."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from portal.observability import dependency_checks, health
from portal.operations.processes import heartbeat
from tests.conftest import REPOSITORY


@pytest.fixture(autouse=True)
def _never_asked_before(monkeypatch, settings):
    monkeypatch.setattr(health, "_checks", {})
    monkeypatch.setattr(dependency_checks, "_migrated", False)
    for folder in (settings.QUEUE_DIR / "messages", settings.STORE_DIR, settings.MEDIA_ROOT):
        folder.mkdir(parents=True, exist_ok=True)


def ask(client, path: str = "/readyz"):
    began = time.monotonic()
    said = client.get(path)
    return said.status_code, said.json()["parts"], time.monotonic() - began


@pytest.mark.django_db(transaction=True)
def test_ready_with_everything_there_and_each_part_has_its_time(client):
    status, parts, _ = ask(client)
    assert status == 200, parts
    assert set(parts) == {"database", "cache", "queue", "search", "files"}
    assert all(part["ms"] >= 0 for part in parts.values())


def test_alive_asks_nobody(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.service
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["pause", "kill"])
def test_a_dead_redis_is_named_within_three_seconds(client, settings, own_redis, end):
    settings.REDIS_URL = settings.CELERY_BROKER_URL = own_redis.url
    assert ask(client)[0] == 200
    time.sleep(health.GOOD_FOR)
    getattr(own_redis, end)()
    status, parts, took = ask(client)
    assert (status, took < 3) == (503, True)
    assert not parts["cache"]["ok"]
    assert not parts["queue"]["ok"]
    assert parts["database"]["ok"]
    own_redis.resume() if end == "pause" else own_redis.start()
    time.sleep(health.GOOD_FOR)
    assert ask(client)[0] == 200


@pytest.mark.service
def test_a_hanging_postgresql_is_named_within_three_seconds_and_costs_one_thread(client, own_postgres, monkeypatch):
    """The question is the portal's, the connection one that was open before the server hung."""
    connection = psycopg.connect(own_postgres.url, autocommit=True)
    everything = {"database": (lambda: connection.execute("SELECT 1") and None, True)}
    monkeypatch.setattr(dependency_checks, "of_this_installation", lambda: everything)
    assert ask(client)[0] == 200
    own_postgres.pause()
    time.sleep(health.GOOD_FOR)
    asking = [thread for thread in threading.enumerate() if thread.name == "health"]
    for _ in range(2):
        status, parts, took = ask(client)
        assert (status, took < 3) == (503, True)
        assert "no answer" in parts["database"]["error"]
        time.sleep(health.GOOD_FOR)
    assert len([thread for thread in threading.enumerate() if thread.name == "health"]) == len(asking) + 1
    own_postgres.resume()
    time.sleep(0.5)
    assert ask(client)[0] == 200
    connection.close()


@pytest.mark.service
@pytest.mark.django_db(transaction=True)
def test_weaviate_is_asked_where_it_is_used(client, settings, own_weaviate):
    settings.VECTOR_STORE, settings.WEAVIATE_URL = "weaviate", own_weaviate.url
    assert ask(client)[1]["search"]["ok"]
    own_weaviate.pause()
    time.sleep(health.GOOD_FOR)
    status, parts, took = ask(client)
    assert (status, took < 3) == (503, True)
    assert not parts["search"]["ok"]


@pytest.mark.django_db(transaction=True)
def test_a_load_balancer_may_ask_for_some_parts_alone(client, settings):
    settings.VECTOR_STORE, settings.WEAVIATE_URL = "weaviate", "http://127.0.0.1:1"
    assert ask(client)[0] == 503
    assert ask(client, "/readyz?only=database,files")[:1] == (200,)
    assert ask(client, "/readyz?only=search")[0] == 503
    assert ask(client, "/readyz?only=nothing-of-the-kind")[0] == 503


@pytest.mark.django_db(transaction=True)
def test_who_asks_for_some_parts_never_waits_for_the_others(client, monkeypatch):
    """Neither for one that hangs, nor for somebody else who asked about everything and waits for it."""
    hangs = threading.Event()
    monkeypatch.setattr(
        dependency_checks,
        "of_this_installation",
        lambda: {"database": (lambda: None, True), "cache": (hangs.wait, True)},
    )
    from django.test import Client

    everything = threading.Thread(target=lambda: Client().get("/readyz"))
    everything.start()
    time.sleep(0.1)
    status, parts, took = ask(client, "/readyz?only=database")
    assert (status, set(parts)) == (200, {"database"})
    assert took < 0.5
    everything.join()
    assert ask(client)[0] == 503
    assert ask(client)[2] < 0.5, "what hangs is waited for once"
    hangs.set()


@pytest.mark.django_db(transaction=True)
def test_a_part_that_is_misspelt_is_not_ready(client):
    status, parts, _ = ask(client, "/readyz?only=files,databse")
    assert status == 503
    assert parts["databse"]["error"] == "there is no such component"


@pytest.mark.django_db(transaction=True)
def test_a_model_that_is_away_is_told_and_does_not_count(client, settings, monkeypatch):
    monkeypatch.setattr(dependency_checks, "_model_asked", (float("-inf"), ""))
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"
    status, parts, _ = ask(client)
    assert status == 200
    assert parts["model"] == {"ok": False, "ms": parts["model"]["ms"], "error": "it cannot be reached", "needed": False}


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_cause_one_look(client, monkeypatch):
    asked = []
    monkeypatch.setattr(
        dependency_checks, "of_this_installation", lambda: {"slow": (lambda: asked.append(1) or time.sleep(0.3), True)}
    )
    from django.test import Client

    several = [threading.Thread(target=lambda: Client().get("/readyz")) for _ in range(8)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_said_names_no_address_and_no_secret(client, settings):
    settings.REDIS_URL = "redis://:a-secret-word@127.0.0.1:1/0"
    said = client.get("/readyz").content.decode()
    assert "a-secret-word" not in said
    assert "127.0.0.1" not in said


def alive(worker: str, folder) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", "health", "--worker", worker],
        cwd=REPOSITORY, env=os.environ | {"PORTAL_RUN_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings.test"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_worker_is_alive_while_it_gives_signs(tmp_path, settings):
    settings.RUN_DIR = tmp_path
    assert alive("bulk", tmp_path).returncode == 1
    heartbeat.start("bulk")
    deadline = time.monotonic() + 5
    while heartbeat.age("bulk") is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert alive("bulk", tmp_path).returncode == 0
    assert alive("interactive", tmp_path).returncode == 1


def test_a_worker_that_fell_silent_is_not(tmp_path, settings):
    settings.RUN_DIR = tmp_path
    file = tmp_path / "bulk.beat"
    file.touch()
    long_ago = time.time() - heartbeat.SILENT_FOR - 1
    os.utime(file, (long_ago, long_ago))
    said = alive("bulk", tmp_path)
    assert said.returncode == 1
    assert "not alive" in said.stderr
