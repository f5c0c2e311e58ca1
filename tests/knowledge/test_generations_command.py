"""manage.py generations: what an operator types, and what is told."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from knowledge.index_spec import IndexSpec
from knowledge.indexes import index_writer
from knowledge.models import Generation
from tests.fixtures_knowledge import as_the_application

pytestmark = pytest.mark.django_db(transaction=True)

NEW = IndexSpec(words=60, overlap=10).name


def run(*arguments) -> str:
    out = StringIO()
    with as_the_application():
        call_command("generations", *arguments, "--tenant", "acme", stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def library(upload, olga):
    return [upload("travel.md"), upload("tea.md", "# Tea\n\nThe unicorn likes tea.")]


def test_made_listed_switched_and_erased(acme, library, read_all):
    old = index_writer.active_generation(acme.pk)
    said = run("build", "--words", "60", "--overlap", "10", "--wait")
    assert f"{NEW}: Complete, 2 documents." in said
    assert f"{old}: In use" in run("list")
    run("switch", NEW, "--wait")
    listed = {each["name"]: each["state"] for each in json.loads(run("list", "--json"))}
    assert listed == {NEW: "active", old: "retired"}
    run("drop", old)
    read_all()
    assert list(Generation.objects.for_tenant(acme).values_list("name", flat=True)) == [NEW]


def test_two_indexes_are_compared_on_questions_and_nobody_notices(acme, olga, erin, shelf, library, tmp_path):
    from audit.models import AuditEvent
    from knowledge.models.grant import Right
    from knowledge.permissions.grants import give

    give(shelf, Right.READ, olga, by=erin)
    old = index_writer.active_generation(acme.pk)
    run("build", "--words", "60", "--overlap", "10", "--wait")
    asked = [
        ("How high is the daily meal allowance?", True, "travel.md"),
        ("What does the unicorn like?", True, "tea.md"),
        ("Who won the chess world cup in 1998?", False, None),
        ("What is in a file that is not here?", True, "missing.md"),
    ]
    records = tmp_path / "questions.jsonl"
    records.write_text(
        "\n".join(
            json.dumps(
                {
                    "id": str(number),
                    "question": question,
                    "answerable": answerable,
                    "answers": [],
                    "evidence": [{"doc_id": doc}] if doc else [],
                }
            )
            for number, (question, answerable, doc) in enumerate(asked)
        )
    )
    events = AuditEvent.objects.filter(tenant_id=acme.pk).count()
    told = json.loads(run("compare", old, NEW, "--records", str(records), "--json"))
    assert (told["asked"], told["left_out"]) == (3, 1)
    for name in (old, NEW):
        assert told[name]["recall@4"] == 1.0
        assert told[name]["refused"] == 1.0
    assert index_writer.active_generation(acme.pk) == old
    assert AuditEvent.objects.filter(tenant_id=acme.pk).count() == events
    assert "Recall in the first 4" in run("compare", old, NEW, "--records", str(records))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("switch", "nothing"), "no index of that name"),
        (("build", "--words", "60", "--overlap", "60"), "more words than the overlap"),
        (("build", "--embedder", "openai"), "EMBEDDING_BASE_URL"),
        (("build",), "is already in use"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(library, arguments, why):
    with pytest.raises(CommandError, match=why):
        run(*arguments)


def test_documents_that_no_question_is_about_count_as_places_too(acme, olga, erin, shelf, upload, tmp_path):
    """The right document is the third that is found: two others stand before it."""
    from answers.quality import index_comparison
    from answers.quality.evaluation_sets import EvaluationCase, Gold

    for number in range(2):
        upload(f"unicorn-{number}.md", f"# Unicorns {number}\n\nThe unicorn likes tea, tea and more tea.")
    upload("stables.md", "# Stables\n\nThere is also a unicorn. " + "Horses are fed in the morning. " * 20)
    question = EvaluationCase("1", "What tea does the unicorn like?", True, (), "", (Gold("stables.md"),))
    known = index_comparison.documents_of(erin, [question])
    measured = index_comparison.measure(erin, index_writer.active_generation(acme.pk), [question], known)
    assert measured["mrr@10"] == pytest.approx(1 / 3, abs=0.001)
