"""A restore into an empty installation: the same answers, the same rights, the same trail."""

import json

import pytest

from tests.portal.installations import REPOSITORY, Installation

DOCUMENTS = REPOSITORY / "portal" / "demo" / "documents"
CHOSEN = ("leave-and-holidays.md", "warranty-and-returns.html", "travel-rates-2026.xlsx", "leavers-checklist.txt")
QUESTIONS = ("How many days of leave may I carry over?", "How long is full company sick pay?")

pytestmark = pytest.mark.slow


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
    installation.told = {question: installation.ask(question, "alice@acme.example") for question in QUESTIONS}
    installation.refused = installation.ask(QUESTIONS[0], "bob@acme.example")
    installation.before = installation.trail("acme")
    said = installation.run("backup", str(base / "backup"), "--with-keys")
    installation.backup = base / "backup"
    installation.signed_by = said.split("Signed with the key ")[1].split(":")[0]
    return installation


@pytest.fixture
def elsewhere(tmp_path):
    """An empty installation with keys of its own."""
    fresh = Installation(tmp_path / "elsewhere")
    fresh.run("migrate", "-v", "0")
    return fresh


def test_the_questions_of_these_tests_have_answers(lived_in):
    for told in lived_in.told.values():
        assert told["citations"]
        assert not told["refused"]
    assert lived_in.refused["refused"]


def test_another_machine_gives_the_same_answers_with_the_same_citations(lived_in, elsewhere):
    elsewhere.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)
    for question, told in lived_in.told.items():
        assert elsewhere.ask(question, "alice@acme.example") == told
    assert elsewhere.ask(QUESTIONS[0], "bob@acme.example") == lived_in.refused
    after = elsewhere.trail("acme")
    assert after[: len(lived_in.before)] == lived_in.before
    assert after[len(lived_in.before)][0] == "tenant:restored"
    assert "Olga" in json.dumps(lived_in.before), "the trail names people, and so this test can fail"
    assert "is here already" in elsewhere.run("restore", str(lived_in.backup), "--signed-by", lived_in.signed_by)
