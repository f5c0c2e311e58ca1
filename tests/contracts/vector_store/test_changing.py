"""Replacing, dropping, moving, destroying and tending."""

from dataclasses import replace
from uuid import UUID, uuid4

import numpy as np
import pytest

from knowledge.stores.base import Query, Readable, Stored, StoreError
from tests.contracts.vector_store.stage import EVERYTHING, SHELVES, by_vector, by_words, ids, passages, question


def test_putting_the_same_passages_again_changes_nothing(store, acme):
    rows = passages(range(6))
    for _ in range(3):
        store.put(acme, rows)
    assert store.count(acme) == 18
    assert len(store.search(acme, by_words("only2x0"), readable=EVERYTHING, limit=5)) == 1


def test_putting_one_passage_twice_in_one_go_keeps_the_last(store, acme):
    row = passages(range(1), each=1)[0]
    store.put(acme, [row, replace(row, terms="newest")])
    assert store.count(acme) == 1
    assert len(store.search(acme, by_words("newest"), readable=EVERYTHING, limit=5)) == 1


def test_a_dropped_version_is_gone_from_the_next_search(store, acme):
    old, new = passages(range(3)), passages(range(3), version="v2")
    store.put(acme, old)
    store.put(acme, new)
    store.drop(acme, [row.version_id for row in old])

    assert store.count(acme) == 9
    found = ids(store.search(acme, Query("", "common", old[4].vector), readable=EVERYTHING, limit=50))
    assert set(found) == {row.passage_id for row in new}
    store.drop(acme, [])
    store.drop(acme, [uuid4()])
    assert store.count(acme) == 9


def test_a_moved_document_follows_its_new_shelf(store, acme):
    rows = passages(range(4), shelf=SHELVES[0])
    store.put(acme, rows)
    before, after = Readable(frozenset(SHELVES[:1])), Readable(frozenset(SHELVES[1:2]))
    assert store.search(acme, by_words("doc2"), readable=after, limit=5) == []

    store.move(acme, rows[6].document_id, SHELVES[1])

    assert store.search(acme, by_words("doc2"), readable=before, limit=5) == []
    assert set(ids(store.search(acme, by_words("doc2"), readable=after, limit=5))) == {r.passage_id for r in rows[6:9]}
    assert ids(store.search(acme, by_vector(rows[7].vector), readable=after, limit=1)) == [rows[7].passage_id]
    assert store.count(acme) == 12


def test_an_unknown_namespace_is_empty_and_every_verb_takes_it(store, acme):
    assert store.count(acme) == 0
    assert store.search(acme, by_words("common"), readable=EVERYTHING, limit=5) == []
    store.drop(acme, [uuid4()])
    store.move(acme, uuid4(), SHELVES[0])
    store.optimise(acme)
    store.erase(acme)
    store.destroy(acme)
    store.put(acme, [])
    assert store.count(acme) == 0


def test_a_destroyed_namespace_can_be_built_again(store, acme):
    store.put(acme, passages(range(5), seed=1))
    store.search(acme, by_words("common"), readable=EVERYTHING, limit=5)
    store.destroy(acme)
    assert store.search(acme, by_words("common"), readable=EVERYTHING, limit=5) == []
    rows = passages(range(5), seed=2)
    store.put(acme, rows)
    found = store.search(acme, Query("", "common", rows[3].vector), readable=EVERYTHING, limit=50)
    assert set(ids(found)) == {row.passage_id for row in rows}


def test_upkeep_changes_no_result(store, acme):
    rows = passages(range(30))
    for start in range(0, len(rows), 9):
        store.put(acme, rows[start : start + 9])
    store.drop(acme, [rows[0].version_id])
    query = Query("", "part1 doc7", question(4))
    before = store.search(acme, query, readable=EVERYTHING, limit=20)
    store.optimise(acme)
    optimised = store.search(acme, query, readable=EVERYTHING, limit=20)
    store.erase(acme)
    erased = store.search(acme, query, readable=EVERYTHING, limit=20)
    assert ids(before)[:3] == ids(optimised)[:3] == ids(erased)[:3]
    assert set(ids(before)) == set(ids(optimised)) == set(ids(erased))


def test_vectors_of_another_length_are_refused_with_words(store, acme):
    store.put(acme, passages(range(1)))
    row = passages(range(1, 2), each=1)[0]
    with pytest.raises(StoreError) as refused:
        store.put(acme, [replace(row, vector=np.ones(8, np.float32))])
    assert refused.value.permanent
    assert "8" in refused.value.message


def test_everything_held_is_listed_in_pages_and_single_passages_go(store, acme, globex):
    assert list(store.listing(acme)) == []
    rows = passages(range(500), each=5)
    store.put(acme, rows)
    store.put(globex, passages(range(3), seed=5))
    pages = list(store.listing(acme))
    assert len(pages) > 1
    listed = [each for page in pages for each in page]
    assert sorted(listed, key=lambda each: each.passage_id) == sorted(
        (Stored(row.passage_id, row.document_id, row.version_id, row.collection_id) for row in rows),
        key=lambda each: each.passage_id,
    )
    gone = {row.passage_id for row in rows[:1_200]}
    store.discard(acme, [*gone, UUID(int=3)])
    assert {each.passage_id for page in store.listing(acme) for each in page} == {r.passage_id for r in rows} - gone
    assert store.count(globex) == 9
    found = store.search(acme, Query("", "only0x0"), readable=EVERYTHING, limit=5)
    assert not gone & {hit.passage_id for hit in found}
