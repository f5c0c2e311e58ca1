"""A worker's sign of life: a file that it touches while it can. Whoever watches it needs no broker and no database, so
that one of these being away is no reason to end a process that waits for it."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from django.conf import settings

from portal.security.keys import private_folder

INTERVAL_SECONDS = 10.0  # seconds
SILENT_FOR = 60.0  # seconds after which it counts as dead

log = logging.getLogger("portal.operations.processes")


def start(name: str) -> None:
    path = file_of(name)
    threading.Thread(target=_touch_forever, args=(path,), name="heartbeat", daemon=True).start()


def file_of(name: str) -> Path:
    return Path(settings.RUN_DIR) / f"{name}.beat"


def age(name: str) -> float | None:
    """Seconds since its last sign, or None where it never gave one."""
    try:
        return max(0.0, time.time() - file_of(name).stat().st_mtime)
    except FileNotFoundError:
        return None


def _touch_forever(path: Path) -> None:
    while True:
        try:
            private_folder(path.parent)
            path.touch(mode=0o600)
        except OSError as error:  # a full disk, say
            log.warning("The heartbeat %s cannot be written: %s", path, error.strerror)
        time.sleep(INTERVAL_SECONDS)
