"""The words of a table that is held in memory rank as LanceDB's own index ranks them, however the rows came and went."""

from __future__ import annotations

from uuid import uuid4

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.stores.base import Namespace, Query
from knowledge.stores.lance import keyword_index
from knowledge.stores.lance.store import LanceStore
from tests.contracts.vector_store.stage import EVERYTHING, passages

VOCABULARY = ("tea", "cake", "rain", "tram", "ä", "第一", "tea_cake")
texts = st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join)


def scores(words: keyword_index.Words, asked: dict[str, float], *hidden: int) -> np.ndarray:
    among = np.ones(len(words.lengths), bool)
    among[list(hidden)] = False
    return words.scores(asked, among)


def held(rows: list[str]) -> keyword_index.Words:
    return keyword_index.from_column(pa.chunked_array([pa.array(rows, pa.string())]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(texts, max_size=5), max_size=6),
    st.sets(st.integers(0, 29)),
    st.dictionaries(st.sampled_from(VOCABULARY), st.sampled_from([0.5, 1.0]), max_size=3),
    st.randoms(use_true_random=False),
)
def test_what_was_added_dropped_and_moved_scores_as_if_read_at_once(batches, gone, asked, chance):
    words, rows = held([]), []
    for batch in batches:
        words, rows = words.with_rows_of(held(batch)), rows + batch
    stay = [at for at in range(len(rows)) if at not in gone]
    chance.shuffle(stay)
    places = np.full(len(rows), -1)
    places[stay] = np.arange(len(stay))
    words, rows = words.reordered(places), [rows[at] for at in stay]
    assert scores(words, asked).tolist() == pytest.approx(scores(held(rows), asked).tolist(), rel=1e-5)


def test_a_rare_word_counts_more_a_repeated_one_a_little_more_and_a_long_text_less():
    words = held(["tea", "tea tea", "tea cake cake rain tram tram", "cake", "cake", "rain"])
    tea, cake = scores(words, {"tea": 1.0}), scores(words, {"cake": 1.0})
    assert tea[1] > tea[0] > tea[2] > 0
    assert tea[3] == 0
    assert scores(words, {"rain": 1.0})[5] > cake[3], "two texts have it, three have cake"
    assert scores(words, {"tea": 0.5}) == pytest.approx(tea / 2)
    assert not scores(words, {"unheard": 1.0}).any()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(texts, min_size=1, max_size=12),
    st.sets(st.integers(0, 11)),
    st.dictionaries(st.sampled_from(VOCABULARY), st.sampled_from([0.5, 1.0]), min_size=1, max_size=3),
)
def test_what_a_reader_may_not_see_changes_no_score(rows, hidden, asked):
    hidden = {at for at in hidden if at < len(rows)}
    seen = [at for at in range(len(rows)) if at not in hidden]
    told = scores(held(rows), asked, *hidden)
    assert told[seen].tolist() == pytest.approx(scores(held([rows[at] for at in seen]), asked).tolist(), rel=1e-5)
    assert not told[list(hidden)].any()


def test_a_table_ranks_by_words_alike_in_memory_and_when_it_has_outgrown_it(tmp_path):
    where, rows = Namespace(uuid4(), "g"), passages(range(120), each=2)
    small, large = LanceStore(tmp_path / "small"), LanceStore(tmp_path / "large", hold_up_to=50)
    for store in (small, large):
        store.put(where, rows)
        store.optimise(where)
    for terms in ("common part1", "doc7 part0", "only11x1 common", "nothing"):
        query = Query("", terms)
        kept, indexed = (store.search(where, query, readable=EVERYTHING, limit=20) for store in (small, large))
        assert [hit.lexical for hit in kept] == pytest.approx([hit.lexical for hit in indexed], rel=1e-3)
    small.close(), large.close()


def test_a_table_grows_out_of_memory_while_it_is_searched(tmp_path):
    where, store = Namespace(uuid4(), "g"), LanceStore(tmp_path, hold_up_to=50)
    for start in range(0, 60, 10):
        store.put(where, passages(range(start, start + 10), each=2))
        [hit] = store.search(where, Query("", f"only{start}x1"), readable=EVERYTHING, limit=1)
        assert hit.document_no == start
    assert store._folder.mark(where).indexed
    store.close()
