"""A restore into an empty installation: the same answers, the same rights, the same trail, on either database."""

import json
import shutil
from uuid import uuid4

import pytest

from tests.portal.installations import REPOSITORY, Installation

DOCUMENTS = REPOSITORY / "portal" / "demo" / "documents"
CHOSEN = ("leave-and-holidays.md", "warranty-and-returns.html", "travel-rates-2026.xlsx", "leavers-checklist.txt")
QUESTIONS = ("How many days of leave may I carry over?", "How long is full company sick pay?")
ALICE, BOB = "alice@acme.example", "bob@acme.example"

KNOCK = """
from audit.actions import Action, Outcome
from audit.record import record, system
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
    installation.told = {question: installation.ask(question, ALICE) for question in QUESTIONS}
    installation.refused = installation.ask(QUESTIONS[0], BOB)
    installation.before = installation.trail("acme")
    said = installation.run("backup", str(base / "backup"), "--with-keys")
    installation.backup = base / "backup"
    installation.signed_by = said.split("Signed with the key ")[1].split(":")[0]
    return installation


@pytest.fixture
def on_files(tmp_path):
    """An empty installation with keys of its own."""
    fresh = Installation(tmp_path / "on files")
    fresh.run("migrate", "-v", "0")
    return fresh


@pytest.fixture
def on_postgres(tmp_path, fresh_database):
    """An empty installation on PostgreSQL, served by a role that row-level security holds back."""
    admin, suffix = fresh_database(), uuid4().hex[:8]
    server, _, database = admin.rpartition("@")[2].partition("/")
    names = {"DATABASE_URL": "app", "DATABASE_OWNER_URL": "owner", "DATABASE_BACKUP_URL": "backup"}
    urls = {name: f"postgresql://{role}_{suffix}:{role}@{server}/{database}" for name, role in names.items()}
    fresh = Installation(tmp_path / "on PostgreSQL", urls)
    Installation(fresh.folder, urls | {"DATABASE_ADMIN_URL": admin}).run("setup_database")
    fresh.run("migrate", "-v", "0")
    return fresh


def same_as_before(there: Installation, lived_in) -> None:
    for question, told in lived_in.told.items():
        assert there.ask(question, ALICE) == told
    assert there.ask(QUESTIONS[0], BOB) == lived_in.refused
    after = there.trail("acme")
    assert after[: len(lived_in.before)] == lived_in.before
    assert "tenant:restored" in [event[0] for event in after[len(lived_in.before) :]]


def test_the_questions_of_these_tests_have_answers(lived_in):
    for told in lived_in.told.values():
        assert told["citations"]
        assert not told["refused"]
    assert lived_in.refused["refused"]
    assert "Olga" in json.dumps(lived_in.before), "the trail names people"


def test_another_machine_gives_the_same_answers_with_the_same_citations(lived_in, on_files):
    on_files.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)
    same_as_before(on_files, lived_in)
    assert "is here already" in on_files.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)


@pytest.mark.service
def test_from_files_to_postgresql_and_back(lived_in, on_postgres, on_files, tmp_path):
    on_postgres.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)
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
    assert "The signature fits" in on_postgres.run("verify_certificate", str(certificate))
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
