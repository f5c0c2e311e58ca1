"""What a drill has to work with: the column, two companies at work on it, and ways to wait and to look."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from tests.drills.column import Column
from tests.drills.crowd import Company, Crowd
from tests.drills.verdict import unsettled, what_is_left

SECONDS_EACH = 1.5  # for reading one document, on two cores that have other work as well


@dataclass
class Scene:
    column: Column
    crowd: Crowd
    began: float = field(default_factory=time.monotonic)
    notes: list[str] = field(default_factory=list)  # what was done, for the report

    @property
    def companies(self) -> list[Company]:
        return self.crowd.companies

    def note(self, words: str) -> None:
        self.notes.append(words)
        print(f"    {time.monotonic() - self.began:5.1f} s  {words}", flush=True)

    def until(self, true: Callable[[], object], within: float, what: str, *, every: float = 0.02):
        """What it became, when it is neither empty nor false."""
        deadline = time.monotonic() + within
        while True:
            if found := true():
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not happen within {within:.0f} s")
            time.sleep(every)

    def ready(self) -> int:
        ids = [company.id for company in self.companies]
        return self.column.sql(
            "SELECT count(*) FROM knowledge_version WHERE status LIKE 'ready%%' AND tenant_id = ANY(%s::uuid[])", ids
        )[0][0]

    def under_way(self, share: float = 0.15) -> None:
        """The ingestion has come so far that there is something to find, and much is still to be done."""
        enough = max(2, int(share * len(self.crowd.sources)))
        self.until(lambda: self.ready() >= enough, 120, f"{enough} ready documents", every=0.2)

    def settle(self) -> float:
        """All uploads are taken and nothing is on its way: seconds that this took."""
        began = time.monotonic()
        within = max(220.0, SECONDS_EACH * len(self.crowd.sources))
        self.until(self.crowd.uploads_over.is_set, within, "the end of the uploads", every=0.2)
        while unsettled(self.column, self.companies):
            if time.monotonic() - began > within:
                left = what_is_left(self.column, self.companies)
                raise AssertionError(f"after {within:.0f} s of rest this was still on its way: {left}")
            time.sleep(0.5)
        return time.monotonic() - began

    def process(self, pid: int) -> psutil.Process:
        """One of the portal's own, and no other on this machine."""
        return next(process for process in self.column.processes() if process.pid == pid)
