"""Large tables are looked up by their indexes, which keep up with what comes in; small ones need none."""

from uuid import uuid4

import pytest

from knowledge.stores.base import Namespace
from knowledge.stores.lance.lazy_import import import_lancedb
from knowledge.stores.lance.store import LanceStore
from tests.contracts.vector_store.stage import passages

LARGE = 30  # passages, here


@pytest.fixture
def store(tmp_path):
    store = LanceStore(tmp_path / "index", hold_up_to=LARGE)
    yield store
    store.close()


@pytest.fixture
def where():
    return Namespace(uuid4(), "g")


def indexes(tmp_path) -> dict[str, int]:
    """Column to how many rows are not in its index."""
    connection = import_lancedb().connect(tmp_path / "index")
    [name] = (path.stem for path in (tmp_path / "index").glob("*.lance"))
    table = connection.open_table(name)
    found = {index.columns[0]: table.index_stats(index.name) for index in table.list_indices()}
    return {column: stats.num_unindexed_rows for column, stats in found.items()}


def test_a_small_table_has_no_index(store, where, tmp_path):
    store.put(where, passages(range(LARGE // 3)))
    store.optimise(where)
    assert indexes(tmp_path) == {}


def test_a_large_table_finds_words_by_an_index_at_once_and_neighbours_after_upkeep(store, where, tmp_path):
    store.put(where, passages(range(LARGE)))
    assert indexes(tmp_path) == {"terms": 0}
    store.optimise(where)
    assert indexes(tmp_path) == {"terms": 0, "vector": 0}


def test_a_few_rows_wait_for_upkeep_and_many_do_not(store, where, tmp_path):
    store.put(where, passages(range(LARGE)))
    store.put(where, passages(range(100, 110)))
    assert indexes(tmp_path)["terms"] == 30
    store.optimise(where)
    assert indexes(tmp_path)["terms"] == 0
    store.put(where, passages(range(200, 400)))
    assert indexes(tmp_path)["terms"] == 0


def test_after_erasing_the_indexes_are_of_what_is_left(store, where, tmp_path):
    rows = passages(range(LARGE))
    store.put(where, rows)
    store.optimise(where)
    store.drop(where, {row.version_id for row in rows[6:]})
    store.erase(where)
    assert store.count(where) == 6
    assert indexes(tmp_path) == {"terms": 0, "vector": 0}
