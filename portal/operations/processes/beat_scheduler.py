"""Beat that does not wait an hour when the clock is set back by one."""

from __future__ import annotations

import time

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    """Celery counts from when a task last ran. If that lies ahead of the clock, it counts from now."""

    _ticked: float | None = None

    def tick(self, *arguments, **options) -> float:
        now = time.time()
        if self._ticked is None or now < self._ticked:
            for entry in self.schedule.values():
                entry.last_run_at = min(entry.last_run_at, entry.schedule.now())
            self._heap = None  # made again from the entries
        self._ticked = now
        return super().tick(*arguments, **options)
