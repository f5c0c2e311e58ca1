"""LanceDB's own calls are asynchronous; the store is called from threads. One loop, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable
from concurrent.futures import Future
from typing import Any


class Loop:
    """Starts with the first call, and again in a forked child, where the parent's thread does not exist."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0

    @property
    def is_ours(self) -> bool:
        return self._loop is not None and self._pid == os.getpid()

    def submit(self, work: Awaitable[Any]) -> Future:
        with self._starting:
            if not self.is_ours:
                self._pid = os.getpid()
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="lance-store", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        with self._starting:
            if self.is_ours:
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None
