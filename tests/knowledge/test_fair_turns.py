"""Whose turn it is: one company's 100,000 files do not keep another's one waiting, whoever works and however often."""

import itertools
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from knowledge.jobs import queue_stats
from knowledge.jobs.claims import claim_next, finish, release_lost, shares
from knowledge.library.collections import create_collection
from knowledge.models import Job, Turn
from knowledge.tasks import BULK, INTERACTIVE
from tenants.errors import TooMany
from tests.knowledge.many_jobs import queue

pytestmark = pytest.mark.django_db

MANY = 100_000
QUICK = 0.060  # seconds: a look at all rows took 70 and more on a machine with nothing else to do


@pytest.fixture
def their_shelf(mallory):
    return create_collection(mallory, "Theirs")


def test_one_upload_is_next_though_another_company_has_100_000_files_waiting(erin, shelf, mallory, their_shelf, bring):
    queue(mallory, their_shelf, MANY)
    (first,) = claim_next("busy")
    assert first.tenant_id == mallory.tenant_id
    mine = bring("mine.txt", "one file").version
    (next_one,) = claim_next("worker")
    assert next_one.version_id == mine.pk

    imported = bring("imported.txt", "one of an import", priority=Job.Priority.BULK).version
    taken = claim_next("worker", limit=8)
    assert imported.pk in {claim.version_id for claim in taken}, "an import of one file waits behind 100,000"
    assert len(taken) == 8

    def claim() -> None:
        assert len(claim_next("worker")) == 1

    def look() -> None:
        assert {tenant for tenant, _, _ in queue_stats.tenants_waiting()} == {mallory.tenant_id}
        assert queue_stats.tenants_with_maintenance_due() == []

    # The quickest of several: a busy machine is no slow query, and a scan of 100,000 rows would be in each.
    assert min(seconds(claim) for _ in range(20)) < QUICK
    assert min(seconds(lambda: claim_next("worker", limit=8)) for _ in range(5)) < QUICK
    assert min(seconds(look) for _ in range(5)) < QUICK


def seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_workers_that_begin_again_remember_whose_turn_it_is(erin, shelf, mallory, their_shelf):
    """Turns stand in rows: each claim here comes from a worker that knows nothing of the former."""
    queue(erin, shelf, 4)
    queue(mallory, their_shelf, 4)
    served = [claim_next(f"worker {n}")[0].tenant_id for n in range(8)]
    assert all(one != next_one for one, next_one in itertools.pairwise(served))


def test_turns_do_not_depend_on_the_clock(erin, shelf, mallory, their_shelf, monkeypatch):
    """Somebody was served an hour ahead of the time that the clock now says."""
    queue(erin, shelf, 4)
    queue(mallory, their_shelf, 4)
    first = claim_next("before")[0].tenant_id
    assert Turn.objects.get(tenant=first).served == 1
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() - timedelta(minutes=30))
    served = [claim_next("after")[0].tenant_id for _ in range(4)]
    assert served[0] != first
    assert len(set(served)) == 2


def test_who_serves_people_alone_leaves_imports_to_others(erin, shelf, bring):
    queue(erin, shelf, 2)
    assert claim_next("for people", up_to=Job.Priority.PERSON) == []
    mine = bring("mine.txt", "one file").version
    assert [claim.version_id for claim in claim_next("for people", limit=5, up_to=Job.Priority.PERSON)] == [mine.pk]
    assert len(claim_next("for all", limit=5)) == 2


def test_a_tenant_that_is_closed_is_not_served(erin, shelf, acme):
    queue(erin, shelf, 1)
    acme.is_active = False
    acme.save()
    assert claim_next("worker") == []


def test_times_of_a_clock_that_went_back_are_put_right(acme, erin, shelf):
    queue(erin, shelf, 2)
    (claim,) = claim_next("worker")
    ahead = timezone.now() + timedelta(hours=3)
    Job.objects.for_tenant(acme).filter(state=Job.State.WAITING).update(run_after=ahead)
    Job.objects.for_tenant(acme).filter(pk=claim.job_id).update(lease_until=ahead)
    assert queue_stats.tenants_with_maintenance_due() == [acme]
    release_lost(acme)
    assert Job.objects.for_tenant(acme).filter(run_after__lte=timezone.now()).count() == 1
    assert not Job.objects.for_tenant(acme).filter(run_after__gt=timezone.now() + timedelta(minutes=1)).exists()
    assert finish([claim]) == 0


def test_shares_are_dealt_one_by_one_to_who_was_served_longest_ago():
    a, b, c = (UUID(int=n) for n in (1, 2, 3))
    assert shares({a: 100, b: 1, c: 2}, {a: 9, b: 3, c: 5}, 8) == {b: 1, c: 2, a: 5}
    assert shares({a: 100, b: 100}, {}, 1) == {a: 1}
    assert shares({a: 100, b: 100}, {a: 1}, 1) == {b: 1}
    assert shares({}, {}, 8) == {}
    assert shares({a: 2}, {}, 8) == {a: 2}


def test_an_import_waits_outside_when_as_much_waits_as_may(erin, shelf, settings, bring):
    settings.INGEST_WAITING_LIMIT = 5
    queue(erin, shelf, 5)
    with pytest.raises(TooMany) as refused:
        queue_stats.require_queue_space(erin.tenant)
    assert refused.value.retry_after > 0
    assert "not taken" in refused.value.message
    bring("mine.txt", "a person's file is taken all the same")
    claim_next("worker")
    claim_next("worker")
    queue_stats.require_queue_space(erin.tenant)


def test_the_sweep_rings_for_those_who_can_do_what_waits(erin, shelf, bring, monkeypatch):
    from knowledge import tasks

    rung: list[str] = []
    monkeypatch.setattr(tasks.ingest_next, "apply_async", lambda *_, **__: rung.append(INTERACTIVE))
    monkeypatch.setattr(tasks.ingest_bulk, "apply_async", lambda *_, **__: rung.append(BULK))
    tasks.sweep()
    assert rung == []
    queue(erin, shelf, 1)
    tasks.sweep()
    assert rung == [BULK]
    bring("mine.txt", "a person's file")
    rung.clear()
    tasks.sweep()
    assert sorted(rung) == [BULK, INTERACTIVE]


def test_one_bell_hangs_in_a_queue_however_often_it_is_rung(monkeypatch):
    from django.core.cache import cache

    from knowledge import tasks

    cache.clear()
    rung: list[str] = []
    monkeypatch.setattr(tasks.ingest_bulk, "apply_async", lambda *_, **__: rung.append(BULK))
    for _ in range(1_000):
        tasks.notify_now(BULK)
    assert rung == [BULK]
    tasks._acknowledge(BULK)
    tasks.notify_now(BULK)
    assert rung == [BULK, BULK]


def test_a_sweep_after_the_clock_jumped_believes_no_lease(acme, bring, monkeypatch):
    from knowledge import tasks

    monkeypatch.setattr(tasks, "_last_sweep", None)
    monkeypatch.setattr(tasks, "notify_now", lambda *_: None)
    version = bring("travel.md").version
    (claim,) = claim_next("alive")
    tasks.sweep()
    real = time.time
    monkeypatch.setattr(tasks.time, "time", lambda: real() + 3_600)
    Job.objects.for_tenant(acme).update(lease_until=timezone.now() - timedelta(hours=1))
    tasks.sweep()
    assert Job.objects.for_tenant(acme).get().state == Job.State.RUNNING, "a living worker lost its claim to the clock"
    tasks.sweep()
    assert Job.objects.for_tenant(acme).get().state == Job.State.WAITING
    assert claim.version_id == version.pk
