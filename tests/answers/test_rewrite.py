"""A follow-up stands on its own before it is searched for."""

from __future__ import annotations

import pytest

from answers.answer_models.base import PreviousTurn
from answers.generation.rewrite import rewrite


def turns(*questions: str) -> list[PreviousTurn]:
    return [PreviousTurn(question, "An answer.") for question in questions]


@pytest.mark.parametrize(
    ("before", "asked", "becomes"),
    [
        ("What is the hotel limit in Osaka?", "and in Kyoto?", "What is the hotel limit in Kyoto?"),
        ("What is the hotel limit in Osaka?", "And for Kyoto?", "What is the hotel limit in Kyoto?"),
        ("What is the hotel limit in Osaka?", "What about Kyoto?", "What is the hotel limit in Kyoto?"),
        ("What is the per diem for Germany in 2025?", "and for Japan?", "What is the per diem for Japan in 2025?"),
        ("How many signatures are needed above 5,000 EUR?", "and above 10,000 EUR?",
         "How many signatures are needed above 10,000 EUR?"),
        ("How many days of annual leave do employees get?", "what about contractors?",
         "How many days of annual leave do employees get, for contractors?"),
        ("Who may approve a trip longer than five days?", "why?", "Why: approve a trip longer than five days?"),
        ("What is the notice period?", "Is that paid?", "Is that paid (notice period)?"),
        ("Wie viele Urlaubstage habe ich in Berlin?", "und in München?", "Wie viele Urlaubstage habe ich in München?"),
    ],
)  # fmt: skip
def test_a_follow_up_borrows_what_it_leaves_out(before, asked, becomes):
    assert rewrite(asked, turns(before)).question == becomes


@pytest.mark.parametrize(
    "asked",
    [
        "How many days of sick leave may I request?",
        "Where is the office?",
        "What is the hotel limit in Osaka?",
        "Does that include holidays in Spain?",
    ],
)
def test_a_question_that_stands_on_its_own_stays(asked):
    assert rewrite(asked, turns("What is the notice period?")).phrasings == (asked,)


def test_without_a_conversation_nothing_changes():
    rewritten = rewrite("why?")
    assert rewritten.phrasings == ("why?",)
    assert not rewritten.changed


def test_a_chain_of_follow_ups_is_resolved_from_the_start():
    assert rewrite("and in Berlin?", turns("What is the hotel limit in Osaka?", "and in Kyoto?")).question == (
        "What is the hotel limit in Berlin?"
    )


def test_there_are_never_more_than_three_phrasings_and_none_twice():
    phrasings = rewrite("What about Kyoto?", turns("What is the hotel limit in Osaka?")).phrasings
    assert 1 < len(phrasings) <= 3
    assert len(set(phrasings)) == len(phrasings)
