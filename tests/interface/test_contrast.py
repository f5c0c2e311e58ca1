"""Every ratio that the interface promises, computed from the stylesheet: 4.5 for words, 3 for edges and chart lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "portal/static/portal/css"
PAIR = re.compile(r"--([\w-]+):\s*light-dark\(\s*(#[0-9A-Fa-f]{6})\s*,\s*(#[0-9A-Fa-f]{6})\s*\)\s*;")
SURFACES = ("paper", "nav", "raised", "sunk", "fill")
THEMES = ("light", "dark")


def tokens() -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, dark in PAIR.findall((CSS / "tokens.css").read_text())}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def worst(front: str, grounds: tuple[str, ...], theme: str) -> float:
    at, known = THEMES.index(theme), tokens()
    return min(ratio(known[front][at], known[ground][at]) for ground in grounds)


WORDS = [
    *[(front, SURFACES) for front in ("ink", "ink-2", "ink-3", "accent", "ok", "warn", "bad")],
    ("ink-3", ("nav-on",)),
    ("ink", ("nav-on", "wash")),
    ("ink-2", ("nav-on", "wash")),
    ("accent", ("wash",)),
    ("on-accent", ("accent", "accent-hover")),
    ("on-bad", ("bad",)),
    ("ink", ("mark", "mark-soft")),
    ("ok", ("ok-wash", "wash")),
    ("warn", ("warn-wash", "wash")),
    ("bad", ("bad-wash", "wash")),
    ("avatar-ink", ("avatar",)),
    ("paper", ("ink",)),  # the bulk bar: ink on paper, reversed
]
EDGES = [
    ("edge", SURFACES),
    ("accent", (*SURFACES, "wash")),  # the ring around what has the focus
    ("mark-edge", ("paper", "raised")),
    ("series-2", ("paper", "raised")),
    ("series-3", ("paper", "raised")),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "grounds"), WORDS, ids=lambda value: str(value))
def test_words_can_be_read_on_everything_they_stand_on(front, grounds, theme):
    assert worst(front, grounds, theme) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "grounds"), EDGES, ids=lambda value: str(value))
def test_edges_and_lines_can_be_told_from_what_is_beside_them(front, grounds, theme):
    assert worst(front, grounds, theme) >= 3


def test_a_document_page_is_read_as_printed_in_both_themes():
    page_ink = re.search(r"--page-ink:\s*(#[0-9A-Fa-f]{6})", (CSS / "tokens.css").read_text()).group(1)
    for ground in ("raised", "mark", "mark-soft"):
        assert ratio(page_ink, tokens()[ground][0]) >= 4.5


def test_the_measure_itself_knows_the_extremes():
    assert round(ratio("#000000", "#FFFFFF"), 1) == 21.0
    assert ratio("#777777", "#777777") == 1.0


def test_colours_are_written_in_one_place_only():
    literal = re.compile(r"#[0-9A-Fa-f]{3,8}\b(?!\")|\brgba?\(|\bhsla?\(")
    found = [
        f"{sheet.name}: {line.strip()}"
        for sheet in sorted(CSS.glob("*.css"))
        if sheet.name != "tokens.css"
        for line in sheet.read_text().splitlines()
        if literal.search(line)
    ]
    assert found == []
