"""What only LanceDB has to be watched for: bytes that stay, files that go, threads that must not start early."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import numpy as np
import pytest

from knowledge.stores.base import IndexedPassage, Namespace, Query, Readable, StoreBusy, StoreUnavailable
from knowledge.stores.lance.store import LanceStore
from tests.contracts.vector_store.stage import EVERYTHING, REPOSITORY, SHELVES, by_words, ids, passages, question


@pytest.fixture
def store(tmp_path):
    store = LanceStore(tmp_path / "index")
    yield store
    store.close()


@pytest.fixture
def where():
    return Namespace(uuid4(), "minilm-words-1")


def secret(number: int, words: str) -> IndexedPassage:
    vector = question(number)
    return IndexedPassage(
        passage_id=uuid5(UUID(int=9), f"secret {number}"),
        document_id=uuid5(UUID(int=9), f"secret document {number}"),
        document_no=10_000 + number,
        version_id=uuid5(UUID(int=9), f"secret version {number}"),
        collection_id=SHELVES[0],
        text=words,
        terms=words,
        vector=vector,
    )


def on_disk(folder: Path, needle: bytes) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes())


def test_erasing_removes_the_bytes_of_one_passage_among_many(store, where, tmp_path):
    hidden = secret(1, "zanzibarmerger")
    marks = [b"zanzibarmerger", hidden.passage_id.bytes, hidden.version_id.bytes, hidden.vector.tobytes()]
    store.put(where, passages(range(100)))
    store.put(where, [hidden])
    store.optimise(where)
    assert all(on_disk(tmp_path, mark) for mark in marks[:3])

    store.drop(where, [hidden.version_id])
    assert store.search(where, by_words("zanzibarmerger"), readable=EVERYTHING, limit=5) == []
    assert on_disk(tmp_path, marks[0]), "dropping only hides"
    store.erase(where)

    for mark in marks:
        assert on_disk(tmp_path, mark) == []
    assert store.count(where) == 300
    assert len(store.search(where, by_words("only7x1"), readable=EVERYTHING, limit=5)) == 1


def test_the_replaced_text_of_a_passage_is_erased_too(store, where, tmp_path):
    store.put(where, [secret(1, "oldsalaries"), *passages(range(20))])
    store.put(where, [secret(1, "newsalaries")])
    store.erase(where)
    assert on_disk(tmp_path, b"oldsalaries") == []
    assert on_disk(tmp_path, b"newsalaries")


def test_erasing_where_nothing_was_dropped_rewrites_nothing(store, where, tmp_path):
    store.put(where, passages(range(20)))
    before = sorted(str(path) for path in tmp_path.rglob("*.lance"))
    store.erase(where)
    assert sorted(str(path) for path in tmp_path.rglob("*.lance")) == before


def test_destroying_leaves_no_file_of_the_table(store, where, tmp_path):
    store.put(where, [secret(1, "zanzibarmerger")])
    store.destroy(where)
    assert on_disk(tmp_path, b"zanzibarmerger") == []


def test_readers_are_never_disturbed_by_writers_and_upkeep(store, where, tmp_path):
    """One process searches while another writes, drops, compacts and erases. Every search finds what always stays."""
    store.put(where, passages(range(30)))
    script = f"""
from pathlib import Path
from uuid import UUID
from knowledge.stores.base import Namespace
from knowledge.stores.lance.store import LanceStore
from tests.contracts.vector_store.stage import passages
store = LanceStore(Path({str(tmp_path / "index")!r}))
where = Namespace(UUID({str(where.tenant_id)!r}), {where.generation!r})
for n in range(1000, 1012):
    rows = passages(range(n, n + 1))
    store.put(where, rows)
    store.optimise(where) if n % 3 == 0 else None
    store.drop(where, [rows[0].version_id])
    store.erase(where)
