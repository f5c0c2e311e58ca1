"""Real and hostile files of the shared data: each behaves as its index says, and none harms the next one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from knowledge.parsers.base import ParseFailed
from knowledge.parsers.client import ParserChild

DATA = Path(os.environ.get("PORTAL_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
INDEX = DATA / "files" / "index.json"
FILES = json.loads(INDEX.read_text()) if INDEX.is_file() else []
INJECTIONS = DATA / "injection" / "documents.dev.jsonl"
CARRIERS = [json.loads(line) for line in INJECTIONS.read_text().splitlines()] if INJECTIONS.is_file() else []
SEEN_BY_PEOPLE = {"visible", "cell", "mail", "docx:comment_table"}

pytestmark = [
    pytest.mark.skipif(not FILES, reason="shared data is not here"),
    pytest.mark.timeout(300),  # scans of several pages, on two cores that others use too
]


@pytest.fixture(scope="module")
def parser():
    with ParserChild() as child:
        yield child


def outcome(parser: ParserChild, entry: dict):
    """The document, or the code of the failure."""
    try:
        return parser.parse(DATA / "files" / entry["file"], Path(entry["file"]).name)
    except ParseFailed as failed:
        return failed.code if failed.message and failed.hint else "a failure without words"


def flat(text: str) -> str:
    return " ".join(text.split())


REFUSED = {
    "reject_empty": {"empty_file", "no_text"},
    "needs_password": {"password_protected"},
    "reject_or_empty": {"encrypted_mail"},
    "reject_type": {"unsupported_type"},
}


def with_time_for_scans(entry: dict):
    scan = entry["expect"] == "ocr_or_empty"
    return pytest.param(entry, id=entry["file"], marks=[pytest.mark.slow, pytest.mark.timeout(900)] if scan else [])


@pytest.mark.parametrize("entry", [with_time_for_scans(entry) for entry in FILES])
def test_the_file_behaves_as_the_index_says(parser, entry):
    found = outcome(parser, entry)
    expected = entry["expect"]
    if expected in REFUSED:
        assert found in REFUSED[expected]
    elif expected in {"text", "hidden_text", "ocr_or_empty"}:
        assert not isinstance(found, str), found
        assert found.text.strip()
    if isinstance(found, str):
        return
    assert "\0" not in found.text
    assert len(found.text) <= parser.limits.output_characters
    text = flat(found.text)
    assert [words for words in entry.get("contains", []) if flat(words) not in text] == []
    if "pages" in entry or "slides" in entry:
        assert len(found.pages) == entry.get("pages", entry.get("slides"))
    if "sheets" in entry:
        assert [page.label.removeprefix("Sheet ") for page in found.pages] == entry["sheets"]
    if expected == "ocr_or_empty":
        assert "ocr_used" in {warning.code for warning in found.warnings}


def test_a_wrong_extension_is_told(parser):
    for name in ("broken/own_pdf_named.docx", "broken/own_html_named.pdf"):
        found = outcome(parser, {"file": name})
        assert "wrong_extension" in {warning.code for warning in found.warnings}


def test_text_that_nobody_sees_is_left_out_and_told(parser):
    found = outcome(parser, {"file": "broken/invisible_text_layer.pdf"})
    assert flat(found.text) == "Visible heading line"
    assert "hidden_text" in {warning.code for warning in found.warnings}


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier["carrier"])
def test_an_injection_that_nobody_sees_is_left_out(parser, carrier):
    path = DATA / "injection" / carrier["file"]
    found = parser.parse(path, path.name)
    assert carrier["answer"] in flat(found.text)
    assert (carrier["canary"] in found.text) == (carrier["carrier"] in SEEN_BY_PEOPLE)
