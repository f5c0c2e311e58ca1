"""A restore into an empty installation: the same answers, the same rights, the same trail, on either database."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import httpx
import psycopg
import pytest

from tests.portal.installations import REPOSITORY, Installation

DOCUMENTS = REPOSITORY / "portal" / "demo" / "documents"
CHOSEN = ("leave-and-holidays.md", "warranty-and-returns.html", "travel-rates-2026.xlsx", "leavers-checklist.txt")
ALICE, BOB = "alice@acme.example", "bob@acme.example"
CARRY_OVER, SICK_PAY = "How many days of leave may I carry over?", "How long is full company sick pay?"
QUESTIONS = ((CARRY_OVER, ALICE), (SICK_PAY, ALICE), (CARRY_OVER, BOB))

KNOCK = """
from audit.ledger.actions import Action, Outcome
from audit.ledger.record import record
from audit.ledger.actors import system
record(Action.SIGN_IN_FAILED, system(None), outcome=Outcome.REFUSED)
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("restore")]


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory):
    """An installation where people have worked, and its backup with the keys."""
    base = tmp_path_factory.mktemp("lived-in")
    documents = base / "documents"
    documents.mkdir()
    for name in CHOSEN:
        (documents / name).write_bytes((DOCUMENTS / name).read_bytes())
    installation = Installation(base / "data")
    installation.company("acme", documents)
    installation.run("create_tenant", "initech", "--name", "Initech")
    installation.run("add_member", "--tenant", "initech", "--email", "peter@initech.example", "--role", "owner")
    installation.told = installation.ask(*QUESTIONS)
    installation.before = installation.trail("acme")
    installation.event_numbers_before = {slug: installation.event_numbers(slug) for slug in ("acme", "initech")}
    said = installation.run("backup", str(base / "backup"), "--with-keys")
    installation.backup = base / "backup"
    installation.signed_by = said.split("Signed with the key ")[1].split(":")[0]
    return installation


@pytest.fixture
def on_files(tmp_path):
    """An empty installation with keys of its own."""
    fresh = Installation(tmp_path / "on files")
    fresh.make()
    return fresh


@pytest.fixture
def on_postgres(tmp_path, own_portal_database):
    """An empty installation on PostgreSQL, served by a role that row-level security holds back."""
    return Installation(tmp_path / "on PostgreSQL", own_portal_database.addresses())


def same_as_before(there: Installation, lived_in) -> None:
    assert there.ask(*QUESTIONS) == lived_in.told
    after = there.trail("acme")
    assert after[: len(lived_in.before)] == lived_in.before
    assert "tenant:restored" in [event[0] for event in after[len(lived_in.before) :]]


def keeps_event_numbers(there: Installation, lived_in) -> None:
    """Every company's events, not just those of the first one restored."""
    for slug, before in lived_in.event_numbers_before.items():
        assert there.event_numbers(slug)[: len(before)] == before


def test_the_questions_of_these_tests_have_answers(lived_in):
    *answered, refused = lived_in.told
    for told in answered:
        assert told["citations"]
        assert not told["refused"]
    assert refused["refused"]
    assert "Olga" in json.dumps(lived_in.before), "the trail names people"


def test_another_machine_gives_the_same_answers_with_the_same_citations(lived_in, on_files):
    said = on_files.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)
    assert "new numbers" not in said
    keeps_event_numbers(on_files, lived_in)
    same_as_before(on_files, lived_in)
    assert "already exists here" in on_files.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)


@pytest.mark.service
def test_from_files_to_postgresql_and_back(lived_in, on_postgres, on_files, tmp_path):
    on_postgres.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)
    keeps_event_numbers(on_postgres, lived_in)
    same_as_before(on_postgres, lived_in)
    on_postgres.run("add_member", "--tenant", "acme", "--email", "late@acme.example", "--role", "member")
    said = on_postgres.run("backup", str(tmp_path / "backup"), "--with-keys")
    signed_by = said.split("Signed with the key ")[1].split(":")[0]
    on_files.run("restore", str(tmp_path / "backup"), "--signed-by", signed_by)
    same_as_before(on_files, lived_in)


@pytest.mark.service
def test_where_somebody_has_knocked_already_events_get_new_numbers_in_the_same_order(lived_in, on_postgres):
    on_postgres.script(KNOCK)
    assert "new numbers" in on_postgres.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)
    after = on_postgres.trail("acme")
    assert after[: len(lived_in.before)] == lived_in.before


