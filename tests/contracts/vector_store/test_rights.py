"""Rights are applied before ranking, and nobody sees another tenant."""

import random
from uuid import uuid4

import pytest

from knowledge.stores.base import Namespace, Query, Readable
from tests.contracts.vector_store.stage import (
    EVERYTHING,
    SHELVES,
    by_vector,
    by_words,
    ids,
    nearest,
    open_store,
    passages,
    question,
)


def test_nothing_readable_is_nothing_found(store, acme):
    store.put(acme, passages(range(5)))
    for nothing in [Readable(), Readable(frozenset(SHELVES), within=frozenset()), Readable(frozenset([uuid4()]))]:
        assert store.search(acme, Query("", "common", question(1)), readable=nothing, limit=5) == []


def test_a_tenant_finds_nothing_of_another_whatever_it_asks(store, acme, globex):
    theirs = passages(range(10), seed=1)
    store.put(acme, passages(range(10), seed=2))
    store.put(globex, theirs)
    asked = Readable(frozenset(SHELVES), document_nos=frozenset(range(10)))

    hits = store.search(acme, Query("", "common only3x1", theirs[10].vector), readable=asked, limit=100)

    assert len(hits) == 30
    assert not {row.passage_id for row in theirs} & set(ids(hits))
    store.drop(acme, [theirs[0].version_id])
    assert store.count(globex) == 30


def test_what_a_reader_may_see_is_counted_as_it_is_searched(store, acme):
    store.put(acme, passages(range(20)))
    one = Readable(frozenset(SHELVES[:1]), except_documents=frozenset([0]), document_nos=frozenset([1, 2]))
    seen = store.search(acme, by_words("common"), readable=one, limit=100)
    assert store.count(acme, one) == len(seen) == 18
    assert store.count(acme, EVERYTHING) == store.count(acme) == 60
    assert store.count(acme, Readable()) == 0
    assert store.count(Namespace(acme.tenant_id, "minilm-words-3"), one) == 0


def test_generations_of_one_tenant_are_apart(store, acme):
    newer = Namespace(acme.tenant_id, "minilm-words-2")
    store.put(acme, passages(range(2)))
    assert store.count(newer) == 0
    assert store.search(newer, by_words("common"), readable=EVERYTHING, limit=5) == []
    store.put(newer, passages(range(1)))
    store.destroy(acme)
    assert (store.count(acme), store.count(newer)) == (0, 3)


def test_with_the_ids_and_rights_of_another_tenant_nothing_is_found(store, acme, globex):
    theirs = passages(range(10), seed=1)
    store.put(acme, passages(range(100, 110), seed=2, shelf=uuid4()))
    store.put(globex, theirs)
    rights = Readable(frozenset(SHELVES), document_nos=frozenset(range(10)), within=frozenset(range(10)))
    question = Query("", "common only3x1 doc3", theirs[10].vector)

    assert store.search(acme, question, readable=rights, limit=100) == []
    assert len(store.search(globex, question, readable=rights, limit=100)) == 30
    store.drop(acme, [row.version_id for row in theirs])
    store.move(acme, theirs[0].document_id, uuid4())
    store.destroy(acme)
    assert len(store.search(globex, question, readable=rights, limit=100)) == 30


@pytest.mark.parametrize(
    "readable",
    [
        pytest.param(Readable(frozenset(SHELVES)), id="everything"),
        pytest.param(Readable(frozenset(SHELVES[:2])), id="half"),
        pytest.param(Readable(frozenset(SHELVES[:1]), frozenset(range(0, 300, 8))), id="a shelf but for some"),
        pytest.param(Readable(frozenset(SHELVES), frozenset(range(600))), id="excepted but for none"),
        pytest.param(Readable(frozenset(SHELVES), frozenset(range(0, 600, 2))), id="many scattered exceptions"),
        pytest.param(Readable(document_nos=frozenset(range(100, 350))), id="one run of documents"),
        pytest.param(Readable(document_nos=frozenset(range(0, 600, 3))), id="every third document"),
        pytest.param(Readable(document_nos=frozenset(random.Random(3).sample(range(600), 90))), id="90 scattered"),
        pytest.param(Readable(document_nos=frozenset([5, 17, 300])), id="three documents"),
        pytest.param(Readable(document_nos=frozenset([42])), id="one document"),
        pytest.param(Readable(document_nos=frozenset(range(10_000, 900_000, 89)) | {7, 8}), id="10,000 mostly absent"),
        pytest.param(
            Readable(frozenset(SHELVES[:1]), document_nos=frozenset(range(1, 600, 7))), id="a shelf and documents"
        ),
        pytest.param(Readable(frozenset(SHELVES), within=frozenset(range(0, 600, 5))), id="a narrowed search"),
        pytest.param(
            Readable(frozenset(SHELVES[2:]), document_nos=frozenset([1, 2, 3]), within=frozenset([2, 3, 4, 6])),
            id="narrowed to four",
        ),
    ],
)
def test_rights_are_applied_before_ranking_so_nothing_allowed_is_lost(many, readable):
    store, where, rows = many
    for seed in range(5):
        vector = question(seed)
        wanted = nearest(rows, vector, readable, 10)
        hits = store.search(where, by_vector(vector), readable=readable, limit=10)
        assert ids(hits) == wanted
        mine = [row for row in rows if readable.allows(row.collection_id, row.document_no)]
        hits = store.search(where, by_words("common part1"), readable=readable, limit=10)
        assert len(hits) == min(10, len(mine))
        assert {hit.passage_id for hit in hits} <= {row.passage_id for row in mine}


@pytest.fixture(scope="module")
def many(open_place):
    """600 documents of two passages, in several writes, tended once in between."""
    store = open_store(open_place)
    where = Namespace(uuid4(), "g")
    rows = passages(range(600), each=2)
    for start in range(0, len(rows), 300):
        store.put(where, rows[start : start + 300])
        if start == 600:
            store.optimise(where)
    yield store, where, rows
    store.close()
