"""What the README suggests to ask the sample company is answered there as the README says."""

import json
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = REPOSITORY / "portal" / "demo" / "documents"
KNOWN = {
    question["question"]: question
    for question in map(json.loads, (REPOSITORY / "tests/demo/questions.jsonl").read_text("utf-8").splitlines())
}
SUGGESTED = re.findall(r"^\d\. .*?\*\*([^*]+\?)\*\*", (REPOSITORY / "README.md").read_text("utf-8"), re.MULTILINE)


@pytest.fixture
def sample(kept, bring, read_all):
    """The documents that answer them, and those of People that are nearest to them."""
    files = {evidence["doc_id"] for question in SUGGESTED for evidence in KNOWN[question]["evidence"]}
    for name in sorted(files | {"managers-guide-to-performance.docx", "leave-and-holidays.md"}):
        if (DOCUMENTS / name).exists():
            bring(name, (DOCUMENTS / name).read_bytes())
    read_all()


def test_every_question_of_the_readme_is_answered_from_its_documents(sample, erin, ask, shown):
    assert len(SUGGESTED) == 3
    for question in SUGGESTED:
        told = shown(erin, ask(erin, question))
        cited = {citation.quote for citation in told.citations}
        for evidence in KNOWN[question]["evidence"]:
            assert any(evidence["text"] in quote for quote in cited), (question, told.answer.state, cited)
