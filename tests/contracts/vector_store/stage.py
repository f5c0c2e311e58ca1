"""Passages whose truth is known, and the stores they are put into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np

from knowledge.stores.base import IndexedPassage, Query, Readable

STORES = ["lance", "lance-indexed", "weaviate"]
REPOSITORY = Path(__file__).resolve().parents[3]
DIMENSIONS = 32
SHELVES = [uuid5(UUID(int=7), f"shelf {n}") for n in range(4)]
EVERYTHING = Readable(frozenset(SHELVES))


@dataclass(frozen=True)
class Place:
    """Where a store lies: all that another process needs to open it too."""

    store: str
    folder: str
    url: str = ""
    grpc_port: int = 0
    key: str = ""
    prefix: str = ""


def open_store(place: Place):
    if place.store == "weaviate":
        from knowledge.stores.weaviate.store import WeaviateStore

        return WeaviateStore(place.url, grpc_port=place.grpc_port, api_key=place.key, prefix=place.prefix)
    from knowledge.stores.lance.store import LanceStore

    folder = Path(place.folder)
    return LanceStore(folder, hold_up_to=0) if place.store == "lance-indexed" else LanceStore(folder)


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
