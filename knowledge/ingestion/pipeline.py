"""From a file to passages that can be found: claim, read, cut, embed, save. One claim holds through all of it.

Three threads hand work on, so that both cores embed while the next file is read and the last one is saved:
reader (claims, parses in a child process, cuts, analyses words) -> embedder -> writer (store, then one transaction).
A second reader goes on while the first is held up by a long file.
Killed anywhere, the lease runs out and the work is done again: passage ids are derived, so it overwrites itself, and
nothing can be found before the transaction that makes the version current.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from django.db import DatabaseError, connection

from knowledge import backends
from knowledge.indexes import index_writer
from knowledge.ingestion import parse, save
from knowledge.ingestion.embed import embed_works
from knowledge.ingestion.work_items import Work
from knowledge.jobs import claims
from knowledge.jobs.claims import Claim
from knowledge.models import Job, Version
from knowledge.parsers.base import Parser

log = logging.getLogger("knowledge.ingestion")

AHEAD = 240  # passages read ahead of the embedder: about two seconds of its work
POLL_SECONDS = 0.1  # seconds
BATCH = 8  # small files claimed at once; beside large ones others would wait for no reason, so those come one by one
QUICK = 0.1  # seconds: what a small file takes to read
STUCK_AFTER_SECONDS = 2.0  # seconds after which a second reader takes what waits behind a file
TOGETHER = 64  # passages embedded in one call
HOLD = 45.0  # seconds that work in hand waits for a store that is away
_draining = threading.Lock()
_stopping = threading.Event()


def drain(*, inline: bool = False, up_to: int = Job.Priority.BULK) -> int:
    """Works until nothing is due, and says how many versions it took. One at a time in a process: the second returns
    at once, because the first will see its work too. `inline` does it all in this thread and this connection; `up_to`
    is the last priority that is taken."""
    if not _draining.acquire(blocking=False):
        return 0
    try:
        _stopping.clear()
        return _drain_inline(up_to) if inline else _Pipeline(up_to).run()
    finally:
        _draining.release()


def stop_soon() -> None:
    """Claims nothing more; what is begun is finished."""
    _stopping.set()


def _drain_inline(up_to: int) -> int:
    batch = _ClaimBatch(up_to)
    for work in _FileReader(batch, backends.parser()).works():
        for done in embed_works([work]):
            save.save([done])
        batch.done([work.claim])
    batch.release()
    save.tidy(batch.tenants)
    return batch.count


Unread = tuple[Claim, Version | None, str]


class _ClaimBatch:
    """What this drain has claimed. `held` is all that is not over: its leases are renewed. `begun` are those of it that
    are being worked on, `unread` are the rest."""

    def __init__(self, up_to: int) -> None:
        self.holder = claims.holder_name()
        self.held: dict[UUID, Claim] = {}
        self.begun: dict[UUID, Claim] = {}
        self.unread: deque[Unread] = deque()
        self.count = 0
        self.tenants: set[UUID] = set()
        self._up_to = up_to
        self._choosing = threading.Lock()

    def take(self, limit: int) -> bool:
        if self._alone:
            return False
        taken = claims.claim_next(self.holder, limit=limit, up_to=self._up_to)
        tenants = {claim.tenant_id for claim in taken}
        versions = parse.versions_of(taken) if taken else {}
        generations = {tenant: index_writer.active_generation(tenant) for tenant in tenants}
        self.held.update((claim.job_id, claim) for claim in taken)
        fresh = [(claim, versions.get(claim.version_id), generations[claim.tenant_id]) for claim in taken]
        with self._choosing:
            self.unread.extend(fresh)
        self.count += len(taken)
        self.tenants |= tenants
        return bool(taken)

    def begin(self) -> Unread | None:
        """The next to read; None while there is none, or one that must be alone waits or is worked on. Beside such a
        one nothing else is held, so that its death costs nobody an attempt."""
        with self._choosing:
            if not self.unread or self._alone:
                return None
            claim = self.unread[0][0]
            if claim.suspect and self.begun:
                return None
            self.begun[claim.job_id] = claim
            begun = self.unread.popleft()
        if claim.suspect:
            self.release()
        return begun

    @property
    def _alone(self) -> bool:
        return any(claim.suspect for claim in list(self.begun.values()))

    def done(self, done: Iterable[Claim]) -> None:
        for claim in done:
            self.begun.pop(claim.job_id, None)
            self.held.pop(claim.job_id, None)

    def release(self) -> None:
        """What was claimed and not begun is for others."""
        with self._choosing:
            undone = [claim for claim, _, _ in self.unread]
            self.unread.clear()
        claims.return_to_queue(undone)
        self.done(undone)


class _FileReader:
    """Reads what is in the hand, one file after the other, and takes more."""

    def __init__(self, batch: _ClaimBatch, parser: Parser) -> None:
        self.parser = parser
        self._batch = batch
        self._quick = False
        self._began: float | None = None

    @property
    def is_stuck(self) -> bool:
        """With one file, for longer than others should have to wait for it."""
        began = self._began
        return began is not None and time.monotonic() - began > STUCK_AFTER_SECONDS

    def works(self, *, waits_for_more: bool = False, until: Callable[[], bool] = lambda: False) -> Iterator[Work]:
        batch = self._batch
        while not (_stopping.is_set() or until()):
            begun = batch.begin()
            if begun is None:
                if batch.unread:
                    time.sleep(POLL_SECONDS)  # until what is worked on is over
                elif not batch.take(BATCH if self._quick else 1):
                    if not (waits_for_more and batch.held):
                        return
                    time.sleep(POLL_SECONDS)  # files that are being uploaded join in while there is work
                continue
            claim, version, generation = begun
            self._began = began = time.monotonic()
            work = parse.read(claim, version, generation, self.parser)
            self._began = None
            self._quick = time.monotonic() - began < QUICK
            if work is None:
                batch.done([claim])
            else:
                yield work


class _Backlog:
    """A queue bounded by passages, since documents differ a thousandfold."""

    def __init__(self, limit: int) -> None:
        self._most = limit
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

    def take(self, limit: int) -> list[Work]:
        """What is there, up to `limit` passages; waits for the first. Empty: closed, and there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._works or self._closed)
            taken: list[Work] = []
            size = 0
            while self._works and (not taken or size + self._works[0].weight <= limit):
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
    def __init__(self, up_to: int) -> None:
        self._batch = _ClaimBatch(up_to)
        self._first = _FileReader(self._batch, backends.parser())
        self._second = _FileReader(self._batch, backends.new_parser())
        self._read, self._embedded = _Backlog(AHEAD), _Backlog(AHEAD)
        self._read_over, self._over = threading.Event(), threading.Event()

    def run(self) -> int:
        parts = [
            threading.Thread(target=self._guarded, args=(part, after), name=name, daemon=True)
            for name, part, after in (
                ("ingest-reader", self._reader, self._read.close),
                ("ingest-embedder", self._embedder, self._embedded.close),
                ("ingest-writer", self._writer, self._embedded.close),  # or who has more for it would wait for ever
            )
        ]
        heart = threading.Thread(
            target=self._guarded, args=(self._renew_leases, lambda: None), name="ingest-heart", daemon=True
        )
        for thread in (*parts, heart):
            thread.start()
        for thread in parts:
            thread.join()
        self._over.set()
        heart.join()
        self._batch.release()
        save.tidy(self._batch.tenants)
        return self._batch.count

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
        second = threading.Thread(target=self._guarded, args=(self._second_reader, lambda: None), daemon=True)
        second.start()
        try:
            for work in self._first.works(waits_for_more=True):
                self._read.put(work)
        finally:
            self._read_over.set()
            second.join()

    def _second_reader(self) -> None:
        """While the first is stuck with a long scan, people's small files go past it."""
        while not self._read_over.wait(POLL_SECONDS):
            if self._first.is_stuck:
                for work in self._second.works(until=lambda: not self._first.is_stuck):
                    self._read.put(work)
        self._second.parser.close()

    def _embedder(self) -> None:
        while works := self._read.take(TOGETHER):
            for done in embed_works(works):
                self._embedded.put(done)
            self._batch.done(work.claim for work in works if work.vectors is None)

    def _writer(self) -> None:
        while works := self._embedded.take(AHEAD):
            save.save(works, hold=HOLD, sleep=_stopping.wait)
            self._batch.done(work.claim for work in works)

    def _renew_leases(self) -> None:
        while not self._over.wait(claims.HEARTBEAT.total_seconds()):
            try:
                claims.renew(list(self._batch.held.values()))
            except DatabaseError:  # it beats again when the database is back; the lease bears three beats that fail
                log.warning("The leases could not be renewed and are tried again.", exc_info=True)
                connection.close()
