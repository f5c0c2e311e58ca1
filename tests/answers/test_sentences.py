"""Where sentences end, in whole texts and in texts that are still being written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers.text import sentences


def said(text: str) -> list[str]:
    return [sentence.text for sentence in sentences.split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is paid. Ask her.", ["It is paid.", "Ask her."]),
        ("Mr. J. Petit signed. Then he left.", ["Mr. J. Petit signed.", "Then he left."]),
        ("Pay 3.5% of it, e.g. by card. Why? See p. 12.", ["Pay 3.5% of it, e.g. by card.", "Why?", "See p. 12."]),
        ("She lives in the U.S. He does not.", ["She lives in the U.S.", "He does not."]),
        ("The U.S. Department of State pays.", ["The U.S. Department of State pays."]),
        ("Er starb am 7. Januar 1943. Danach geriet er in Vergessenheit.",
         ["Er starb am 7. Januar 1943.", "Danach geriet er in Vergessenheit."]),
        ("他的专利很多。为什么？好", ["他的专利很多。", "为什么？", "好"]),
        ("Travel\nHotels are paid.", ["Travel", "Hotels are paid."]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("City | Limit\nOsaka | 21,000", ["City | Limit", "Osaka | 21,000"]),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_would_say_so(text, expected):
    assert said(text) == expected


def test_a_line_that_was_only_wrapped_goes_on():
    text = "This is a line which has been wrapped by some program at about\nseventy characters per line. Next one."
    assert len(said(text)) == 2


def test_what_the_edge_of_a_passage_cut_off_is_not_whole():
    text = (
        "and the rest of something. "
        + "A whole sentence stands here. " * 8
        + "This one breaks off in the middle of what it"
    )
    found = sentences.split(text)
    assert [sentence.whole for sentence in found] == [False, *[True] * 8, False]


@given(st.text(alphabet=st.sampled_from("ab A.!?\n 1。|-\"'é")))
def test_spans_never_overlap_and_lose_no_word(text):
    found = sentences.split(text)
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert "".join("".join(sentence.text for sentence in found).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("It is paid", -1),
        ("It is paid.", -1),
        ("It is paid. A", 11),
        ("Mr. P", -1),
        ("At 3.", -1),
        ("好。", -1),
        ("好。再", 2),
        ("A\nB", 1),
    ],
)
def test_a_growing_text_has_a_boundary_only_when_it_is_certain(text, end):
    assert sentences.boundary(text) == end
