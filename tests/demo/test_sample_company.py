"""The sample company holds together: every file, every quote, every reader. Needs no Django and no index."""

from __future__ import annotations

import email
import json
import re
import subprocess
import sys
import zipfile
from datetime import date
from email import policy
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "portal" / "demo"
DOCUMENTS = DEMO / "documents"
COMPANY = json.loads((DEMO / "company.json").read_text(encoding="utf-8"))
QUESTIONS = [json.loads(line) for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
LISTED = {about["file"]: about for collection in COMPANY["collections"] for about in collection["documents"]}
HOME = {about["file"]: collection for collection in COMPANY["collections"] for about in collection["documents"]}
SCANNED = "loading-bay-notice-scan.pdf"
LARGEST_FILE, LARGEST_FOLDER = 60 * 1024, 800 * 1024


class _Words(HTMLParser):
    """Only what a reader sees."""

    def __init__(self):
        super().__init__()
        self.found: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag, attrs):
        self._hidden = tag in ("style", "script", "title")

    def handle_endtag(self, tag):
        self._hidden = False

    def handle_data(self, data):
        if not self._hidden:
            self.found.append(data)


def _html(path: Path) -> str:
    reader = _Words()
    reader.feed(path.read_text(encoding="utf-8"))
    return " ".join(reader.found)


def _docx(path: Path) -> str:
    from docx import Document

    return " ".join(node.text or "" for node in Document(path).element.body.iter() if node.tag.endswith(("}t", "}p")))


def _pptx(path: Path) -> str:
    from pptx import Presentation

    shapes = [shape for slide in Presentation(path).slides for shape in slide.shapes]
    cells = [cell.text for shape in shapes if shape.has_table for row in shape.table.rows for cell in row.cells]
    return " ".join([shape.text_frame.text for shape in shapes if shape.has_text_frame] + cells)


def _xlsx(path: Path) -> str:
    from openpyxl import load_workbook

    rows = (row for sheet in load_workbook(path) for row in sheet.iter_rows(values_only=True))
    return " ".join(str(cell) for row in rows for cell in row if cell is not None)


def _odt(path: Path) -> str:
    return re.sub(r"<[^>]+>", " ", zipfile.ZipFile(path).read("content.xml").decode())


def _pdf(path: Path) -> str:
    import pypdfium2

    return " ".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path))


def _eml(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    return f"{message['subject']} {message.get_body().get_content()}"


READERS = {".html": _html, ".docx": _docx, ".pptx": _pptx, ".xlsx": _xlsx, ".odt": _odt, ".pdf": _pdf, ".eml": _eml}


@cache
def words_of(name: str) -> str:
    path = DOCUMENTS / name
    if name == SCANNED:  # a picture: what it shows was typed from here
        return flat((HERE / "sources" / "loading-bay-notice.md").read_text(encoding="utf-8"))
    return flat(READERS.get(path.suffix, lambda path: path.read_text(encoding="utf-8"))(path))


def flat(text: str) -> str:
    """White space, table bars and emphasis do not count."""
    return " ".join(re.sub(r"[|*\s]+", " ", text).split())


def may_read(person: dict, name: str) -> bool:
    about = LISTED[name]
    readers = about["readers"] if about["restricted"] else HOME[name]["readers"]
    return "everyone" in readers or bool(set(readers) & set(person["teams"]))


def test_every_listed_file_is_there_and_no_other():
    assert sorted(LISTED) == sorted(path.name for path in DOCUMENTS.iterdir())
    assert 24 <= len(LISTED) <= 28


def test_every_format_is_there():
    kinds = {Path(name).suffix for name in LISTED}
    assert kinds >= {".md", ".html", ".docx", ".pdf", ".xlsx", ".pptx", ".eml", ".csv", ".txt", ".odt"}


def test_the_files_are_small():
    sizes = {path.name: path.stat().st_size for path in DOCUMENTS.iterdir()}
    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE} == {}
    assert sum(sizes.values()) < LARGEST_FOLDER


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_document_has_something_to_say(name):
    assert len(words_of(name)) > 600


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_every_quote_stands_in_its_document(question):
    for evidence in question["evidence"]:
        assert flat(evidence["text"]) in words_of(evidence["doc_id"])
    assert question["answerable"] == bool(question["evidence"]) == bool(question["answers"])
    assert set(question.get("near_miss", []) + question.get("superseded", [])) <= set(LISTED)
    if not question["answerable"]:
        assert question["near_miss"]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_a_person_is_expected_to_get_an_answer_exactly_when_they_may_read_all_its_evidence(question):
    for person in COMPANY["people"]:
        readable = all(may_read(person, evidence["doc_id"]) for evidence in question["evidence"])
        expected = "answer" if question["answerable"] and readable else "refuse"
        assert question["expect"][person["key"]] == expected, person["key"]


