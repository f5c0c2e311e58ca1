"""The words of a passage that a query found."""

import pytest

from knowledge.highlights import highlights


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("The daily meal allowance is 42 euros.", "What is the allowance for meals?", ["meal allowance"]),
        ("Taxis are reimbursed after 22:00.", "taxi reimbursement", ["Taxis", "reimbursed"]),
        ("Cargo is not a car.", "car", ["car"]),
        ("Use the e-mail form PII-3, or max_tokens.", "email form pii-3 tokens", ["e-mail form PII-3", "max_tokens"]),
        ("The Übersicht über die Reisekosten.", "Reisekosten Übersicht", ["Übersicht", "Reisekosten"]),
        ("公司的差旅费用政策", "差旅费用", ["差旅费用"]),
        ("Nothing here.", "the of and", []),
        ("Nothing here.", "", []),
    ],
)
def test_words_that_share_a_stem_are_marked_and_neighbours_are_one(text, query, marked):
    assert [text[start:end] for start, end in highlights(text, query)] == marked
