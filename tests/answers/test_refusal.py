"""Whether the passages are enough to answer from: an honest refusal instead of a guess, in every language."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest

from answers.grounding.evidence import LENIENT, judge
from tests.answers.passages import passage

HOTELS = passage("Hotels are refunded up to 140 EUR a night. Trips need approval.", score=1.0, dense=0.62, lexical=9.0)
BADGES = passage("A lost badge is reported to reception.", "Site guide", score=0.4, dense=0.15, lexical=0.0)


def test_what_the_passages_say_is_enough():
    verdict = judge("How much is refunded for a hotel night?", [HOTELS, BADGES])
    assert verdict.enough
    assert verdict.reason == ""
    assert verdict.missing == ()


def test_another_topic_is_not_enough_and_says_what_is_missing():
    verdict = judge("How many shares may employees buy?", [replace(HOTELS, dense=0.1, lexical=0.0), BADGES])
    assert not verdict.enough
    assert verdict.reason == "off_topic"
    assert set(verdict.missing) == {"shares", "employees", "buy"}


def test_the_topic_without_the_answer_is_not_enough():
    verdict = judge("What is the hotel limit in Tokyo for trainees?", [replace(HOTELS, dense=0.3, lexical=2.0), BADGES])
    assert not verdict.enough
    assert "Tokyo" in verdict.missing


def test_nothing_found_is_not_enough():
    verdict = judge("How much?", [])
    assert (verdict.enough, verdict.confidence, verdict.reason) == (False, 0.0, "nothing_found")


def test_headings_alone_are_not_enough():
    assert judge("Hotels?", [passage("Hotels")]).reason == "nothing_found"


def test_a_table_is_judged_by_its_row_and_not_by_the_whole_passage():
    contacts = passage("Topic | Contact\nSpare parts | parts@firm.example\nLeave | people@firm.example", dense=0.3)

    def embed(texts):
        return [[1.0, 0.0] if "parts" in text.lower() else [0.0, 1.0] for text in texts]

    question = "Whom do I write to about spare parts?"
    assert judge(question, [contacts], embed=embed).confidence > judge(question, [contacts]).confidence


def test_a_writing_model_is_given_more_doubtful_passages_than_we_would_answer_from():
    doubtful = [replace(HOTELS, dense=0.42, lexical=2.0), BADGES]
    question = "Is a hotel with breakfast refunded for trainees?"
    assert not judge(question, doubtful).enough
    assert judge(question, doubtful, threshold=LENIENT).enough


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Wie viel wird für eine Hotelnacht erstattet?", "Eine Hotelnacht wird mit bis zu 140 EUR erstattet."),
        ("¿Cuánto se reembolsa por una noche de hotel?", "Una noche de hotel se reembolsa hasta 140 EUR."),
        ("كم يوما تستغرق إجازة الموظف؟", "إجازة الموظف السنوية 28 يوما."),
        ("特斯拉是哪一年去世的？", "特斯拉于 1943 年 1 月 7 日去世。"),
    ],
)
def test_a_language_the_embedder_does_not_know_is_no_reason_to_refuse(question, text):
    assert judge(question, [passage(text, "", dense=0.2, lexical=8.0), passage("Etwas anderes.", "", dense=0.2)]).enough


@pytest.mark.slow
@pytest.mark.parametrize("code", ["en", "de", "zh"])
def test_on_the_dev_data_most_questions_are_judged_rightly(shared_data, code):
    from knowledge.embedders.minilm import MiniLM
    from tests.benchmarks import dev_retrieval

    documents, questions = next(
        (documents, questions) for name, documents, questions in dev_retrieval._sets() if name == f"xquad_{code}"
    )
    embedder = MiniLM()
    answered, refused, asked = 0, 0, 0
    for item in islice(dev_retrieval._ask(f"xquad_{code}", documents, questions[:40], embedder), 40):
        if any(item.gold):
            asked += 1
            answered += judge(item.question, item.passages, embed=embedder.embed).enough
            rest = [each for each, gold in zip(item.passages, item.gold, strict=True) if not gold]
            refused += not judge(item.question, rest, embed=embedder.embed).enough
    assert answered / asked > 0.75
    assert refused / asked > 0.65