def test_questions_have_ids_of_their_own():
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS) >= 15


def test_four_people_sign_in_and_none_has_a_password_here():
    assert {person["key"]: person["role"] for person in COMPANY["people"]} == {
        "employee": "member", "admin": "admin", "compliance": "compliance", "owner": "owner",
    }  # fmt: skip
    assert all(person["email"].endswith("@ravelsholme.example") for person in COMPANY["people"])
    assert {field for person in COMPANY["people"] for field in person} == {
        "key", "name", "email", "job", "role", "teams",
    }  # fmt: skip


def test_people_and_teams_agree():
    by_team = {team["slug"]: set(team["members"]) for team in COMPANY["teams"]}
    by_person = {slug: {person["email"] for person in COMPANY["people"] if slug in person["teams"]} for slug in by_team}
    assert by_team == by_person
    readers = {slug for about in [*COMPANY["collections"], *LISTED.values()] for slug in about["readers"]}
    assert readers <= {*by_team, "everyone"}


def test_one_document_is_for_the_people_team_only():
    restricted = [about for about in LISTED.values() if about["restricted"]]
    assert [about["readers"] for about in restricted] == [["people-team"]]
    assert [about["readers"] for about in LISTED.values() if not about["restricted"]] == [[]] * (len(LISTED) - 1)


def test_dates_are_in_order():
    for about in LISTED.values():
        assert date.fromisoformat(about["reviewed_on"]) < date.fromisoformat(about["review_due"])
        assert date.fromisoformat(about["date"]) < date.fromisoformat(about["review_due"])


def test_a_superseding_document_is_newer_and_says_what_it_replaces():
    pairs = [(about, LISTED[about["supersedes"]]) for about in LISTED.values() if about["supersedes"]]
    assert len(pairs) == 1
    for newer, older in pairs:
        assert newer["date"] > older["date"]
        assert re.search(r"It replaces the Remote work policy of 1 February 2024", words_of(newer["file"]))


def test_the_two_that_disagree_are_both_in_force_and_say_different_things():
    [conflict] = COMPANY["conflicts"]
    assert LISTED[conflict["newer"]]["date"] > LISTED[conflict["older"]]["date"]
    assert "within four hours" in words_of(conflict["newer"])
    assert "within 24 hours" in words_of(conflict["older"])
    assert "Acceptable use" not in words_of(conflict["newer"])


def test_the_questions_of_the_ask_page_are_among_the_checked_ones():
    checked = {question["question"]: question for question in QUESTIONS}
    for sample in COMPANY["questions"]:
        wanted = {evidence["doc_id"] for evidence in checked[sample["question"]]["evidence"]}
        assert set(sample["documents"]) == wanted
        assert (sample["expect"] == "refuse") == (not wanted)
    kinds = [checked[sample["question"]]["type"] for sample in COMPANY["questions"]]
    assert kinds.count("two_documents") >= 2
    assert kinds.count("unanswerable") == 1


def test_the_refused_subject_stands_nowhere():
    everything = " ".join(words_of(name) for name in LISTED).lower()
    for word in ("dog", "pets", "tokyo", "japan", "share purchase"):
        assert not re.search(rf"\b{word}\b", everything), word


def test_the_readme_names_every_document():
    readme = (DEMO / "README.md").read_text(encoding="utf-8")
    assert [name for name in LISTED if f"`{name}`" not in readme] == []


def test_the_scanned_page_has_no_text_layer_and_can_be_read_by_a_machine():
    import pypdfium2
    from rapidocr_onnxruntime import RapidOCR

    assert _pdf(DOCUMENTS / SCANNED).strip() == ""
    [page] = pypdfium2.PdfDocument(DOCUMENTS / SCANNED)
    lines, _ = RapidOCR()(page.render(scale=2).to_numpy())
    read = re.sub(r"\W+", "", "".join(line[1] for line in lines)).lower()
    for sentence in ("Bay 2 opens again on Monday 14 December 2026", "Chlorine and acid are not accepted"):
        assert re.sub(r"\W+", "", sentence).lower() in read


def test_multi_page_pdfs_have_three_to_six_pages():
    import pypdfium2

    for name in LISTED:
        if name.endswith(".pdf") and name != SCANNED:
            assert 3 <= len(pypdfium2.PdfDocument(DOCUMENTS / name)) <= 6, name


def test_the_office_files_are_what_their_sources_say(tmp_path):
    subprocess.run([sys.executable, str(HERE / "make_documents.py"), "--out", str(tmp_path)], check=True, timeout=120)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert len(made) == 15
    for name in made:
        if name != SCANNED:
            again = flat(READERS[Path(name).suffix](tmp_path / name))
            assert again == words_of(name), name
