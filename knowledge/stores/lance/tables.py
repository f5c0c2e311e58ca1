"""Where LanceDB's tables lie, who may write them now, and what they look like."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from knowledge.stores.base import Namespace, StoreBusy
from knowledge.stores.rank_fusion import word_pairs

if TYPE_CHECKING:
    import pyarrow as pa

    from knowledge.stores.base import IndexedPassage

LOCK_WAIT_SECONDS = 60.0
ID_COLUMNS = ("passage_id", "document_id", "version_id", "collection_id")


Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TableState:
    """What the folder says about a table. A new `incarnation` tells readers that what they remember is void."""

    incarnation: str = ""
    dropped: bool = False
    """Something was hidden since the last erasing, so its bytes are still in the files."""
    indexed: bool = False
    """There is an index of the words: it is no longer searched in memory."""
    graph: bool = False
    """There is a vector index."""

    @property
    def exists(self) -> bool:
        return bool(self.incarnation)


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._marks: dict[Namespace, tuple[Stamp, TableState]] = {}

    def table_name(self, namespace: Namespace) -> str:
        return f"{namespace.tenant_id.hex}-{re.sub(r'[^A-Za-z0-9_.-]', '_', namespace.generation)}"

    def stamp(self, namespace: Namespace) -> Stamp | None:
        """Another one after every write, so that a reader need not ask the table whether it changed. None: no table."""
        try:
            status = os.stat(self._file(namespace, "mark"))
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def touch(self, namespace: Namespace) -> None:
        """A write is done. Called before the next writer may begin."""
        now = time.time_ns()
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._file(namespace, "mark"), ns=(now, now))

    def mark(self, namespace: Namespace) -> TableState:
        stamp = self.stamp(namespace)
        cached = self._marks.get(namespace)
        if stamp is not None and cached is not None and cached[0] == stamp:
            return cached[1]
        try:
            mark = TableState(**json.loads(self._file(namespace, "mark").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return TableState()
        if stamp is not None:
            self._marks[namespace] = stamp, mark
        return mark

    def set_mark(self, namespace: Namespace, mark: TableState) -> TableState:
        target = self._file(namespace, "mark")
        temporary = target.with_suffix(f".{uuid4().hex}")
        temporary.write_text(json.dumps(asdict(mark)))
        os.replace(temporary, target)
        return mark

    def begin(self, namespace: Namespace) -> TableState:
        return self.set_mark(namespace, TableState(incarnation=uuid4().hex))

    def note(self, namespace: Namespace, **changes: Any) -> None:
        mark = self.mark(namespace)
        if mark.exists and replace(mark, **changes) != mark:
            self.set_mark(namespace, replace(mark, **changes))

    def end(self, namespace: Namespace) -> None:
        self._file(namespace, "mark").unlink(missing_ok=True)

    @contextmanager
    def writing(self, namespace: Namespace) -> Iterator[None]:
        """One writer at a time, across threads and processes; a killed one lets go by itself."""
        self.path.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file(namespace, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + LOCK_WAIT_SECONDS
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise StoreBusy("Another process is writing to the index of this tenant.") from None
                    time.sleep(0.01)
            try:
                yield
            finally:
                self.touch(namespace)
        finally:
            os.close(handle)

    def _file(self, namespace: Namespace, kind: str) -> Path:
        return self.path / f"{self.table_name(namespace)}.{kind}"


def collection_number(collection_id: UUID) -> int:
    """A collection as 63 bits: a filter over numbers is read ten times faster than one over names."""
    return ((collection_id.int >> 64) ^ collection_id.int) & (2**63 - 1)


def id_literals(ids: Iterable[UUID]) -> str:
    return ", ".join(f"X'{each.hex}'" for each in sorted(ids, key=lambda each: each.bytes))


def schema(dimensions: int) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            *(pa.field(name, pa.binary(16)) for name in ID_COLUMNS),
            pa.field("shelf", pa.int64()),
            pa.field("document_no", pa.int64()),
            pa.field("text", pa.string()),
            pa.field("terms", pa.string()),
            pa.field("vector", pa.list_(pa.float32(), dimensions)),
        ]
    )


def as_arrow(passages: list[IndexedPassage], dimensions: int) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    vectors = np.asarray([passage.vector for passage in passages], dtype=np.float32).reshape(len(passages), dimensions)
    return pa.table(
        {
            **{name: pa.array([getattr(p, name).bytes for p in passages], pa.binary(16)) for name in ID_COLUMNS},
            "shelf": pa.array([collection_number(passage.collection_id) for passage in passages], pa.int64()),
            "document_no": pa.array([passage.document_no for passage in passages], pa.int64()),
            "text": [passage.text for passage in passages],
            "terms": [f"{passage.terms} {word_pairs(passage.terms)}" for passage in passages],
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dimensions),
        },
        schema=schema(dimensions),
    )
