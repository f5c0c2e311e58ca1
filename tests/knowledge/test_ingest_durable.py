"""Nothing is lost or doubled: a file that kills whoever reads it, a store that is away, two workers at once."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from knowledge import backends
from knowledge.indexes import index_writer, reconcile
from knowledge.ingestion import pipeline, save
from knowledge.jobs import claims, outcomes
from knowledge.models import Job, Passage, Status, Version
from knowledge.stores.base import StoreUnavailable
from tests.fixtures_knowledge import TRAVEL

WORKER = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
if connection.vendor == "postgresql":  # as the portal, which row-level security holds
    from django.db.backends.signals import connection_created
    def become_the_portal(connection, **_):
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE portal_app")
    connection_created.connect(become_the_portal)
from knowledge.ingestion import pipeline
from knowledge.parsers.client import ParserChild
real = ParserChild.parse
def parse(self, path, filename, **options):
    if filename == "poison.txt":
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, path, filename, **options)
ParserChild.parse = parse
print(pipeline.drain())
"""


@pytest.fixture
def worker(tmp_path):
    """Starts a program that reads all there is, and dies of a file called poison.txt."""
    from django.db import connection

    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "PORTAL_DATA_DIR": str(settings.DATA_DIR),
        "PYTHONPATH": str(settings.BASE_DIR),
    }

    def start() -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, str(script), str(connection.settings_dict["NAME"])],
            env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


@pytest.mark.django_db(transaction=True)
def test_a_file_that_kills_every_worker_costs_no_other_file_its_place(worker, bring, erin, acme):
    """All that a worker had in hand loses it five times over; but what was lost once is read alone the next time."""
    for number in range(4):
        bring(f"{number}.md", f"Innocent words number {number}.")
    poison = bring("poison.txt", "It kills.").version
    for number in range(4, 8):
        bring(f"{number}.md", f"Innocent words number {number}.")
    deaths = 0
    while deaths <= claims.MAX_ATTEMPTS:
        working = worker()
        _, said = working.communicate(timeout=120)
        if working.returncode == 0:
            break
        assert working.returncode == -signal.SIGKILL, said
        deaths += 1
        Job.objects.for_tenant(acme).filter(state=Job.State.RUNNING).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
        outcomes.give_up_lost(claims.release_lost(acme))
        Job.objects.for_tenant(acme).filter(state=Job.State.WAITING).update(run_after=timezone.now())
    assert deaths == claims.MAX_ATTEMPTS
    poison.refresh_from_db()
    assert (poison.status, poison.error_code) == (Status.FAILED, "stopped_the_reader")
    others = Version.objects.for_tenant(acme).exclude(pk=poison.pk)
    assert set(others.values_list("status", flat=True)) == {Status.READY}
    assert max(Job.objects.for_tenant(acme).exclude(version=poison).values_list("attempts", flat=True)) <= 2
    assert reconcile.of_tenant(acme, repair=False).astray == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_leave_one_set_of_passages_each(worker, bring, acme, erin):
    for number in range(24):
        bring(f"{number}.md", f"# Note {number}\n\nThe unicorn of floor {number} likes tea.")
    workers = [worker(), worker()]
    counts = []
    for working in workers:
        out, said = working.communicate(timeout=120)
        assert working.returncode == 0, said
        counts.append(int(out))
    assert sum(counts) == 24, "a document was claimed twice"
    assert set(Version.objects.for_tenant(acme).values_list("status", flat=True)) == {Status.READY}
    assert Passage.objects.for_tenant(acme).count() == 24 == backends.store().count(index_writer.namespace_of(acme.pk))
    assert reconcile.of_tenant(acme, repair=False).astray == 0


def away(*_):
    raise StoreUnavailable("The search index does not answer.", hint="It is tried again by itself.")


