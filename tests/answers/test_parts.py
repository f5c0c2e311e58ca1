"""Which questions ask for several things, and how each is called; what asks for one thing is never taken apart."""

from __future__ import annotations

import time

import pytest

from answers.question.parts import LABEL_WORDS, MAX_PARTS, parts


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("What is the notice period, and who approves garden leave?", ["Notice period", "Who approves garden leave"]),
        ("How much is the meal allowance and when is it paid?", ["How much is the meal allowance", "When is it paid"]),
        ("Can I book business class for the Osaka trip, and who has to approve it?",
         ["Can I book business class…", "Who has to approve it"]),
        ("Do I need a visa, and do I get a per diem?", ["Do I need a visa", "Do I get a per diem"]),
        ("What is the limit, who approves it and when is it paid?", ["Limit", "Who approves it", "When is it paid"]),
        ("Is the office open on Sunday? What about Monday?", ["Is the office open on Sunday", "What about Monday"]),
        ("1. What is the notice period?\n2. Who approves garden leave?", ["Notice period", "Who approves garden leave"]),
        ("I lost my badge. Who do I call, and what does it cost?", ["Who do I call", "What does it cost"]),
        ("Can you tell me what the limit is and who approves it?", ["What the limit is", "Who approves it"]),
        ("When I travel, what is paid, and how do I claim it?", ["What is paid", "How do I claim it"]),
        ("And who approves it, and when is it paid?", ["Who approves it", "When is it paid"]),
        ("what is the fee and until when is it due", ["Fee", "Until when is it due"]),
        ("Wie lange ist die Kündigungsfrist und wer genehmigt die Freistellung?",
         ["Wie lange ist die Kündigungsfrist", "Wer genehmigt die Freistellung"]),
        ("Was ist die Kernzeit, und wie viele Tage darf ich zu Hause arbeiten?", ["Kernzeit", "Wie viele Tage…"]),
        ("Was muss ich mitbringen und muss ich mich anmelden?", ["Was muss ich mitbringen", "Muss ich mich anmelden"]),
        ("Wer genehmigt das, wie lange dauert es und was kostet es?",
         ["Wer genehmigt das", "Wie lange dauert es", "Was kostet es"]),
        ("Kannst du mir sagen, wann die Kantine öffnet und was das Essen kostet?",
         ["Wann die Kantine öffnet", "Was das Essen kostet"]),
        ("¿Cuál es el límite y quién aprueba más?", ["Cuál es el límite", "Quién aprueba más"]),
        ("Quel est le plafond et qui approuve les voyages ?", ["Quel est le plafond", "Qui approuve les voyages"]),
    ],
)  # fmt: skip
def test_a_question_for_several_things_has_a_part_for_each(question, labels):
    assert [part.label for part in parts(question)] == labels


@pytest.mark.parametrize(
    "question",
    [
        "How many days a week may I work from home?",
        "What are the rules for travel and expenses?",
        "Who is responsible for research and development?",
        "Who can and must sign a lease?",
        "Who signs and how?",
        "How and when do I get paid?",
        "Can I work on Sundays and when I am sick?",
        "What should I do at home and where I work?",
        "Which forms and which signatures are needed?",
        "What is allowed and what is not?",
        "Where does it say who approves trips and how they are paid?",
        "Which policy says who approves trips and who pays them?",
        "How long do we keep records of who visited and when they left?",
        "What should a new colleague know about how we work and who we are?",
        "What is the difference between sick leave and what the contract calls special leave?",
        "What does the manager, who approves trips, need to sign?",
        "Who signs the lease and is the managing director?",
        "Who wrote “What is life and how is it lived”?",
        "Can I work from home? Yes or no?",
        "Is it allowed? Please answer in German.",
        "The Rhine flows into the IJssel and what other body?",
        "Was darf und muss ich mitbringen?",
        "Wo steht, wer Reisen genehmigt und wie sie bezahlt werden?",
        "Was ist der Unterschied zwischen Urlaub und was im Vertrag Freistellung heißt?",
        "Welche Regeln gelten für Reisen und Spesen?",
        "出差要多少钱，谁来批准？",  # no grammar of this language is known, so it is left whole
        "",
    ],
)
def test_what_asks_for_one_thing_is_left_whole(question):
    assert parts(question) == ()


def test_a_label_is_a_few_words_of_the_question_in_their_order():
    asked = "How many days a week may I work from home, and how soon must lost equipment be reported to the desk?"
    for part in parts(asked):
        words = part.label.rstrip("…").split()
        assert len(words) <= LABEL_WORDS
        assert " ".join(words).casefold() in asked.casefold()


def test_parts_that_begin_alike_are_told_apart():
    first, second = parts("How much is the limit for hotels in Osaka and how much is the limit for hotels in Kyoto?")
    assert first.label.endswith("Osaka")
    assert second.label.endswith("Kyoto")


def test_the_same_question_twice_is_one():
    assert parts("Who signs the lease? Who signs the lease?") == ()


def test_a_questionnaire_is_left_whole():
    assert parts(" ".join(f"What is rule {number} for?" for number in range(MAX_PARTS + 1))) == ()


def test_what_is_missing_reads_on_in_a_sentence():
    assert [part.text for part in parts("What is the notice period, and Who approves garden leave?")] == [
        "the notice period",
        "who approves garden leave",
    ]


@pytest.mark.parametrize(
    "text", ["What is X and who ", " ,", "between and ", "who, ", "is it ", "“ and who is it", "? "]
)
def test_a_long_question_keeps_nobody_waiting(text):
    parts("What is the limit, and who approves it?")  # the rules are made once
    began = time.process_time()
    parts((text * 4000)[:4000])
    assert time.process_time() - began < 0.3  # 15 ms; time in which others had the processor does not count
