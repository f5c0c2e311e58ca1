"""The Celery workers, each for its queues. A function here takes over the process that calls it."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from portal.operations.processes import heartbeat

IDLE_SECONDS = 60.0  # seconds; the process that holds parser, embedder and the store's writer leaves after that


@dataclass(frozen=True, slots=True)
class Worker:
    queues: tuple[str, ...]
    threads: int = 1
    nice: int = 0
    on_demand: bool = False  # started when there is work, gone when there has been none for a while


# On one machine without a broker one process holds the memory of all that reads documents, and only while there is any.
ON_FILES = {
    "worker": Worker(("maintenance",), threads=2),
    "ingest": Worker(("interactive", "bulk", "evaluation"), nice=5, on_demand=True),
}
ON_A_BROKER = {
    "interactive": Worker(("interactive",), nice=5),  # answering comes first
    "bulk": Worker(("bulk",), nice=10),
    "maintenance": Worker(("maintenance",), threads=2),
    "evaluation": Worker(("evaluation",), nice=10),
}
WORKERS = ON_FILES | ON_A_BROKER


def of_this_installation() -> dict[str, Worker]:
    return ON_FILES if settings.CELERY_BROKER_URL.startswith("filesystem") else ON_A_BROKER


def serve(name: str, ready: Callable[[], None]) -> None:
    from celery.signals import worker_ready

    from portal.celery import app

    worker = WORKERS[name]
    if worker.on_demand:
        _leave_when_idle()
    worker_ready.connect(lambda **_: heartbeat.start(name), weak=False)
    worker_ready.connect(lambda **_: ready(), weak=False)
    if worker.nice:
        os.nice(worker.nice)
    worker_ready.connect(lambda **_: _ignore_celerys_warnings(), weak=False)  # starting, it resets the filters
    _ignore_celerys_warnings()
    app.worker_main(
        [
            "--quiet", "worker", "--pool=threads", f"--concurrency={worker.threads}",
            f"--queues={','.join(worker.queues)}", f"--hostname={name}-{os.getpid()}@%h", "--loglevel=WARNING",
            "--without-gossip", "--without-mingle", "--without-heartbeat",
        ]
    )  # fmt: skip


def _ignore_celerys_warnings() -> None:
    from celery.exceptions import CPendingDeprecationWarning
    from celery.platforms import SecurityWarning

    warnings.simplefilter("ignore", SecurityWarning)  # it runs as root in a container
    warnings.simplefilter("ignore", CPendingDeprecationWarning)  # at each loss of Redis, about a setting that is set


def _leave_when_idle() -> None:
    from celery.signals import task_postrun, task_prerun, worker_ready, worker_shutting_down
    from celery.worker import state

    running, last = threading.Event(), [time.monotonic()]

    def began(**_):
        running.set()

    def ended(**_):
        last[0] = time.monotonic()
        running.clear()

    def watch():
        while running.is_set() or time.monotonic() - last[0] < IDLE_SECONDS:
            time.sleep(1)
        # What SIGTERM does, without its line in the operator's terminal: Celery finishes what it holds and leaves.
        worker_shutting_down.send(sender=None, sig="idle", how="Warm", exitcode=0)
        state.should_stop = 0

    task_prerun.connect(began, weak=False)
    task_postrun.connect(ended, weak=False)
    worker_ready.connect(lambda **_: threading.Thread(target=watch, daemon=True).start(), weak=False)