@pytest.mark.django_db(transaction=True)
def test_a_store_that_is_away_for_a_moment_is_waited_for_with_the_work_in_hand(monkeypatch, bring, acme, erin, titles):
    from knowledge.ingestion import embed

    real, failures, embedded = index_writer.put, [], []
    real_embed = embed._embed

    def put(*arguments):
        if len(failures) < 3:
            failures.append(1)
            away()
        real(*arguments)

    def count(works):
        embedded.extend(works)
        real_embed(works)

    monkeypatch.setattr(save.index_writer, "put", put)
    monkeypatch.setattr(embed, "_embed", count)
    monkeypatch.setattr(save, "SHORTEST_PAUSE", 0.05)
    bring("travel.md")
    pipeline.drain()
    assert titles(erin, "meals") == {"Travel"}
    assert (len(failures), len(embedded)) == (3, 1), "what was read and embedded is not thrown away"
    assert Job.objects.for_tenant(acme).get().attempts == 1


@pytest.mark.django_db
def test_a_store_that_came_back_is_compared_since_it_may_lack_what_it_had_confirmed(monkeypatch, bring, read_all):
    asked: list[bool] = []
    monkeypatch.setattr("knowledge.indexes.comparison_queue.request", lambda tenant_id: asked.append(True))
    bring("travel.md")
    read_all()
    assert not asked
    bring("leave.md", "# Leave\n\nEverybody has thirty days of leave.")
    with monkeypatch.context() as patched:
        patched.setattr(save.index_writer, "put", away)
        read_all()
    assert not asked
    Job.objects.across_tenants("all of this test").update(run_after=timezone.now())
    read_all()
    assert asked == [True]


@pytest.mark.django_db
def test_a_long_outage_is_not_the_documents_fault(monkeypatch, bring, acme, erin, read_all, titles):
    version = bring("travel.md").version
    with monkeypatch.context() as patched:
        patched.setattr(save.index_writer, "put", away)
        for round_ in range(1, 2 * claims.MAX_ATTEMPTS):
            read_all()
            job = Job.objects.for_tenant(acme).get()
            assert (job.state, job.attempts, job.held_up) == (Job.State.WAITING, 0, round_)
            assert job.run_after > timezone.now()
            Job.objects.for_tenant(acme).update(run_after=timezone.now())
    version.refresh_from_db()
    assert version.status == Status.QUEUED
    read_all()
    assert titles(erin, "meals") == {"Travel"}
    assert Job.objects.for_tenant(acme).get().held_up == 0


@pytest.mark.django_db
def test_an_outage_without_end_ends_with_a_reason(monkeypatch, bring, acme, read_all):
    version = bring("travel.md").version
    Job.objects.for_tenant(acme).update(held_up=claims.MAX_OUTAGE_RETRIES)
    monkeypatch.setattr(save.index_writer, "put", away)
    read_all()
    version.refresh_from_db()
    assert (version.status, version.error_message) == (Status.FAILED, "The search index does not answer.")


@pytest.mark.django_db
def test_a_full_disk_is_not_the_documents_fault_either(monkeypatch, bring, acme, read_all):
    def full(*_):
        raise OSError(28, "No space left on device")

    bring("travel.md")
    monkeypatch.setattr(save.index_writer, "put", full)
    read_all()
    job = Job.objects.for_tenant(acme).get()
    assert (job.state, job.attempts, job.held_up) == (Job.State.WAITING, 0, 1)


@pytest.mark.django_db
def test_a_version_that_is_ready_after_a_newer_one_is_not_found(monkeypatch, bring, acme, erin, read_all, titles):
    """Two workers, two versions of one document; the older one took longer."""
    from knowledge.ingestion import parse
    from tenants.isolation.scope import in_tenant

    bring("travel.md")
    (slow,) = claims.claim_next("slow")
    bring("travel.md", TRAVEL.replace("42 euros", "55 euros"))
    generation = index_writer.active_generation(acme.pk)
    with in_tenant(acme):
        version = parse.versions_of([slow])[slow.version_id]
    work = parse.read(slow, version, generation, backends.parser())
    read_all()
    from knowledge.ingestion.embed import embed_works

    for done in embed_works([work]):
        save.save([done])
    from knowledge.retrieval.search import find

    (found,) = find(erin, ["meal allowance"], limit=5)
    assert "55 euros" in found.text
    assert backends.store().count(index_writer.namespace_of(acme.pk)) == 1
    assert Passage.objects.for_tenant(acme).count() == 1
    assert reconcile.of_tenant(acme, repair=False).astray == 0
