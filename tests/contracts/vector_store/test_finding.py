"""What was put is found, by meaning and by word, and scored alike."""

from dataclasses import replace

import numpy as np
import pytest

from knowledge.stores.base import Query
from tests.contracts.vector_store.stage import EVERYTHING, by_vector, by_words, ids, passages, question


def test_what_was_put_is_found_at_once_by_vector_and_by_word(store, acme):
    rows = passages(range(20))
    store.put(acme, rows)
    wanted = rows[17]

    [by_meaning] = store.search(acme, by_vector(wanted.vector), readable=EVERYTHING, limit=1)
    [by_word] = store.search(acme, by_words("only5x2"), readable=EVERYTHING, limit=1)

    assert by_meaning.passage_id == wanted.passage_id
    assert by_meaning.dense == pytest.approx(1.0, abs=1e-4)
    assert by_word.passage_id == wanted.passage_id
    assert by_word.lexical > 0
    assert (by_word.collection_id, by_word.document_no) == (wanted.collection_id, wanted.document_no)


def test_a_later_put_is_found_at_once_too(store, acme):
    store.put(acme, passages(range(10)))
    store.optimise(acme)
    store.search(acme, by_words("common"), readable=EVERYTHING, limit=1)
    later = passages(range(10, 12))
    store.put(acme, later)

    assert ids(store.search(acme, by_words("only11x1"), readable=EVERYTHING, limit=3)) == [later[4].passage_id]
    assert ids(store.search(acme, by_vector(later[4].vector), readable=EVERYTHING, limit=1)) == [later[4].passage_id]


def test_a_hybrid_search_finds_what_only_one_half_knows(store, acme):
    rows = passages(range(40))
    store.put(acme, rows)
    hits = store.search(acme, Query("", "only3x1", rows[90].vector), readable=EVERYTHING, limit=2)
    assert set(ids(hits)) == {rows[10].passage_id, rows[90].passage_id}
    by_id = {hit.passage_id: hit for hit in hits}
    assert by_id[rows[10].passage_id].dense == pytest.approx(float(np.dot(rows[10].vector, rows[90].vector)), abs=1e-4)
    assert by_id[rows[90].passage_id].lexical == 0


def test_scores_fall_and_the_limit_holds(store, acme):
    store.put(acme, passages(range(50)))
    hits = store.search(acme, Query("", "common", question(1)), readable=EVERYTHING, limit=7)
    assert len(hits) == 7
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(set(ids(hits))) == 7


def test_words_with_signs_and_very_long_questions_are_no_syntax(store, acme):
    rows = passages(range(3))
    rows[0] = replace(rows[0], terms="pii-3 50,000 a\"b) OR: (c++ 'd'")
    store.put(acme, rows)
    for word in ["pii-3", "50,000", 'a"b)', "(c++", "'d'", "OR:"]:
        assert ids(store.search(acme, by_words(word), readable=EVERYTHING, limit=1)) == [rows[0].passage_id], word
    long = " ".join(f"nothing{n}" for n in range(20_000))
    assert store.search(acme, by_words(long), readable=EVERYTHING, limit=5) == []


def test_words_are_ranked_over_everything_that_was_just_put(store, acme):
    """Weaviate 1.35 looks at the first hundred or so of what it has not written to disk yet, unless told otherwise."""
    rows = passages(range(400), each=1)
    rows[350] = replace(rows[350], terms="common common common")
    store.put(acme, rows)
    assert ids(store.search(acme, by_words("common"), readable=EVERYTHING, limit=1)) == [rows[350].passage_id]
    both = Query("", "common only399x0", question(1), dense_share=0.1)
    assert ids(store.search(acme, both, readable=EVERYTHING, limit=1)) == [rows[399].passage_id]


def test_each_score_says_what_it_promises(store, acme):
    rows = {row.passage_id: row for row in passages(range(200), each=1)}
    store.put(acme, rows.values())
    asked = question(5)
    hits = store.search(acme, Query("", "common part0 only7x0", asked, dense_share=0.4), readable=EVERYTHING, limit=40)
    assert all(0 < hit.score < 1 for hit in hits)
    for hit in hits:
        assert hit.dense == pytest.approx(float(np.dot(rows[hit.passage_id].vector, asked)), abs=1e-5)
    [named] = [hit for hit in hits if hit.document_no == 7]
    assert named.lexical == max(hit.lexical for hit in hits)
