"""Text files: encodings, HTML, Markdown, tables, data and mail."""

from __future__ import annotations

import pytest

from knowledge.parsers.base import ParseFailed
from knowledge.parsers.decode import decode
from knowledge.parsers.document_builder import DocumentElement, assemble
from knowledge.parsers.formats.html import read_html
from knowledge.parsers.formats.mail import read_mail
from knowledge.parsers.formats.markdown import read_markdown
from knowledge.parsers.formats.plain import read_csv, read_json, read_text, read_xml


def text_of(draft) -> str:
    return assemble(draft, "text/plain", max_characters=1_000_000).text


def kinds_of(draft) -> list[tuple[str, int]]:
    return [(piece.kind, piece.level) for piece in draft.pieces if isinstance(piece, DocumentElement)]


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("Die schöne Müllerin – für 12 € im Café", "cp1252"),
        ("Grüße aus Köln", "utf-8"),
        ("Grüße aus Köln", "utf-8-sig"),
        ("Plain words, as a program writes them", "utf-16-le"),
        ("Plain words, as a program writes them", "utf-16-be"),
        ("Plain words, as a program writes them", "utf-16"),
        ("氏名,部署\n佐藤太郎,営業部\n髙橋淳,人事部\n鈴木花子,経理部\n", "cp932"),
        ("Правила отпуска: каждый сотрудник имеет двадцать восемь дней отпуска в году.", "cp1251"),
    ],
)
def test_every_usual_encoding_is_read(words, encoding):
    assert decode(words.encode(encoding)) == (words, True)


def test_one_broken_byte_does_not_turn_utf_8_into_something_else():
    words = "Die schöne Müllerin geht über die Brücke nach Köln. " * 5
    text, complete = decode(words.encode() + b"\xff")
    assert text.startswith(words)
    assert not complete


@pytest.mark.parametrize(
    "hiding",
    [
        '<p style="display:none">SECRET</p>',
        '<p style="visibility: hidden">SECRET</p>',
        "<p hidden>SECRET</p>",
        '<p style="font-size:0">SECRET</p>',
        '<p style="opacity:0">SECRET</p>',
        '<p style="position:absolute;left:-9999px">SECRET</p>',
        '<p style="color:#fff">SECRET</p>',
        '<p style="color:red;background:red">SECRET</p>',
        '<style>.x, #y {display:none}</style><p class="a x">SECRET</p>',
        '<div style="display:none"><table><tr><td><p>SECRET</td></tr></table></div>',
    ],
)
def test_what_a_browser_hides_is_left_out_and_told(hiding):
    draft = read_html(f"<html><body><p>Seen</p>{hiding}<p>Seen too</p></body></html>")
    assert text_of(draft) == "Seen\n\nSeen too"
    assert [warning.code for warning in draft.warnings] == ["hidden_text"]


@pytest.mark.parametrize(
    "unread",
    [
        "<script>SECRET</script>",
        "<style>SECRET</style>",
        "<!-- SECRET -->",
        "<template>SECRET</template>",
        '<img alt="SECRET">',
        "<noscript>SECRET</noscript>",
    ],
)
def test_what_is_no_text_of_a_page_is_left_out(unread):
    assert text_of(read_html(f"<p>Seen</p>{unread}<p>Seen too</p>")) == "Seen\n\nSeen too"


def test_white_letters_on_a_dark_ground_are_seen():
    shown = '<table bgcolor="#003366"><tr><td><b style="color:white">Rates</b></td></tr></table><div style="background:#000"><p style="color:#fff">Dark</p></div>'
    assert text_of(read_html(shown)) == "Rates\n\nDark"


def test_html_that_leaves_its_elements_open_is_read_as_in_a_browser():
    draft = read_html(
        "<head><title>T</title><h1>Head<p>One<p>Two<ul><li>a<li>b<ol start=3><li>c</ol></ul><table><caption>Cap<tr><td>x<td>y<tr><td>1<td>2</table>"
    )
    assert text_of(draft) == "Head\n\nOne\n\nTwo\n\na\nb\n3. c\n\nCap\n\nx | y\n1 | 2"
    assert draft.title == "T"


def test_depth_costs_nothing():
    assert text_of(read_html("<div>" * 100_000 + "deep")) == "deep"


def test_a_table_that_only_arranges_a_page_is_read_as_its_text():
    draft = read_html("<table><tr><td><h1>Left</h1><p>One</p></td><td><p>Two</p></td></tr></table>")
    assert kinds_of(draft) == [("heading", 1), ("paragraph", 0), ("paragraph", 0)]


