"""The words of a passage that a query found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.retrieval.highlights import highlights
from knowledge.text import analysis

WORDS = ["meal", "Meals", "e-mail", "PII-3", "max_tokens", "messageBatch", "C++", "50,000", "café", "allowance", "(see"]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("The daily meal allowance is 42 euros.", "What is the allowance for meals?", ["meal allowance"]),
        ("Taxis are reimbursed after 22:00.", "taxi reimbursement", ["Taxis", "reimbursed"]),
        ("Cargo is not a car.", "car", ["car"]),
        ("Use the e-mail form PII-3, or max_tokens.", "email form pii-3 tokens", ["e-mail form PII-3", "max_tokens"]),
        ("The Übersicht über die Reisekosten.", "Reisekosten Übersicht", ["Übersicht", "Reisekosten"]),
        ("A messageBatch is sent.", "batches", ["messageBatch"]),
        ("公司的差旅费用政策", "差旅费用", ["差旅费用"]),
        ("Nothing here.", "the of and", []),
        ("Nothing here.", "", []),
    ],
)
def test_words_that_share_a_stem_are_marked_and_neighbours_are_one(text, query, marked):
    assert [text[start:end] for start, end in highlights(text, query)] == marked


@given(
    st.lists(st.sampled_from(WORDS), max_size=12),
    st.sampled_from([" ", "\n", " - ", "/", ". "]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
)
def test_looking_only_where_a_word_may_begin_finds_what_looking_everywhere_finds(words, between, asked):
    text = between.join(words)
    wanted = set(analysis.terms(" ".join(asked)).split())
    everywhere = [each[:2] for each in analysis.located(text, "en") if wanted & set(each[2])]
    some = analysis.located(text, "en", among={stem[:3] for stem in wanted})
    assert [each[:2] for each in some if wanted & set(each[2])] == everywhere
