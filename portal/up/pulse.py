"""Workers and beat touch a file while they live, for whoever watches from outside (docker/alive.py).

It says that the process runs and, of beat, that its clock ticks. A document that hangs is its lease's business.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from celery.signals import beat_init, worker_ready

EVERY = 10.0  # seconds
STUCK = 120.0  # seconds; beat sends something every 15


def follow() -> None:
    """Does nothing unless PORTAL_PULSE_FILE names the file."""
    name = os.environ.get("PORTAL_PULSE_FILE")
    if name:
        worker_ready.connect(lambda **_: _begin(Path(name), lambda: True), weak=False)
        beat_init.connect(lambda sender, **_: _begin(Path(name), lambda: _ticks(sender)), weak=False)


def _begin(path: Path, lives: Callable[[], bool]) -> None:
    def beat() -> None:
        while True:
            if lives():
                with contextlib.suppress(OSError):  # a full disk is no death
                    path.touch()
            time.sleep(EVERY)

    threading.Thread(target=beat, name="pulse", daemon=True).start()


def _ticks(service) -> bool:
    last = getattr(service, "_last_tick", None)
    return last is None or time.monotonic() - last < STUCK