@pytest.mark.service
def test_on_postgresql_a_company_is_removed_beside_another_and_comes_back_from_its_backup(
    lived_in, on_postgres, tmp_path
):
    on_postgres.run("create_tenant", "globex", "--name", "Globex AG")
    on_postgres.run("add_member", "--tenant", "globex", "--email", "dora@globex.example", "--role", "owner")
    refused = on_postgres.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by, code=1)
    assert "companies of its own (globex)" in refused
    said = on_postgres.run("restore", str(lived_in.backup), "--tenant", "acme", "--signed-by", lived_in.signed_by)
    assert "new numbers" in said
    same_as_before(on_postgres, lived_in)
    on_postgres.run("add_member", "--tenant", "globex", "--email", ALICE, "--role", "member")
    on_postgres.run("backup", str(tmp_path / "backup"), "--tenant", "acme")
    carried_away = shutil.copytree(tmp_path / "backup", tmp_path / "carried away")
    said = on_postgres.run("delete_tenant", "acme", stdin="acme\n")
    assert "2 people who belonged to no other company" in said
    on_postgres.run("ask", "Anything?", "--tenant", "acme", "--user", ALICE, code=1)
    certificate = next((on_postgres.folder / "certificates").glob("*.json"))
    assert "The signature is valid" in on_postgres.run("verify_certificate", str(certificate))
    refused = on_postgres.run("restore", str(tmp_path / "backup"), "--tenant", "acme", code=1)
    assert "removed from this backup" in refused
    said = on_postgres.run("restore", str(carried_away), "--tenant", "acme")
    assert "new numbers" not in said, "the trail that stayed is not written twice"
    same_as_before(on_postgres, lived_in)


def test_after_a_removal_no_file_of_the_installation_holds_a_word_of_its_documents(lived_in, tmp_path):
    there = Installation(shutil.copytree(lived_in.folder, tmp_path / "copy"))
    (there.folder / "backups" / "known.json").unlink()  # the backup is the other tests'
    words = b"carry over up to five days"
    assert holding(there, words)
    there.run("delete_tenant", "acme", "--yes")
    assert holding(there, words) == []


def holding(there: Installation, words: bytes) -> list:
    return [path for path in there.folder.rglob("*") if path.is_file() and words in path.read_bytes()]


def guide_commands(title: str) -> list[str]:
    """The lines of the code block that follows this comment in the operator's guide."""
    guide = (REPOSITORY / "docker" / "OPERATING.md").read_text(encoding="utf-8")
    block = guide.split(f"<!-- {title}: a test runs these lines -->\n```\n")[1].split("```")[0]
    return block.splitlines()


@pytest.mark.service
def test_the_guides_commands_restore_onto_a_new_machine_one_after_the_other(lived_in, tmp_path):
    surroundings = {n: v for n, v in os.environ.items() if not n.startswith(("PORTAL_", "DJANGO_", "DATABASE_"))}
    surroundings |= {"PORTAL_DATA_DIR": str(tmp_path), "PORT": str(free_port())}
    *steps, start = guide_commands("restore on a new machine")

    def shell(line: str) -> str:
        line = line.replace("DIR", str(lived_in.backup)).replace("KEY", lived_in.signed_by)
        done = subprocess.run(
            line, shell=True, cwd=REPOSITORY, env=surroundings, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    try:
        said = [shell(line) for line in steps][-1]
        assert "Restored acme, initech" in said
        assert "new numbers" not in said
        portal = subprocess.Popen(start, shell=True, cwd=REPOSITORY, env=surroundings, start_new_session=True)
        try:
            wait_until_ready(f"http://127.0.0.1:{surroundings['PORT']}/readyz")
        finally:
            os.killpg(portal.pid, signal.SIGTERM)
            portal.wait(30)
        ask = '.venv/bin/python -m portal.operations.services manage ask "{}" --tenant acme --user {} --json'
        told = shell(ask.format(CARRY_OVER, ALICE))
        assert json.loads(told[told.index("{") :])["answer"] == lived_in.told[0]["answer"]
    finally:
        shell("make services-down")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5).status_code == 200:
                return
        assert time.monotonic() < deadline, f"{url} did not become ready"
        time.sleep(0.2)


@pytest.mark.service
def test_a_backup_reads_with_the_backup_roles_address_where_it_is_set(on_postgres, tmp_path):
    on_postgres.run("create_tenant", "acme", "--name", "Acme Ltd")
    address = re.sub(r":[^:@]+@", ":wrong@", on_postgres.environment["DATABASE_BACKUP_URL"])
    refused = Installation(on_postgres.folder, on_postgres.environment | {"DATABASE_BACKUP_URL": address})
    assert "password authentication failed" in refused.run("backup", str(tmp_path / "refused"), code=1)
    on_postgres.run("backup", str(tmp_path / "made"))
    without = {name: value for name, value in on_postgres.environment.items() if name != "DATABASE_BACKUP_URL"}
    Installation(on_postgres.folder, without).run("backup", str(tmp_path / "as the portal"))
    counted = [
        json.loads((tmp_path / name / "manifest.json").read_text())["signed"] for name in ("made", "as the portal")
    ]
    of_trail = [each["tenants"][0]["rows"].pop("audit.AuditEvent") for each in counted]
    assert of_trail[1] == of_trail[0] + 1, "the second one holds the event of the first"
    assert counted[0]["tenants"][0]["rows"] == counted[1]["tenants"][0]["rows"]


@pytest.mark.service
@pytest.mark.parametrize("only", ["web", "beat", "maintenance"])
def test_a_process_by_itself_refuses_a_database_that_a_newer_version_has_migrated(on_postgres, only):
    with psycopg.connect(on_postgres.environment["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('knowledge', '9999_from_the_future', now())"
        )
    assert "newer version of the portal (knowledge.9999_from_the_future" in on_postgres.run(
        "up", "--only", only, code=1
    )
