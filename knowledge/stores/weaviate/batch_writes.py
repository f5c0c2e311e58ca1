"""Writing in batches: doing it again changes nothing, and an object that was refused alone is tried again alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from knowledge.stores.base import IndexedPassage, Stored, StoreError, StoreUnavailable
from knowledge.stores.rank_fusion import word_pairs

if TYPE_CHECKING:
    from weaviate.collections import Collection

BATCH = 100
ATTEMPTS = 4
FIRST_PAUSE = 0.1  # seconds, doubled each time
IDS_PER_REQUEST = 1_000
ROWS_PER_REQUEST = 1_000


def put(tenant: Collection, passages: Sequence[IndexedPassage]) -> None:
    for start in range(0, len(passages), BATCH):
        _put_batch(tenant, [_as_object(passage) for passage in passages[start : start + BATCH]])


def drop(tenant: Collection, version_ids: Sequence[UUID]) -> None:
    from weaviate.classes.query import Filter

    _delete(tenant, version_ids, Filter.by_property("version_id").contains_any)


def discard(tenant: Collection, passage_ids: Sequence[UUID]) -> None:
    from weaviate.classes.query import Filter

    _delete(tenant, passage_ids, Filter.by_id().contains_any)


def page(tenant: Collection, after: UUID | None) -> list[Stored]:
    """In the order of their ids, as the cursor goes: it has no end that Weaviate would refuse."""
    found = tenant.query.fetch_objects(
        limit=ROWS_PER_REQUEST, after=after, return_properties=["document_id", "version_id", "collection_id"]
    ).objects
    return [Stored(UUID(int=each.uuid.int), **each.properties) for each in found]


def move(tenant: Collection, document_id: UUID, collection_id: UUID) -> None:
    """Object by object, since what is dropped meanwhile must not come back."""
    from weaviate.exceptions import UnexpectedStatusCodeError

    for passage_id in passages_of(tenant, document_id):
        try:
            tenant.data.update(passage_id, properties={"collection_id": collection_id})
        except UnexpectedStatusCodeError as error:
            if error.status_code != 404:
                raise


def passages_of(tenant: Collection, document_id: UUID) -> list[UUID]:
    from weaviate.classes.query import Filter

    which = Filter.by_property("document_id").equal(document_id)
    ids: list[UUID] = []
    while True:
        page = tenant.query.fetch_objects(
            filters=which, limit=ROWS_PER_REQUEST, offset=len(ids), return_properties=[]
        ).objects
        ids.extend(each.uuid for each in page)
        if len(page) < ROWS_PER_REQUEST:
            return ids


def _delete(tenant: Collection, ids: Sequence[UUID], among: Callable[[list[UUID]], Any]) -> None:
    for start in range(0, len(ids), IDS_PER_REQUEST):
        which = among(list(ids[start : start + IDS_PER_REQUEST]))
        while (done := tenant.data.delete_many(where=which)).matches:  # Weaviate takes 10,000 objects in a call
            if done.failed:
                raise StoreUnavailable(f"{done.failed} passages could not be removed from the search index.")


def _put_batch(tenant: Collection, objects: list[Any]) -> None:
    from weaviate.exceptions import WeaviateInsertManyAllFailedError

    error_message = ""
    for pause in _pauses():
        try:
            done = tenant.data.insert_many(objects)
        except WeaviateInsertManyAllFailedError as error:
            error_message = str(error)
        else:
            if not done.errors:
                return
            objects = [objects[at] for at in done.errors]
            error_message = next(iter(done.errors.values())).message
        if "vector lengths" in error_message or "dimensions do not match" in error_message:
            raise StoreError(
                "This index holds vectors of another length.",
                hint="A different embedding model needs an index generation of its own.",
                permanent=True,
            )
        time.sleep(pause)
    raise StoreUnavailable(f"{len(objects)} passages could not be written to the search index: {error_message[:300]}")


def _pauses() -> Iterator[float]:
    for attempt in range(ATTEMPTS):
        yield FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311


def _as_object(passage: IndexedPassage) -> Any:
    from weaviate.classes.data import DataObject

    vector = passage.vector
    return DataObject(
        uuid=passage.passage_id,
        vector=vector.tolist() if hasattr(vector, "tolist") else list(vector),
        properties={
            "terms": f"{passage.terms} {word_pairs(passage.terms)}",
            "document_id": passage.document_id,
            "version_id": passage.version_id,
            "collection_id": passage.collection_id,
            "document_no": passage.document_no,
        },
    )
