from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.indexes.chunking import ChunkRules, chunk, embedding_text
from knowledge.parsers.base import Block, PageSpan, ParsedDocument
from knowledge.text.sentences import sentence_spans, weight

RULES = ChunkRules()
SENTENCE = "The travel office pays hotel costs of up to 140 euros a night when a receipt is handed in. "


def written(*parts: tuple[str, str, int], pages: bool = False) -> ParsedDocument:
    """A document from (kind, text, level); a part of kind "page" begins a new page."""
    text, blocks, starts = "", [], [0]
    for kind, content, level in parts:
        if kind == "page":
            starts.append(len(text))
            continue
        blocks.append(Block(kind, len(text), len(text) + len(content), level))
        text += content + "\n\n"
    ends = [*starts[1:], len(text)]
    spans = [PageSpan(n, a, b) for n, (a, b) in enumerate(zip(starts, ends, strict=True), 1)] if pages else []
    return ParsedDocument(text, "text/plain", tuple(spans), tuple(blocks))


def test_a_short_document_is_one_passage():
    parsed = written(("heading", "Hotels", 1), ("paragraph", SENTENCE.strip(), 0))
    [only] = chunk(parsed, RULES)
    assert only.text == parsed.text.strip()
    assert only.page == 1
    assert only.heading_path == ("Hotels",)


def test_an_empty_document_has_no_passages():
    assert chunk(ParsedDocument(" \n ", "text/plain"), RULES) == []


def test_a_long_section_is_cut_between_sentences_with_an_overlap():
    parsed = written(("heading", "Hotels", 1), ("paragraph", (SENTENCE * 40).strip(), 0))
    passages = chunk(parsed, RULES)
    assert len(passages) > 3
    for one, other in pairwise(passages):
        assert one.text.endswith("in.")
        assert other.text.startswith("The travel")
        assert other.start < one.end, "the next passage repeats the end of this one"
        assert weight(parsed.text[other.start : one.end]) <= RULES.overlap
    assert all(passage.heading_path == ("Hotels",) for passage in passages)
    assert min(weight(passage.text) for passage in passages) > RULES.words / 2, "no scrap is left at the end"


def test_passages_do_not_run_over_a_heading_of_the_first_two_levels():
    body = (SENTENCE * 5).strip()
    parsed = written(("heading", "Travel", 1), ("paragraph", body, 0), ("heading", "Meals", 2), ("paragraph", body, 0))
    assert [passage.heading_path for passage in chunk(parsed, RULES)] == [("Travel",), ("Travel", "Meals")]


def test_tiny_sections_are_joined_and_named_by_the_headings_they_share():
    parts = [("heading", "Handbook", 1)]
    for name in ("Parking", "Keys", "Plants"):
        parts += [("heading", name, 2), ("paragraph", f"Ask the reception about {name.lower()}.", 0)]
    [only] = chunk(written(*parts), RULES)
    assert only.heading_path == ("Handbook",)


def test_a_page_ends_a_passage_so_that_a_citation_names_the_right_one():
    parsed = written(
        ("paragraph", SENTENCE.strip(), 0), ("page", "", 0), ("paragraph", SENTENCE.strip(), 0), pages=True
    )
    assert [passage.page for passage in chunk(parsed, RULES)] == [1, 2]


def test_a_table_is_cut_between_rows_and_its_header_goes_with_each_part():
    rows = [("table_row", f"Office chair {n} | {n} EUR | in stock since the first of January", 0) for n in range(60)]
    parsed = written(("table_header", "Item | Price | Remark", 0), *rows)
    passages = chunk(parsed, RULES)
    assert len(passages) > 2
    for passage in passages:
        assert passage.text.startswith(("Item", "Office"))
        assert passage.text.endswith("January")
        assert embedding_text("Prices", passage).count("Item | Price | Remark") == 1
    assert "Item | Price" not in passages[1].text


def test_text_without_spaces_is_measured_in_characters():
    sentence = "员工每年享有二十八天带薪年假，必须提前两周向直属主管提出申请。"
    parsed = written(("paragraph", sentence * 60, 0))
    passages = chunk(parsed, RULES)
    assert all(weight(passage.text) <= RULES.words for passage in passages)
    assert all(passage.text.endswith("。") for passage in passages)
    assert 4 < len(passages) < 12


def test_a_heading_is_never_the_last_thing_in_a_passage():
    parts = []
    for n in range(12):
        parts += [("heading", f"Step {n}", 3), ("paragraph", (SENTENCE * 3).strip(), 0)]
    for passage in chunk(written(*parts), RULES):
        assert not passage.text.splitlines()[-1].startswith("Step")


def test_the_embedding_text_says_nothing_twice():
    parsed = written(("heading", "Hotels", 1), ("paragraph", SENTENCE.strip(), 0))
    [only] = chunk(parsed, RULES)
    assert embedding_text("Travel policy", only).splitlines()[0] == "Travel policy"
    assert embedding_text("hotels", only) == only.text


def test_abbreviations_and_numbers_do_not_end_a_sentence():
    text = "Ask Dr. Baumann, e.g. by mail, about Art. 5 of version 2.1. The rest is easy! Is it? Yes."
    assert [text[a:b] for a, b in sentence_spans(text, 0, len(text))] == [
        "Ask Dr. Baumann, e.g. by mail, about Art. 5 of version 2.1.", "The rest is easy!", "Is it?", "Yes."
    ]  # fmt: skip


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Zs", "Zl", "Zp", "Cc")), min_size=1, max_size=30
)
prose = st.lists(words | st.sampled_from(["end.", "年假", "ไทยไม่มีเว้นวรรค", "x" * 900]), min_size=1, max_size=120).map(
    " ".join
)
kinds = st.sampled_from(["heading", "paragraph", "list_item", "table_header", "table_row", "code", "page", "unmarked"])


@st.composite
def documents(draw):
    parts = draw(st.lists(st.tuples(kinds, prose, st.integers(1, 6)), max_size=14))
    parsed = written(*parts, pages=draw(st.booleans()))
    blocks = tuple(block for block in parsed.blocks if block.kind != "unmarked")
    return ParsedDocument(parsed.text, parsed.media_type, parsed.pages, blocks)


@settings(max_examples=150, deadline=None)
@given(documents(), st.sampled_from([ChunkRules(), ChunkRules(20, 5), ChunkRules(60, 0)]))
def test_every_document_is_covered_within_the_limits(parsed, rules):
    passages = chunk(parsed, rules)
    text, reached = parsed.text, 0
    for number, passage in enumerate(passages):
        assert passage.ordinal == number
        assert passage.text == text[passage.start : passage.end]
        assert passage.text.strip() == passage.text
        assert not text[reached : passage.start].strip(), "text between passages was lost"
        assert passage.end > reached, "a passage brings nothing new"
        assert weight(passage.text) <= rules.words * 1.5 + 1
        reached = passage.end
        for page in parsed.pages:
            if page.number == passage.page:
                assert page.start <= passage.start < page.end
    assert not text[reached:].strip()
