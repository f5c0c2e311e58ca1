"""The questions put to a table, and to what is held of it. Rows are named by their position in `Held`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.stores.base import Query, Readable
from knowledge.stores.lance.memory_index import MemoryIndex, TableRewritten
from knowledge.stores.lance.scope_filter import filter_sql
from knowledge.stores.lance.tables import ID_COLUMNS
from knowledge.stores.rank_fusion import PAIR_WEIGHT, word_pairs

if TYPE_CHECKING:
    import numpy as np
    from lancedb.table import AsyncTable

MAX_QUERY_TERMS = 128
WORD_REPEATS = round(1 / PAIR_WEIGHT)
MAX_CANDIDATES = 4_096  # about 2 ms more than 200
MAX_GRAPH_CANDIDATES = 512
REFINE = 4  # the graph holds one byte for each number: look four times as far, and order by the floats
GRAPH_EFFORT = 200


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows by their position, with what each ranking says of them."""

    positions: list[int]
    cosines: list[float]
    words: list[float]


def in_memory(index: MemoryIndex, mask: np.ndarray, query: Query, need: int) -> Candidates:
    """Exact: every allowed row is looked at, and no other."""
    import numpy as np

    lexical = index.words.scores(_weights(query.terms), mask)
    chosen = _best(lexical, lexical > 0, need)
    cosines = np.zeros(len(mask), np.float32)
    if query.vector is not None:
        cosines = index.vectors @ unit(query.vector)
        chosen = list(dict.fromkeys([*_best(cosines, mask, need), *chosen]))
    return Candidates(chosen, cosines[chosen].tolist(), lexical[chosen].tolist())


def _best(scores: np.ndarray, among: np.ndarray, need: int) -> list[int]:
    import numpy as np

    places = np.flatnonzero(among)
    values = scores[places]
    if len(places) > need:
        top = np.argpartition(values, -need)[-need:]
        places, values = places[top], values[top]
    return places[np.argsort(-values, kind="stable")].tolist()


def _weights(terms: str) -> dict[str, float]:
    asked = terms.split()[:MAX_QUERY_TERMS]
    pairs = dict.fromkeys(word_pairs(" ".join(asked)).split(), PAIR_WEIGHT)
    return pairs | dict.fromkeys(asked, 1.0)


async def cosines(table: AsyncTable, index: MemoryIndex, positions: list[int], vector: np.ndarray) -> dict[int, float]:
    import numpy as np

    rows = await table.take_row_ids(index.addresses[positions].tolist()).select(["vector"]).with_row_id().to_arrow()
    rows = rows.combine_chunks()
    floats = np.concatenate([chunk.flatten().to_numpy() for chunk in rows["vector"].chunks])
    values = floats.reshape(rows.num_rows, -1) @ vector
    return dict(zip(index.positions(rows["_rowid"].to_numpy()).tolist(), values.tolist(), strict=True))


def matching(table: AsyncTable, terms: str) -> Callable[[int], Any]:
    """A word asked for twice counts twice: in this way words outweigh their pairs, and one plain query stays quick.

    (Two queries with a boost gave the same order four times slower, since neither could skip what cannot win.)
    """
    from lancedb.query import MatchQuery

    asked = terms.split()[:MAX_QUERY_TERMS]
    words = list(dict.fromkeys(asked)) * WORD_REPEATS
    pairs = dict.fromkeys(word_pairs(" ".join(asked)).split())
    query = MatchQuery(" ".join([*words, *pairs]), "terms")

    def ranking(limit: int) -> Any:
        return table.query().nearest_to_text(query).select(["_score"]).with_row_id().limit(limit)

    return ranking


def nearest(table: AsyncTable, vector: np.ndarray, *, graph: bool) -> Callable[[int], Any]:
    def ranking(limit: int) -> Any:
        query = table.query().nearest_to(vector).column("vector").distance_type("cosine")
        if graph:
            query = query.refine_factor(REFINE).ef(max(GRAPH_EFFORT, limit * REFINE))
        else:
            query = query.bypass_vector_index()
        return query.select(["_distance"]).with_row_id().limit(limit)

    return ranking


async def ranked(
    ranking: Callable[[int], Any],
    index: MemoryIndex,
    readable: Readable,
    need: int,
    fetch: int,
    *,
    most: int = MAX_CANDIDATES,
) -> dict[int, float]:
    """Position and score of the best rows that the reader may see: at least `need` of them if there are so many.

    Both of LanceDB's rankings order a row by its own score, whoever asks. So the best n that the reader may see are
    found by going down the ranking and leaving the others out, as long as it takes; that costs less than planning a
    filter. For a reader who may see little it would take long, and the filter goes with the question.
    """
    mask = index.allowed(readable)
    fetch = max(fetch, int(need / mask.mean() * 1.25) + 1)
    while fetch <= most:
        table = await ranking(fetch).to_arrow()
        mine = _mine(table, index, mask)
        if len(mine) >= need or table.num_rows < fetch:
            return mine
        fetch *= 4
    return _mine(await ranking(need).where(filter_sql(readable, index, mask)).to_arrow(), index, mask)


def _mine(table: Any, index: MemoryIndex, mask: np.ndarray) -> dict[int, float]:
    positions = index.positions(table["_rowid"].to_numpy())
    if (positions < 0).any():
        raise TableRewritten
    return {at: score for at, score in zip(positions.tolist(), _scores(table), strict=True) if mask[at]}


def _scores(table: Any) -> list[float]:
    if "_score" in table.column_names:
        return [score / WORD_REPEATS for score in table["_score"].to_pylist()]
    return [1 - distance for distance in table["_distance"].to_pylist()]


def unit(vector: np.ndarray) -> np.ndarray:
    import numpy as np

    vector = np.asarray(vector, dtype=np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def words_index() -> Any:
    from lancedb.index import FTS

    return FTS(
        base_tokenizer="whitespace",
        stem=False,
        remove_stop_words=False,
        lower_case=False,
        ascii_folding=False,
        max_token_length=None,
        with_position=False,
    )


def graph_index() -> Any:
    from lancedb.index import IvfHnswSq

    return IvfHnswSq(distance_type="cosine", num_partitions=1)


Ids = list[tuple[bytes, ...]]


async def all_ids(table: AsyncTable) -> Ids:
    """Of every row, as the columns stand in ID_COLUMNS."""
    rows = await table.query().select(list(ID_COLUMNS)).to_arrow()
    return list(zip(*(rows[name].to_pylist() for name in ID_COLUMNS), strict=True))