def test_markdown_loses_its_marks_and_keeps_its_structure():
    source = """---
title: "Leave rules"
date: 2026-03-02
---
Annual leave
============

Every *employee* has **28 days** of `annual_leave` ([rules](https://a.example/b_(c)), <https://d.example>).
![a picture](x.png)

1. Ask
   - first, with snake_case_words
2. Go

> Quoted \\*stars\\*

| Kind | Days |
|------|-----:|
| Full | 28 \\| 30 |

```python
x = 1  # **kept**
```
"""
    draft = read_markdown(source)
    assert text_of(draft) == (
        "Annual leave\n\nEvery employee has 28 days of annual_leave (rules, https://d.example).\n\n"
        "1. Ask\nfirst, with snake_case_words\n2. Go\n\nQuoted *stars*\n\nKind | Days\nFull | 28 | 30\n\nx = 1  # **kept**"
    )
    assert (draft.title, draft.created) == ("Leave rules", "2026-03-02")
    assert [kind for kind, _ in kinds_of(draft)] == [
        "heading",
        "paragraph",
        "list_item",
        "list_item",
        "list_item",
        "paragraph",
        "table_header",
        "table_row",
        "code",
    ]


def test_html_inside_markdown_is_read_and_hides_what_it_hides():
    draft = read_markdown(
        'Seen <b>bold</b> <span style="display:none">SECRET</span>\n\n<div hidden>\n\nSECRET\n\n</div>\n\nEnd'
    )
    assert text_of(draft) == "Seen bold\n\nEnd"
    assert [warning.code for warning in draft.warnings] == ["hidden_text"]


def test_lines_that_a_program_broke_are_joined_and_others_are_not():
    wrapped = "Hotel costs are refunded up to 140 EUR a night when a\nreceipt is handed in within thirty days.\n\nAcme Ltd\n1 High Street\nHamburg"
    assert text_of(read_text(wrapped)) == wrapped.replace("when a\nreceipt", "when a receipt")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_cells_are_parted_by_what_parts_them(delimiter):
    rows = [["City", "Rate"], ["Hamburg, Altona" if delimiter != "," else "Hamburg", "140"], ["Lisbon", "125"]]
    draft = read_csv("\n".join(delimiter.join(row) for row in rows))
    assert [list(piece.cells) for piece in draft.pieces] == rows


def test_data_are_read_with_their_names():
    assert (
        text_of(read_json('{"travel": {"hotel": 140, "paid": true}, "cities": ["Hamburg", "Lisbon"]}'))
        == "travel:\nhotel: 140\npaid: true\ncities:\nHamburg\nLisbon"
    )
    assert (
        text_of(read_json('[{"city": "Hamburg", "rate": 140}, {"city": "Lisbon", "rate": 125}]'))
        == "city | rate\nHamburg | 140\nLisbon | 125"
    )


def test_json_as_deep_as_a_well_is_refused_or_read():
    with pytest.raises(ParseFailed, match="damaged"):
        read_json("[" * 200_000)


def test_xml_of_any_kind_gives_its_text():
    assert (
        text_of(read_xml('<?xml version="1.0"?><a><b>One &amp; two</b><c><![CDATA[Three]]></c></a>'))
        == "One & two\n\nThree"
    )


def test_a_mail_is_read_with_what_a_person_sees_of_it():
    source = "From: Ann <ann@a.example>\nTo: bob@a.example\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nDate: Mon, 02 Mar 2026 09:00:00 +0000\nContent-Type: text/html\n\n<p>Hello</p><p style='display:none'>SECRET</p>"
    draft = read_mail(source)
    assert (
        text_of(draft)
        == "Grüße\n\nFrom: Ann <ann@a.example>\nTo: bob@a.example\nDate: Mon, 02 Mar 2026 09:00:00 +0000\n\nHello"
    )
    assert (draft.title, draft.created) == ("Grüße", "2026-03-02")


@pytest.mark.parametrize(
    "body",
    [
        'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\n\nMIIB',
        'Content-Type: multipart/encrypted; boundary="b"\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b--',
        "Content-Type: text/plain\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----",
    ],
)
def test_an_encrypted_mail_is_told_from_one_with_text(body):
    with pytest.raises(ParseFailed) as failed:
        read_mail(f"From: a@a.example\nSubject: Hello\n{body}\n")
    assert failed.value.code == "encrypted_mail"


def test_no_character_that_means_nothing_comes_through():
    assert text_of(read_text("Ho\0tel\u200b co\u00adsts\u202e reversed\x07")) == "Hotel costs reversed"
