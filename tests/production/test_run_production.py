"""`make run-production`: every process, on real servers, and what happens when one of them is not there for a while."""

from __future__ import annotations

import os
import signal
import time

import httpx
import pytest

from portal.operations.processes.workers import ON_A_BROKER
from portal.operations.services import Postgres, Redis
from tests.fixtures_production import TRAVEL, upload

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("production")]

QUESTION = "How much is the daily meal allowance?"


def until(true, *, within: float = 60):
    deadline = time.monotonic() + within
    while not (value := true()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return value


def ready(client, document: str) -> bool:
    return client.get(f"/documents/{document}/").json()["status"].startswith("ready")


def readiness(production) -> httpx.Response:
    return httpx.get(f"{production.address}/readyz", timeout=10)


def test_everything_that_is_needed_is_there(production):
    said = until(lambda: readiness(production).status_code == 200 and readiness(production), within=10).json()
    assert {"database", "cache", "queue", "search", "files", "model"} <= set(said["parts"])


@pytest.mark.parametrize("name", [*ON_A_BROKER, "beat"])
def test_each_worker_shows_that_it_lives(production, name):
    until(lambda: (production.folder / "production" / "run" / f"{name}.beat").exists(), within=20)
    assert "is alive" in production.manage("health", "--worker", name)


def test_nothing_that_serves_holds_the_administrators_or_the_owners_address(production):
    import psutil

    for pid in (production.process.pid, *production.processes()):
        known = psutil.Process(pid).environ()
        assert "DATABASE_URL" in known
        assert not {"DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"} & set(known)


def test_a_document_is_read_and_a_question_answered_from_it(production, adams_program):
    document = upload(adams_program, "meals.md", TRAVEL)
    until(lambda: ready(adams_program, document))
    said = adams_program.post("/ask/", json={"question": QUESTION}).json()
    assert "42 euros" in said["answer"]
    assert said["citations"]


def test_while_redis_hangs_pages_and_uploads_go_on_and_are_made_up_for(production, adams_program):
    redis = production.server(Redis)
    redis.pause()
    try:
        began = time.monotonic()
        document = upload(adams_program, "while-redis-hangs.md", TRAVEL + "\nSeat 14 is by the window.")
        assert time.monotonic() - began < 5
        assert adams_program.get("/documents/").status_code == 200
        assert httpx.get(f"{production.address}/sign-in/").status_code == 200
        began = time.monotonic()
        said = readiness(production)
        assert time.monotonic() - began < 3
        assert said.status_code == 503
        assert not said.json()["parts"]["cache"]["ok"]
    finally:
        redis.resume()
    until(lambda: ready(adams_program, document), within=90)
    until(lambda: readiness(production).status_code == 200, within=20)


def test_after_a_crash_of_redis_the_workers_come_back_by_themselves(production, adams_program):
    redis = production.server(Redis)
    redis.kill()
    document = upload(adams_program, "while-redis-is-gone.md", TRAVEL + "\nSeat 15 is not by the window.")
    time.sleep(3)
    redis.start()
    until(lambda: ready(adams_program, document), within=90)


def test_an_emptied_redis_loses_no_document(production, adams_program):
    import redis

    documents = [upload(adams_program, f"flushed-{number}.md", f"{TRAVEL}\nRoom {number}.") for number in range(5)]
    redis.Redis.from_url(production.server(Redis).url).flushall()
    for document in documents:
        until(lambda document=document: ready(adams_program, document), within=90)


def test_a_hanging_postgresql_is_named_within_three_seconds(production):
    postgres = production.server(Postgres)
    until(lambda: readiness(production).status_code == 200, within=20)
    time.sleep(2.1)
    postgres.pause()
    try:
        for _ in range(3):
            began = time.monotonic()
            said = readiness(production)
            assert time.monotonic() - began < 3
            assert said.status_code == 503
            assert not said.json()["parts"]["database"]["ok"]
            assert said.json()["parts"]["cache"]["ok"]
            assert httpx.get(f"{production.address}/healthz", timeout=2).status_code == 200
    finally:
        postgres.resume()
    until(lambda: readiness(production).status_code == 200, within=30)


def test_a_postgresql_that_crashed_is_a_clear_answer_and_then_forgotten(production, adams_program):
    postgres = production.server(Postgres)
    postgres.kill()
    said = [adams_program.get("/documents/").status_code for _ in range(2)]
    assert set(said) == {503}
    postgres.start()
    until(lambda: adams_program.get("/documents/").status_code == 200, within=30)
    until(lambda: readiness(production).status_code == 200, within=30)


def test_a_killed_process_is_started_again_and_the_others_serve_meanwhile(production, adams_program):
    before = production.processes()
    for pid in before[:2]:  # both web processes, one after the other
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
    until(lambda: len(set(production.processes()) - set(before)) == 2, within=20)
    until(lambda: httpx.get(f"{production.address}/healthz").status_code == 200, within=30)
    assert adams_program.get("/documents/").status_code == 200
