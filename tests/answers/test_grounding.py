"""A sentence is backed only by words that really stand in a passage it cites."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answers.grounding.quote_matching import ground
from answers.grounding.sentence_stream import (
    GroundedStream,
    NotCovered,
    NumberedQuote,
    Statement,
    TextPiece,
    clean_output,
)
from tests.answers.passages import passage

TRAVEL = passage(
    "Hotels are refunded up to 140 EUR a night. Trips longer than five days need the approval of a director.\n"
    "Staff may not fly in business class.\nCity | Limit per night\nOsaka | ¥21,000\nKyoto | ¥18,000"
)
PAYMENTS = passage(
    "Two signatures are required above 5,000 EUR. See https://intra.example/pay for the form.", "Payments"
)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Hotels are refunded up to 140 EUR a night.", "Hotels are refunded up to 140 EUR a night."),
        ("Hotels are paid up to 140 EUR per night.", "Hotels are refunded up to 140 EUR a night."),
        ("A trip of more than 5 days needs a director's approval.",
         "Trips longer than five days need the approval of a director."),
        ("The limit per night in Osaka is ¥21,000.", "Osaka | ¥21,000"),
        ("Business class may not be flown by staff.", "Staff may not fly in business class."),
    ],
)  # fmt: skip
def test_the_quote_is_what_the_passage_says(sentence, quote):
    found = ground(sentence, [TRAVEL])
    assert found.text == quote
    assert TRAVEL.text[found.start : found.end] == quote


def test_a_word_for_word_quote_is_called_exact():
    assert ground("Hotels are refunded up to 140 EUR a night.", [TRAVEL]).exact
    assert not ground("Hotels are paid up to 140 EUR per night.", [TRAVEL]).exact


@pytest.mark.parametrize(
    "sentence",
    [
        "Hotels are refunded up to 150 EUR a night.",  # another figure
        "The limit per night in Nagoya is ¥21,000.",  # another name
        "Trips longer than five days do not need the approval of a director.",  # the contrary
        "Staff may fly in business class.",
        "Employees get 28 days of annual leave.",  # something else
        "Trips longer than six days need the approval of a director.",
    ],
)
def test_what_the_passage_does_not_say_has_no_quote(sentence):
    assert ground(sentence, [TRAVEL]) is None


@pytest.mark.parametrize("written", ["140 EUR", "140\u00a0EUR"])
def test_other_spaces_and_quotation_marks_are_the_same_words(written):
    source = passage(f"The “night rate” is {written} — breakfast’s included.")
    found = ground('The "night rate" is 140 EUR - breakfast\'s included.', [source])
    assert found.exact
    assert found.text == source.text


def test_a_part_of_a_sentence_is_shown_as_the_whole_sentence():
    assert ground("Hotels are refunded up to 140 EUR.", [TRAVEL]).text == "Hotels are refunded up to 140 EUR a night."


def test_a_part_that_its_sentence_turns_round_is_no_quote():
    source = passage("It is not true that hotels are refunded up to 140 EUR.")
    assert ground("Hotels are refunded up to 140 EUR.", [source]) is None


def test_a_word_inside_another_word_is_no_quote():
    assert ground("fast", [passage("Breakfast is included.")]) is None


def test_a_chinese_sentence_is_found_in_a_chinese_passage():
    source = passage("1886 年，在离开爱迪生的公司后，特斯拉与两位商人合作。他死于 1943 年。", "特斯拉")
    assert ground("特斯拉与两位商人合作。", [source]).text.endswith("合作。")


def stream(text: str, size: int, passages=(TRAVEL, PAYMENTS)) -> tuple[GroundedStream, list]:
    reading = GroundedStream(passages)
    events = [event for at in range(0, len(text), size) for event in reading.feed(text[at : at + size])]
    return reading, events + reading.finish()


ANSWER = (
    "Hotels are paid up to **140 EUR** per night [P1]. Trips of more than 5 days need a director's approval. [P1] "
    "See [the form](https://evil.example/?q=1) ![x](http://e.vil/x.png) or https://intra.example/pay and "
    "http://bad.example/x. <img src=x> Three signatures are needed [P2].\n- In Osaka ¥21,000 [P1, P2]\n"
    "[MISSING: garden leave]"
)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_labels_leave_no_trace_however_the_text_is_cut(size):
    reading, events = stream(ANSWER, size)
    assert reading.text == (
        "Hotels are paid up to 140 EUR per night. Trips of more than 5 days need a director's approval. "
        "See the form or https://intra.example/pay and. Three signatures are needed.\n- In Osaka ¥21,000"
    )
    assert "".join(event.text for event in events if isinstance(event, TextPiece)) == reading.text
    assert NotCovered("garden leave") in events
    backed = {statement.text: statement.supported for statement in reading.statements}
    assert backed["Hotels are paid up to 140 EUR per night."]
    assert backed["- In Osaka ¥21,000"]
    assert not backed["Three signatures are needed."]


def test_every_statement_stands_where_it_says():
    reading, _ = stream(ANSWER, 7)
    assert all(reading.text[each.start : each.end] == each.text for each in reading.statements)


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_any_cut_gives_the_same_answer(sizes, random):
    whole, _ = stream(ANSWER, 10_000)
    reading, at, events = GroundedStream((TRAVEL, PAYMENTS)), 0, []
    while at < len(ANSWER):
        size = random.choice(sizes)
        events += reading.feed(ANSWER[at : at + size])
        at += size
    events += reading.finish()
    assert reading.text == whole.text
    assert [each for each in events if isinstance(each, Statement)] == whole.statements


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("[]()P12!<>a .h:/tps*\n"), max_size=60), st.integers(1, 9))
def test_nothing_a_model_writes_breaks_the_reader_or_leaves_a_link(text, size):
    reading, events = stream(text, size)
    assert "".join(event.text for event in events if isinstance(event, TextPiece)) == reading.text
    assert "](" not in reading.text.replace("] (", "") or "[" not in reading.text
    assert all(reading.text[each.start : each.end] == each.text for each in reading.statements)


def test_text_is_shown_before_its_sentence_ends():
    reading = GroundedStream([TRAVEL])
    assert reading.feed("Hotels are") == [TextPiece("Hotels are")]


def test_a_label_that_was_not_given_is_ignored():
    reading, _ = stream("Trips longer than five days need the approval of a director. [P7]", 3)
    assert reading.text.endswith("director.")
    assert [citation.quote.passage_id for citation in reading.statements[0].citations] == [TRAVEL.passage_id]


def test_a_wrong_label_is_mended_when_another_passage_says_it():
    reading, _ = stream("Two signatures are required above 5,000 EUR. [P1]", 100)
    assert reading.statements[0].citations[0].quote.passage_id == PAYMENTS.passage_id


def test_one_quote_keeps_one_number():
    reading, _ = stream("Hotels are refunded up to 140 EUR. [P1] Up to 140 EUR are refunded for hotels. [P1]", 100)
    numbers = [citation.number for statement in reading.statements for citation in statement.citations]
    assert numbers == [1, 1]


def test_a_lead_in_claims_nothing():
    reading, _ = stream("These are the limits:\n- Osaka: ¥21,000 [P1]", 4)
    assert [statement.claims for statement in reading.statements] == [False, True]


def test_a_sentence_may_rest_on_two_passages():
    reading, _ = stream(
        "Hotels are refunded up to 140 EUR, and two signatures are required above 5,000 EUR. [P1, P2]", 9
    )
    cited = {citation.quote.passage_id for citation in reading.statements[0].citations}
    assert cited == {TRAVEL.passage_id, PAYMENTS.passage_id}
    assert isinstance(reading.statements[0].citations[0], NumberedQuote)


def test_a_label_behind_a_bracket_does_not_end_the_sentence():
    reading, _ = stream("Hotels (up to 140 EUR) [P1] are refunded. Then etc. [P1] Next one [P1].", 3)
    assert [each.text for each in reading.statements] == [
        "Hotels (up to 140 EUR) are refunded.",
        "Then etc.",
        "Next one.",
    ]


def test_a_stopped_answer_keeps_what_was_said():
    reading = GroundedStream([TRAVEL])
    reading.feed("Hotels are refunded up to 140 EUR a night. [P1] Trips longer than [")
    reading.finish()
    assert reading.text == "Hotels are refunded up to 140 EUR a night. Trips longer than"
    assert reading.statements[0].supported


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a <script>x</script> b", "a x b"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("![p](http://x.example/?q=secret)", ""),
        ("[text](javascript:alert(1))", "text)"),
        ("<http://x.example>", ""),
        ("see www.x.example/y now", "see now"),
        ("data:text/html;base64,AAAA", ""),
        ("[ref]: http://x.example", "ref"),
        ("an [aside] stays", "an [aside] stays"),
    ],
)
def test_nothing_that_acts_in_a_browser_is_left(written, shown):
    assert clean_output(written) == shown
