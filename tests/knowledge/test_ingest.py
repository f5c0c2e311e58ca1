"""From a file to passages that are found: formats, versions, failures, and workers that die."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from knowledge import backends
from knowledge.indexes import index_writer
from knowledge.ingestion import pipeline
from knowledge.jobs import claims, outcomes
from knowledge.jobs.claims import claim_next
from knowledge.library.documents import places_in_queue
from knowledge.models import Job, Passage, Status, Version
from tests.fixtures_knowledge import TRAVEL, as_the_application

DEMO = Path(__file__).resolve().parents[2] / "portal" / "demo" / "documents"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("leave-and-holidays.md", "annual leave", "leave"),
        ("working-hours-and-remote-work.docx", "remote work", "remote"),
        ("travel-and-expenses-policy.pdf", "expenses", "expense"),
        ("travel-rates-2026.xlsx", "rates", "rate"),
        ("spotting-phishing.pptx", "phishing", "phishing"),
        ("purchasing-guide.html", "purchasing", "purchas"),
        ("who-to-ask.csv", "who to ask", ""),
        ("year-end-close-2026.eml", "year end close", "close"),
    ],
)
def test_a_document_of_each_kind_is_found_where_its_text_says(name, query, words, upload, erin):
    from knowledge.retrieval.search import find

    document = upload(name, (DEMO / name).read_bytes())
    version = document.current_version
    assert version.status in (Status.READY, Status.READY_WITH_WARNINGS)
    text = version.content.text
    for passage in version.passages.for_tenant(erin.tenant):
        assert text[passage.start : passage.end] == passage.text
    found = find(erin, [query], limit=5)
    assert {each.document_id for each in found} == {document.pk}
    assert any(words in each.text.lower() for each in found)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.pdf", b"%PDF-1.7\n not much more"),
        ("broken.docx", b"PK\x03\x04 not really"),
        ("nothing.txt", b"   \n \n"),
        ("noise.bin", bytes(range(256)) * 40),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(name, content, bring, erin, read_all):
    version = bring(name, content).version
    read_all()
    version.refresh_from_db()
    assert version.status == Status.FAILED
    assert version.error_code
    assert version.error_message.endswith(".")
    assert version.error_hint.endswith(".")
    assert version.job.state == Job.State.FAILED


@pytest.mark.django_db
def test_the_old_version_answers_until_the_new_one_is_ready_and_not_after(upload, bring, erin, read_all, titles):
    from knowledge.retrieval.search import find

    document = upload("travel.md")
    bring("travel.md", TRAVEL.replace("42 euros", "55 euros"))
    assert "42 euros" in find(erin, ["meal allowance"], limit=5)[0].text
    read_all()
    texts = [found.text for found in find(erin, ["meal allowance"], limit=5)]
    assert len(texts) == 1
    assert "55 euros" in texts[0]
    assert backends.store().count(index_writer.namespace_of(erin.tenant_id)) == 1
    assert Passage.objects.for_tenant(erin.tenant).count() == 1
    document.refresh_from_db()
    assert document.current_version.number == 2
    assert document.versions.for_tenant(erin.tenant).get(number=1).content.text  # older citations still open


@pytest.mark.django_db
def test_a_failed_replacement_leaves_the_old_version_answering(upload, bring, erin, read_all, titles):
    document = upload("travel.md")
    bring("travel.md", b"\x00\x01\x02" * 400)
    read_all()
    document.refresh_from_db()
    assert document.latest_version.status == Status.FAILED
    assert document.current_version.number == 1
    assert titles(erin, "meals") == {"Travel"}


@pytest.mark.django_db
def test_the_same_bytes_again_change_nothing(upload, bring):
    upload("travel.md")
    again = bring("travel.md")
    assert (again.what, again.version.number) == ("unchanged", 1)


@pytest.mark.django_db
def test_a_title_given_by_a_person_stays(upload):
    assert upload("travel.md").title == "Travel"
    assert upload("other.md", TRAVEL, title="My own name for it").title == "My own name for it"


@pytest.mark.django_db
def test_tenants_take_turns_and_people_go_before_imports(bring, erin, mallory):
    from knowledge.library.collections import create_collection

    theirs = create_collection(mallory, "Theirs")
    for number in range(4):
        bring(f"bulk-{number}.txt", f"bulk {number}", priority=Job.Priority.BULK)
    for number in range(2):
        bring(f"theirs-{number}.txt", f"t {number}", by=mallory, to=theirs, priority=Job.Priority.BULK)
    urgent = bring("urgent.txt", "now").version
    assert places_in_queue(erin)[urgent.pk] == 1
    names = []
    while taken := claim_next("here", limit=3):
        names += [Version.objects.for_tenant(each.tenant_id).get(pk=each.version_id).filename for each in taken]
    assert names[0] == "urgent.txt"
    first_four = names[1:5]
    assert sum(name.startswith("theirs") for name in first_four) == 2
    assert names[5:] == ["bulk-2.txt", "bulk-3.txt"]


@pytest.mark.django_db
def test_two_workers_never_hold_the_same_job(bring):
    for number in range(3):
        bring(f"{number}.txt", f"text {number}")
    one = claim_next("one", limit=2)
    two = claim_next("two", limit=2)
    assert {claim.job_id for claim in one}.isdisjoint({claim.job_id for claim in two})
    assert len(one) + len(two) == 3
    assert claim_next("three") == []


@pytest.mark.django_db
def test_a_lost_lease_is_taken_up_again_and_not_without_end(bring, erin, read_all):
    version = bring("travel.md").version
    for attempt in range(1, claims.MAX_ATTEMPTS + 1):
        Job.objects.for_tenant(erin.tenant).update(run_after=timezone.now())
        (claim,) = claim_next("doomed")
        assert claim.attempt == attempt
        assert claims.release_lost(erin.tenant) == []
        Job.objects.for_tenant(erin.tenant).update(lease_until=timezone.now() - timedelta(seconds=1))
        outcomes.give_up_lost(claims.release_lost(erin.tenant))
    version.refresh_from_db()
    assert (version.status, version.error_code) == (Status.FAILED, "stopped_the_reader")
    Job.objects.for_tenant(erin.tenant).update(run_after=timezone.now())
    assert claim_next("next") == []


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_writes_nothing(monkeypatch, bring, erin, titles):
    from knowledge.ingestion import save

    bring("travel.md")
    real = index_writer.put

    def another_takes_over(*arguments):
        Job.objects.for_tenant(erin.tenant).update(claimed_by="another")
        real(*arguments)

    monkeypatch.setattr(save.index_writer, "put", another_takes_over)
    pipeline.drain(inline=True)
    assert titles(erin, "meals") == set()
    assert Job.objects.for_tenant(erin.tenant).get().state == Job.State.RUNNING
    assert not Passage.objects.for_tenant(erin.tenant).exists()


@pytest.mark.django_db
def test_an_index_that_cannot_be_written_is_tried_again_later(monkeypatch, bring, erin, read_all, titles):
    from knowledge.ingestion import save
    from knowledge.stores.base import StoreUnavailable

    def down(*_):
        raise StoreUnavailable("The disk is full.", hint="Free some space.")

    version = bring("travel.md").version
    with monkeypatch.context() as patched:
        patched.setattr(save.index_writer, "put", down)
        read_all()
    version.refresh_from_db()
    assert version.status == Status.QUEUED
    job = Job.objects.for_tenant(erin.tenant).get()
    assert job.run_after > timezone.now()
    Job.objects.for_tenant(erin.tenant).update(run_after=timezone.now())
    read_all()
    assert titles(erin, "meals") == {"Travel"}


@pytest.mark.django_db(transaction=True)
def test_three_threads_read_many_documents(bring, erin, shelf, titles):
    for number in range(12):
        bring(f"{number}.md", f"# Number {number}\n\nThe unicorn of floor {number} likes tea.")
    bring("broken.docx", b"PK\x03\x04 no")
    assert pipeline.drain() == 13
    assert len(titles(erin, "unicorn tea")) == 12
    assert Job.objects.for_tenant(erin.tenant).filter(state=Job.State.DONE).count() == 12


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", ["_reader", "_embedder", "_writer"])
def test_a_part_that_dies_ends_the_drain_while_the_others_have_much_to_do(part, monkeypatch, bring):
    """Held up for ever, a drain would renew its leases for ever, and nobody else could take over."""

    def die(self):
        if part != "_reader":
            (self._read if part == "_embedder" else self._embedded).take(1)
            time.sleep(0.5)  # meanwhile the parts before it fill what lies between
        raise OperationalError("the database went away")

    monkeypatch.setattr(pipeline, "AHEAD", 1)
    monkeypatch.setattr(pipeline._Pipeline, part, die)
    for number in range(6):
        bring(f"note-{number}.md", f"# Note {number}\n\nThe depot of line {number} opens at eight.")
    working = threading.Thread(target=pipeline.drain, daemon=True)
    working.start()
    working.join(timeout=20)
    assert not working.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_small_file_goes_past_a_long_scan(monkeypatch, bring, erin, titles):
    from knowledge.parsers.client import ParserChild

    gate, real = threading.Event(), ParserChild.parse

    def parse(self, path, filename, **options):
        if filename == "scan.txt":
            assert gate.wait(100)
        return real(self, path, filename, **options)

    monkeypatch.setattr(ParserChild, "parse", parse)
    monkeypatch.setattr(pipeline, "STUCK_AFTER_SECONDS", 0.2)
    bring("scan.txt", "A long scan about zebras.")
    bring("travel.md")
    working = threading.Thread(target=pipeline.drain)
    working.start()
    try:
        deadline = time.monotonic() + 60
        while not (found := titles(erin, "meals")) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert found == {"Travel"}
        scan = Version.objects.for_tenant(erin.tenant).get(filename="scan.txt")
        assert scan.status == Status.PARSING
    finally:
        gate.set()
        working.join()
    assert titles(erin, "zebras") == {"scan", "Travel"}


DYING = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from django.db import OperationalError
settings.DATABASES["default"]["NAME"] = sys.argv[2]
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[2]
if connection.vendor == "postgresql":  # as the portal, which row-level security holds
    from django.db.backends.signals import connection_created
    def become_the_portal(connection, **_):
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE portal_app")
    connection_created.connect(become_the_portal)
from knowledge.ingestion import pipeline
from knowledge.indexes import index_writer
from knowledge.ingestion import embed, parse, save
import knowledge.indexes.chunking

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def after(module, name):
    real = getattr(module, name)
    def and_die(*a, **k):
        real(*a, **k)
        die()
    setattr(module, name, and_die)

stage = sys.argv[1]
if stage == "reading": knowledge.indexes.chunking.chunk = die
if stage == "embedding": embed._embed = die
if stage == "before the store": save.index_writer.put = die
if stage == "after the store": after(save.index_writer, "put")
if stage == "in the transaction": after(save, "_write_rows")
if stage == "after the switch": save.remove_superseded = die
pipeline.drain(inline=True)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "stage",
    ["reading", "embedding", "before the store", "after the store", "in the transaction", "after the switch"],
)
def test_a_worker_killed_anywhere_leaves_one_set_of_passages(stage, upload, bring, erin, titles, tmp_path):
    """kill -9 while a second version is worked on; then the sweep finds the lost lease, and another worker goes on."""
    from django.db import connection

    upload("travel.md")
    bring("travel.md", TRAVEL.replace("42 euros", "55 euros"))
    script = tmp_path / "dying.py"
    script.write_text(DYING)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "PORTAL_DATA_DIR": str(settings.DATA_DIR),
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    died = subprocess.run(
        [sys.executable, str(script), stage, str(connection.settings_dict["NAME"])],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert titles(erin, "meals") == {"Travel"}
    job = Job.objects.for_tenant(erin.tenant).get(version__number=2)
    assert (job.state, job.attempts) == (Job.State.RUNNING, 1)
    Job.objects.for_tenant(erin.tenant).filter(pk=job.pk).update(lease_until=timezone.now())
    claims.release_lost(erin.tenant)
    Job.objects.for_tenant(erin.tenant).filter(pk=job.pk).update(run_after=timezone.now())
    with as_the_application():
        pipeline.drain(inline=True)
    from knowledge.retrieval.search import find

    (found,) = find(erin, ["meal allowance"], limit=5)
    assert "55 euros" in found.text
    assert backends.store().count(index_writer.namespace_of(erin.tenant_id)) == 1
    assert Passage.objects.for_tenant(erin.tenant).count() == 1
    job.refresh_from_db()
    assert (job.state, job.version.status) == (Job.State.DONE, Status.READY)


def test_ringing_and_tasks_import_nothing_heavy():
    code = (
        "import django,sys; django.setup(); import knowledge.tasks, knowledge.library.uploads, knowledge.retrieval.search, knowledge.api.search, knowledge.erasure.deletion; "
        + (
            "print([m for m in ('lancedb','pyarrow','kreuzberg','ctranslate2','tokenizers','numpy','openai') if m in sys.modules])"
        )
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings.test"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.django_db(transaction=True)
def test_a_bell_reaches_a_real_worker(bring, erin, titles, settings):
    """A Celery worker in its own process, on the filesystem broker, over the same database file."""
    from django.db import connection

    from knowledge import tasks

    bring("travel.md")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "PORTAL_DATA_DIR": str(settings.DATA_DIR),
    }
    code = (
        "import django; django.setup(); from django.db import connection; "
        f"connection.settings_dict['NAME'] = {str(connection.settings_dict['NAME'])!r}; "
        f"from django.conf import settings; settings.DATABASES['default']['NAME'] = {str(connection.settings_dict['NAME'])!r}; "
        "from portal.celery import app; "
        "app.worker_main(['worker', '-Q', 'interactive,bulk', '--pool', 'solo', '--loglevel', 'WARNING'])"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and titles(erin, "meals") == set():
            time.sleep(0.3)
            tasks.notify_now()
        assert titles(erin, "meals") == {"Travel"}
    finally:
        worker.terminate()
        worker.wait(timeout=30)
