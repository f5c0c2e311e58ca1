"""A small file of text does not keep a reading process busy."""

from __future__ import annotations

import time

import pytest

from knowledge.parsers.formats.html import read_html
from knowledge.parsers.formats.mail import read_mail
from knowledge.parsers.formats.markdown import read_markdown
from knowledge.parsers.formats.markdown_emphasis import without_emphasis

SIZE = 40_000  # bytes; the first of these took 27 seconds
SECONDS = 1.5  # of processor time; each takes less than 0.2


def repeated(text: str) -> str:
    return text * (SIZE // len(text))


HOSTILE = {
    "strong words that never end": repeated("**a "),
    "three kinds of strong words": repeated("***a ~~b ==c "),
    "underlines that never end": repeated("__a ___b _c "),
    "words with underlines inside": repeated("_a_b "),
    "addresses that never end": repeated("<http:a"),
    "footnotes that never end": repeated("[^a"),
    "generated tags that never end": repeated("{% a "),
    "generated tags with a quote that never ends": repeated("{% a ") + '"%}',
    "one generated tag of one word": "{% " + "a" * SIZE,
    "comments of a generator that never end": repeated("{% comment %}"),
    "a heading with a wide gap": "# a" + " " * SIZE + "b",
    "a table's second line with a wide gap": "a|b\n-" + " " * SIZE + "x|",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_never_ends_is_searched_for_once(name):
    began = time.process_time()
    read_markdown(HOSTILE[name])
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**a** and __b__", "a and b"),
        ("***a***, **b *c* d**", "a, b c d"),
        ("a **b, ~~c~~ and ==d==", "a **b, c and d"),
        ("snake_case_name and _this_", "snake_case_name and this"),
        ("2 ** 3, *a* b*c*d", "2 ** 3, a b*c*d"),
        (r"\_a_ \*b*", r"\_a_ \*b*"),
    ],
)
def test_marks_go_and_words_stay(written, read):
    assert without_emphasis(written) == read


def test_headings_lose_the_marks_that_close_them():
    headings = [piece.text for piece in read_markdown("# One #\n\n## Two ##   \n\n### C#\n\n# Three \\# four\n").pieces]
    assert headings == ["One", "Two", "C#", "Three # four"]


def test_a_set_aside_part_goes_and_one_that_never_ends_stays():
    text = "a {% comment %}hidden{% endcomment %} b {% comment %} c"
    assert [piece.text for piece in read_markdown(text).pieces] == ["a  b  c"]


def _many(text: str, ending: str = "") -> str:
    return repeated(text) + ending


HOSTILE_FILES = {
    "tags that never end": (read_html, _many("<div")),
    "attributes that never end": (read_html, _many('<div a="')),
    "comments that never end": (read_html, _many("<!-- >")),
    "a block of Markdown whose tag never ends": (read_markdown, "<div\n" + _many("a\n")),
    "a block of Markdown whose attribute never ends": (read_markdown, '<div a="\n' + _many(">\n")),
    "comments of Markdown that never end": (read_markdown, _many("<!--")),
    "a mail to very many people": (read_mail, "To: " + _many("a@b, ", "\n\nwords")),
    "a mail with quotes that never end": (read_mail, "To: " + _many('"', "\n\nwords")),
    "a mail whose type has very many parameters": (
        read_mail,
        "Content-Type: text/plain; " + _many('a="b";', "\n\nwords"),
    ),
}


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_pages_and_mails_that_never_end_are_read_at_once(name):
    read, text = HOSTILE_FILES[name]
    began = time.process_time()
    read(text)
    assert time.process_time() - began < SECONDS


def test_what_never_ends_is_text():
    assert [piece.text for piece in read_html("<p>one</p><p>two <b three").pieces] == ["one", "two <b three"]
