"""Requests share threads, and with them database connections."""

import asyncio
import threading
import time

import httpx
import pytest
from django.core.signals import request_started

from portal.http import request_threads
from portal.http.request_threads import Handler


@pytest.fixture
def threads():
    """The thread of each request, in the order they began."""
    seen = []

    def note(**_):
        seen.append(threading.get_ident())

    request_started.connect(note, weak=False)
    yield seen
    request_started.disconnect(note)


async def _get(handler: Handler, times: int, *, at_once: bool) -> list[int]:
    transport = httpx.ASGITransport(app=handler)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        if at_once:
            replies = await asyncio.gather(*(client.get("/healthz") for _ in range(times)))
        else:
            replies = [await client.get("/healthz") for _ in range(times)]
            for _ in range(times):
                await asyncio.sleep(0.01)
    return [reply.status_code for reply in replies]


@pytest.mark.django_db(transaction=True)
def test_one_after_another_they_have_the_same_thread(threads):
    handler = Handler()

    async def twice():
        await _get(handler, 1, at_once=False)
        await asyncio.sleep(0.1)  # until the thread is free again
        await _get(handler, 1, at_once=False)

    asyncio.run(twice())
    assert len(threads) == 2
    assert len(set(threads)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_have_a_thread_each_and_few_are_kept(threads):
    handler = Handler()
    statuses = asyncio.run(_get(handler, 12, at_once=True))
    assert set(statuses) == {200}
    deadline = time.monotonic() + 5
    while len(handler._idle) < min(request_threads.MAX_IDLE_THREADS, len(set(threads))) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert 1 <= len(handler._idle) <= request_threads.MAX_IDLE_THREADS
