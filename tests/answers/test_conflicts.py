"""Two documents that state different things about the same; and the many that only seem to."""

from __future__ import annotations

import pytest

from answers.grounding import conflicts
from tests.answers.passages import passage

OLD = passage(
    "If a laptop, tablet or phone is lost or stolen, tell the service desk within 24 hours.",
    "Acceptable use",
    document_date="2025-03-01",
)
NEW = passage(
    "A laptop, phone or hardware key that is lost or stolen must be reported to Security on call within four hours.",
    "Incident response plan",
    document_date="2026-02-01",
)
ASKED = "My laptop was stolen. How soon must I report it?"


def test_two_figures_for_the_same_thing_disagree_and_the_newer_comes_first():
    found = conflicts.find(ASKED, [OLD, NEW])
    assert (found.newer.conflicting_value, found.older.conflicting_value) == ("four hours", "24 hours")
    assert found.newer.passage is NEW
    assert found.dated
    assert found.older.text == OLD.text[found.older.start : found.older.end]


def test_without_dates_neither_is_called_newer():
    found = conflicts.find(ASKED, [passage(OLD.text, "A"), passage(NEW.text, "B")])
    assert not found.dated


def test_two_people_for_the_same_duty_disagree():
    one = passage("Purchase orders above 5,000 EUR are signed by Anna Petit.", "Purchasing", document_date="2026-01-01")
    other = passage("Purchase orders above 5,000 EUR are signed by Jonas Weber.", "Finance", document_date="2024-01-01")
    found = conflicts.find("Who signs purchase orders above 5,000 EUR?", [one, other])
    assert (found.newer.conflicting_value, found.older.conflicting_value) == ("Anna Petit", "Jonas Weber")


def test_one_signature_and_two_signatures_disagree():
    one = passage("A purchase order above 5,000 EUR needs one signature.", "Handbook", document_date="2022-01-01")
    two = passage("Purchase orders above 5,000 EUR need two signatures.", "Delegation", document_date="2026-01-01")
    found = conflicts.find("How many signatures does a purchase order above 5,000 EUR need?", [one, two])
    assert (found.newer.conflicting_value, found.older.conflicting_value) == ("two signatures", "one signature")


@pytest.mark.parametrize(
    ("question", "passages"),
    [
        (ASKED, [passage(OLD.text, "Acceptable use", superseded=True), NEW]),
        (ASKED, [passage(OLD.text, document="same"), passage(NEW.text, document="same")]),
        (ASKED, [OLD, passage("A stolen laptop or phone must be reported to Security within one day.", "Plan")]),
        ("What is the hotel limit?",
         [passage("The hotel limit is 140 EUR a night."), passage("The meal limit is 40 EUR.")]),
        ("What is the deductible of the plan?",
         [passage("The deductible of the plan is $500 a year.", "Standard plan benefits"),
          passage("The deductible of the plan is $200 a year.", "Plus plan benefits")]),
        ("How many quotes does an order for £14,000 need?",
         [passage("Value | What is needed\n£5,000 to £25,000 | three written quotes", "Purchasing"),
          passage("Approver | Limit\nManager | £10,000", "Delegation of authority")]),
        ("Who leads the Berlin office?",
         [passage("Anna Petit leads the Berlin office."), passage("Jonas Weber leads the Cork office.")]),
        ("Must a stolen laptop be reported?", [OLD, NEW]),
    ],
    ids=["superseded", "one document", "same length", "other things", "siblings", "tiers", "other places", "not asked"],
)  # fmt: skip
def test_what_only_seems_to_disagree_is_no_conflict(question, passages):
    assert conflicts.find(question, passages) is None


def test_nothing_to_compare_is_no_conflict():
    assert conflicts.find(ASKED, []) is None
    assert conflicts.find(ASKED, [NEW]) is None