"""
    writer = subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY)
    searches = 0
    while writer.poll() is None:
        hits = store.search(where, Query("", "only7x1", question(3)), readable=EVERYTHING, limit=10)
        assert passages(range(30))[22].passage_id in ids(hits)
        assert len(hits) == 10
        searches += 1
    assert writer.returncode == 0
    assert searches > 10
    assert store.count(where) == 90


def test_eight_threads_may_search_while_one_writes(store, where):
    store.put(where, passages(range(30)))
    stop = threading.Event()

    def write() -> None:
        number = 100
        while not stop.is_set():
            store.put(where, passages(range(number, number + 1)))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(
                pool.map(
                    lambda i: store.search(where, by_words(f"only{i % 30}x1"), readable=EVERYTHING, limit=3), range(120)
                )
            )
    finally:
        stop.set()
        writer.join()
    assert [hits[0].passage_id for hits in found] == [
        passages(range(30))[3 * (i % 30) + 1].passage_id for i in range(120)
    ]


def test_a_writer_that_never_comes_to_its_turn_says_so(store, where, monkeypatch):
    from knowledge.stores.lance import tables

    monkeypatch.setattr(tables, "LOCK_WAIT_SECONDS", 0.1)
    store.put(where, passages(range(1)))
    with store._folder.writing(where), pytest.raises(StoreBusy):
        store.put(where, passages(range(2)))


def test_a_damaged_table_is_a_typed_error_and_not_a_crash(store, where, tmp_path):
    store.put(where, passages(range(5)))
    store.close()
    for path in tmp_path.rglob("*.lance"):
        if path.is_file():
            path.write_bytes(b"not a table")
    with pytest.raises(StoreUnavailable) as damaged:
        store.search(where, Query("", "common", question(1)), readable=EVERYTHING, limit=5)
    assert "could not be read" in damaged.value.message


def test_a_folder_wiped_from_under_it_is_an_empty_store_that_can_be_filled_again(store, where, tmp_path):
    import shutil

    store.put(where, passages(range(5)))
    store.search(where, by_words("common"), readable=EVERYTHING, limit=5)
    shutil.rmtree(tmp_path / "index")
    assert store.count(where) == 0
    assert store.search(where, by_words("common"), readable=EVERYTHING, limit=5) == []
    store.put(where, passages(range(3)))
    assert store.count(where) == 9


def test_a_reader_with_no_rights_does_not_even_load_the_database():
    script = """
import sys
from pathlib import Path
from uuid import uuid4
from knowledge.stores.base import Namespace, Query, Readable
from knowledge.stores.lance.store import LanceStore
store = LanceStore(Path("/nonexistent/index"))
where = Namespace(uuid4(), "g")
assert store.search(where, Query("", "x"), readable=Readable(), limit=5) == []
assert store.search(where, Query("", "x"), readable=Readable(frozenset([uuid4()])), limit=5) == []
assert store.count(where) == 0
assert not {"lancedb", "pyarrow", "numpy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY)


def test_a_forked_child_opens_its_own(store, where):
    import os

    store.put(where, passages(range(4)))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if store.count(where) == 12 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.count(where) == 12


@pytest.mark.parametrize("grants", [10_000])
def test_thousands_of_single_grants_find_what_a_look_at_every_passage_finds(store, where, grants):
    rows = passages(range(1_500), each=1)
    store.put(where, rows)
    numbers = np.random.default_rng(5).choice(30_000, size=grants, replace=False)
    readable = Readable(document_nos=frozenset(numbers.tolist()))
    allowed = [row for row in rows if row.document_no in readable.document_nos]
    assert 100 < len(allowed) < 1_400
    vector = question(8)
    wanted = [row.passage_id for row in sorted(allowed, key=lambda row: -float(np.dot(row.vector, vector)))[:10]]
    assert ids(store.search(where, Query("", "", vector), readable=readable, limit=10)) == wanted
    by_word = store.search(where, by_words("common"), readable=readable, limit=2_000)
    assert set(ids(by_word)) == {row.passage_id for row in allowed}
