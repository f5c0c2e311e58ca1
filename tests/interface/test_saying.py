"""Dates, numbers and names in the portal's words."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tenants import formatting

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (FRIDAY, "Today"),
        (date(2026, 11, 19), "Yesterday"),
        (date(2026, 11, 17), "Tuesday 17 November"),
        (date(2025, 11, 17), "Monday 17 November 2025"),
    ],
)
def test_a_day_is_named_as_a_person_would(day, words):
    assert formatting.day_heading(day, FRIDAY) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 16), "Monday 16 November"),
        (date(2026, 11, 15), "Last week"),
        (date(2026, 11, 9), "Last week"),
        (date(2026, 11, 8), "November"),
        (date(2025, 12, 31), "December 2025"),
    ],
)
def test_history_is_grouped_ever_more_coarsely(day, words):
    assert formatting.history_heading(day, FRIDAY) == words


def test_yesterday_stays_yesterday_across_the_start_of_a_week():
    assert formatting.history_heading(date(2026, 11, 15), date(2026, 11, 16)) == "Yesterday"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 20, 9, 42), "Today 09:42"),
        (datetime(2026, 11, 19, 15, 8), "Yesterday 15:08"),
        (datetime(2026, 10, 12, 11, 2), "12 Oct 11:02"),
        (datetime(2025, 10, 12, 11, 2), "12 Oct 2025 11:02"),
    ],
)
def test_a_moment_says_no_more_than_needed(moment, words):
    assert formatting.when(moment, FRIDAY) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Dana Whitfield", "DW"),
        ("Ana Maria Ruiz", "AR"),
        ("sena@marlow.example", "S"),
        ("dana.w@x.example", "DW"),
        ("", "?"),
    ],
)
def test_initials(name, letters):
    assert formatting.initials(name) == letters


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (8_200_000, "8.2 MB"),
        (44_000_000, "44 MB"),
        (999_960, "1.0 MB"),
    ],
)
def test_sizes(count, words):
    assert formatting.byte_size(count) == words


def test_counts_agree_with_their_nouns():
    assert formatting.counted(1, "source") == "1 source"
    assert formatting.counted(1284, "document") == "1,284 documents"
    assert formatting.counted(2, "person", "people") == "2 people"


def test_seconds_are_as_exact_as_they_are_short():
    assert [formatting.seconds(value) for value in (0.24, 1.8, 12.4, 200)] == ["0.2 s", "1.8 s", "12 s", "3 min"]
