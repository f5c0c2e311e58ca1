"""From a file to passages that can be found: claim, read, cut, embed, save. One claim holds through all of it.

Three threads hand work on, so that both cores embed while the next file is read and the last one is saved:
reader (claims, parses in a child process, cuts, analyses words) -> embedder -> writer (store, then one transaction).
Killed anywhere, the lease runs out and the work is done again: passage ids are derived, so it overwrites itself, and
nothing can be found before the transaction that makes the version current.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import connection

from knowledge import claims, indexing
from knowledge.claims import Claim, Turns
from knowledge.stages import read, write
from knowledge.stages.embed import embed_works
from knowledge.stages.work import Work

log = logging.getLogger("knowledge.ingest")

AHEAD = 240  # passages read ahead of the embedder: about two seconds of its work
LOOK_AGAIN = 0.1  # seconds
BATCH = 8  # small files claimed at once; beside large ones others would wait for no reason, so those come one by one
QUICK = 0.1  # seconds: what a small file takes to read
TOGETHER = 64  # passages embedded in one call
_draining = threading.Lock()
_stopping = threading.Event()
_turns = Turns()


def drain(*, inline: bool = False) -> int:
    """Works until nothing is due, and says how many versions it took. One at a time in a process: the second returns
    at once, because the first will see its work too. `inline` does it all in this thread and this connection."""
    if not _draining.acquire(blocking=False):
        return 0
    try:
        _stopping.clear()
        return _drain_inline() if inline else _Pipeline().run()
    finally:
        _draining.release()


def stop_soon() -> None:
    """Claims nothing more; what is begun is finished."""
    _stopping.set()


def _drain_inline() -> int:
    reading = _Reading(claims.holder_name())
    for work in reading.works():
        for done in embed_works([work]):
            write.save([done])
    write.tidy(reading.tenants)
    return reading.count


class _Reading:
    """Claims and reads, one after the other. `held` is what was claimed and is not over: its leases are renewed."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self.count = 0
        self.tenants: set[UUID] = set()
        self.held: dict[UUID, Claim] = {}
        self._quick = False

    def works(self, *, waits_for_more: bool = False) -> Iterator[Work]:
        while not _stopping.is_set():
            taken = claims.claim_next(self.holder, _turns, most=BATCH if self._quick else 1)
            if not taken:
                if not (waits_for_more and self.held):
                    return
                time.sleep(LOOK_AGAIN)  # files that are being uploaded join in while there is work
                continue
            self.count += len(taken)
            self.tenants.update(claim.tenant_id for claim in taken)
            self.held.update((claim.job_id, claim) for claim in taken)
            yield from self._read(taken)

    def over(self, works: Iterable[Work]) -> None:
        for work in works:
            self.held.pop(work.claim.job_id, None)

    def _read(self, taken: list[Claim]) -> Iterator[Work]:
        versions = read.versions_of(taken)
        generations = {tenant: indexing.active_generation(tenant) for tenant in {claim.tenant_id for claim in taken}}
        for position, claim in enumerate(taken):
            if _stopping.is_set():
                claims.give_back(taken[position:])
                return
            began = time.monotonic()
            work = read.read(claim, versions.get(claim.version_id), generations[claim.tenant_id])
            self._quick = time.monotonic() - began < QUICK
            if work is None:
                self.held.pop(claim.job_id, None)
            else:
                yield work


class _Backlog:
    """A queue bounded by passages, since documents differ a thousandfold."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._works: deque[Work] = deque()
        self._size = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, work: Work) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._size < self._most or self._closed)
            self._works.append(work)
            self._size += work.weight
            self._changed.notify_all()

    def take(self, most: int) -> list[Work]:
        """What is there, up to `most` passages; waits for the first. Empty: closed, and there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._works or self._closed)
            taken: list[Work] = []
            size = 0
            while self._works and (not taken or size + self._works[0].weight <= most):
                work = self._works.popleft()
                size += work.weight
                taken.append(work)
            self._size -= size
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Pipeline:
    def __init__(self) -> None:
        self._reading = _Reading(claims.holder_name())
        self._read, self._embedded = _Backlog(AHEAD), _Backlog(AHEAD)
        self._over = threading.Event()

    def run(self) -> int:
        parts = [
            threading.Thread(target=self._guarded, args=(part, after), name=name, daemon=True)
            for name, part, after in (
                ("ingest-reader", self._reader, self._read.close),
                ("ingest-embedder", self._embedder, self._embedded.close),
                ("ingest-writer", self._writer, lambda: None),
            )
        ]
        heart = threading.Thread(
            target=self._guarded, args=(self._heart, lambda: None), name="ingest-heart", daemon=True
        )
        for thread in (*parts, heart):
            thread.start()
        for thread in parts:
            thread.join()
        self._over.set()
        heart.join()
        write.tidy(self._reading.tenants)
        return self._reading.count

    def _guarded(self, part, after) -> None:
        """A part that dies ends the drain instead of hanging it; leases make good what it held."""
        try:
            part()
        except Exception:
            log.exception("A part of the ingestion stopped. What it held is taken up again when its lease runs out.")
            _stopping.set()
            self._read.close()
        finally:
            after()
            connection.close()

    def _reader(self) -> None:
        for work in self._reading.works(waits_for_more=True):
            self._read.put(work)

    def _embedder(self) -> None:
        while works := self._read.take(TOGETHER):
            for done in embed_works(works):
                self._embedded.put(done)
            self._reading.over(work for work in works if work.vectors is None)

    def _writer(self) -> None:
        while works := self._embedded.take(AHEAD):
            write.save(works)
            self._reading.over(works)

    def _heart(self) -> None:
        while not self._over.wait(claims.HEARTBEAT.total_seconds()):
            claims.renew(list(self._reading.held.values()))
