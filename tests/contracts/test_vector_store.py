"""What every vector store promises, whichever it is. A store joins by adding its name to STORES and `open_store`."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import numpy as np
import pytest

from knowledge.stores.base import IndexedPassage, Namespace, Query, Readable, StoreError

STORES = ["lance", "lance-indexed"]
DIMENSIONS = 32
SHELVES = [uuid5(UUID(int=7), f"shelf {n}") for n in range(4)]
EVERYTHING = Readable(frozenset(SHELVES))
REPOSITORY = Path(__file__).resolve().parents[2]


def open_store(name: str, folder: Path):
    from knowledge.stores.lance import LanceStore

    return LanceStore(folder, vectors_up_to=0) if name == "lance-indexed" else LanceStore(folder)


@pytest.fixture(params=STORES)
def store_name(request):
    return request.param


@pytest.fixture
def store(store_name, tmp_path):
    store = open_store(store_name, tmp_path / "index")
    yield store
    if hasattr(store, "close"):
        store.close()


@pytest.fixture
def acme():
    return Namespace(uuid4(), "minilm-words-1")


@pytest.fixture
def globex():
    return Namespace(uuid4(), "minilm-words-1")


def passages(
    documents: range, *, each: int = 3, seed: int = 0, shelf=None, version: str = "v1"
) -> list[IndexedPassage]:
    random_vectors = np.random.default_rng([seed, documents.start, documents.stop])
    made = []
    for number in documents:
        for ordinal in range(each):
            vector = random_vectors.standard_normal(DIMENSIONS).astype(np.float32)
            made.append(
                IndexedPassage(
                    passage_id=uuid5(UUID(int=seed), f"{number} {version} {ordinal}"),
                    document_id=uuid5(UUID(int=seed), f"document {number}"),
                    document_no=number,
                    version_id=uuid5(UUID(int=seed), f"{number} {version}"),
                    collection_id=shelf or SHELVES[number % len(SHELVES)],
                    text=f"Text {ordinal} of document {number}",
                    terms=f"common doc{number} part{ordinal} only{number}x{ordinal}",
                    vector=vector / np.linalg.norm(vector),
                )
            )
    return made


def ids(hits) -> list[UUID]:
    return [hit.passage_id for hit in hits]


def nearest(rows: list[IndexedPassage], vector, readable: Readable, limit: int) -> list[UUID]:
    """The truth, by looking at every passage."""
    mine = [row for row in rows if readable.allows(row.collection_id, row.document_no)]
    return [row.passage_id for row in sorted(mine, key=lambda row: -float(np.dot(row.vector, vector)))[:limit]]


def question(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
    return vector / np.linalg.norm(vector)


def by_vector(vector) -> Query:
    return Query(text="", terms="", vector=vector)


def by_words(terms: str) -> Query:
    return Query(text=terms, terms=terms, vector=None)


# Finding


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
    assert (by_word.document_id, by_word.version_id, by_word.collection_id, by_word.document_no) == (
        wanted.document_id,
        wanted.version_id,
        wanted.collection_id,
        wanted.document_no,
    )


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
    rows[0] = IndexedPassage(**{**_fields(rows[0]), "terms": "pii-3 50,000 a\"b) OR: (c++ 'd'"})
    store.put(acme, rows)
    for word in ["pii-3", "50,000", 'a"b)', "(c++", "'d'", "OR:"]:
        assert ids(store.search(acme, by_words(word), readable=EVERYTHING, limit=1)) == [rows[0].passage_id], word
    long = " ".join(f"nothing{n}" for n in range(20_000))
    assert store.search(acme, by_words(long), readable=EVERYTHING, limit=5) == []


# Rights


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


def test_generations_of_one_tenant_are_apart(store, acme):
    newer = Namespace(acme.tenant_id, "minilm-words-2")
    store.put(acme, passages(range(2)))
    assert store.count(newer) == 0
    assert store.search(newer, by_words("common"), readable=EVERYTHING, limit=5) == []
    store.put(newer, passages(range(1)))
    store.destroy(acme)
    assert (store.count(acme), store.count(newer)) == (0, 3)


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


@pytest.fixture(scope="module", params=STORES)
def many(request, tmp_path_factory):
    """600 documents of two passages, in several writes, tended once in between."""
    store = open_store(request.param, tmp_path_factory.mktemp("many"))
    where = Namespace(uuid4(), "g")
    rows = passages(range(600), each=2)
    for start in range(0, len(rows), 300):
        store.put(where, rows[start : start + 300])
        if start == 600:
            store.optimise(where)
    yield store, where, rows
    store.close()


# Changing


def test_putting_the_same_passages_again_changes_nothing(store, acme):
    rows = passages(range(6))
    for _ in range(3):
        store.put(acme, rows)
    assert store.count(acme) == 18
    assert len(store.search(acme, by_words("only2x0"), readable=EVERYTHING, limit=5)) == 1


def test_putting_one_passage_twice_in_one_go_keeps_the_last(store, acme):
    row = passages(range(1), each=1)[0]
    store.put(acme, [row, IndexedPassage(**{**_fields(row), "terms": "newest"})])
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
        store.put(acme, [IndexedPassage(**{**_fields(row), "vector": np.ones(8, np.float32)})])
    assert refused.value.permanent
    assert "8" in refused.value.message


# More than one process


def test_another_process_sees_new_rows_and_drops_without_reopening(store_name, tmp_path, acme):
    here = open_store(store_name, tmp_path / "index")
    here.put(acme, passages(range(4)))
    assert here.count(acme) == 12

    _elsewhere(store_name, tmp_path, acme, "store.put(where, passages(range(4, 6)))")
    assert here.count(acme) == 18
    assert len(here.search(acme, by_words("only5x1"), readable=EVERYTHING, limit=5)) == 1

    _elsewhere(store_name, tmp_path, acme, "store.drop(where, [row.version_id for row in passages(range(2))])")
    assert here.search(acme, by_words("only1x1"), readable=EVERYTHING, limit=5) == []

    _elsewhere(store_name, tmp_path, acme, "store.erase(where); store.optimise(where)")
    assert len(here.search(acme, by_words("common"), readable=EVERYTHING, limit=50)) == 12

    _elsewhere(store_name, tmp_path, acme, "store.destroy(where); store.put(where, passages(range(7, 8)))")
    assert here.count(acme) == 3
    assert len(here.search(acme, by_words("only7x0"), readable=EVERYTHING, limit=5)) == 1
    here.close()


def test_two_processes_may_write_at_once_and_nothing_is_lost(store_name, tmp_path, acme):
    script = "for n in range({0}, {0} + 8): store.put(where, passages(range(n, n + 1)))"
    writers = [_start(store_name, tmp_path, acme, script.format(start)) for start in (0, 100)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    here = open_store(store_name, tmp_path / "index")
    assert here.count(acme) == 48
    here.close()


def test_a_writer_killed_at_any_moment_leaves_a_store_that_works(store_name, tmp_path, acme):
    here = open_store(store_name, tmp_path / "index")
    here.put(acme, passages(range(2)))
    script = """
        print("ready", flush=True)
        for n in range(10, 10_000):
            store.put(where, passages(range(n, n + 1)))
            if n % 7 == 0: store.drop(where, [passages(range(n, n + 1))[0].version_id])
            if n % 11 == 0: store.optimise(where)
    """
    for moment in (0.05, 0.15, 0.3):
        writer = _start(store_name, tmp_path, acme, script)
        assert writer.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(timeout=moment)
        writer.kill()
        writer.wait()
        assert here.count(acme) % 3 == 0
        here.put(acme, passages(range(5_000, 5_001)))
        assert len(here.search(acme, by_words("only5000x1"), readable=EVERYTHING, limit=5)) == 1
        assert len(here.search(acme, by_words("only1x1"), readable=EVERYTHING, limit=5)) == 1
    here.optimise(acme)
    here.erase(acme)
    assert here.count(acme) % 3 == 0
    here.close()


def _fields(row: IndexedPassage) -> dict:
    return {name: getattr(row, name) for name in IndexedPassage.__dataclass_fields__}


def _start(store_name: str, tmp_path: Path, where: Namespace, script: str) -> subprocess.Popen:
    program = textwrap.dedent("""
        from pathlib import Path
        from uuid import UUID
        from tests.contracts.test_vector_store import Namespace, open_store, passages
        store = open_store({name!r}, Path({folder!r}))
        where = Namespace(UUID({tenant!r}), {generation!r})
    """).format(
        name=store_name, folder=str(tmp_path / "index"), tenant=str(where.tenant_id), generation=where.generation
    ) + textwrap.dedent(script)
    return subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE)


def _elsewhere(store_name: str, tmp_path: Path, where: Namespace, script: str) -> None:
    assert _start(store_name, tmp_path, where, script).wait(timeout=120) == 0


def test_everything_held_is_listed_in_pages_and_single_passages_go(store, acme, globex):
    from knowledge.stores.base import Stored

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
