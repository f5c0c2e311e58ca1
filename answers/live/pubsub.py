"""Tells followers in other processes what an answer says, the moment it says it: Redis publish/subscribe.

Only quicker, never needed: the rows have everything within a quarter of a second. So nothing here waits, tries twice or
fails; where there is no Redis, nobody is told, and who follows looks at the rows.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from uuid import UUID

from django.conf import settings

from answers.events import Numbered

log = logging.getLogger("answers.live.pubsub")

BATCH_SECONDS = 0.03  # seconds in which words are gathered into one message
TIMEOUT_SECONDS = 1.0  # seconds that Redis has
RETRY_AFTER_SECONDS = 5.0  # seconds after a failure
IDLE_SECONDS = 10.0  # seconds without news after which the connection is closed
MAX_UNSENT_EVENTS = 20_000  # events that wait to be told; beyond it they are left to the rows

_waiting: dict[asyncio.AbstractEventLoop, dict[str, list[Numbered]]] = {}
_publishers: dict[asyncio.AbstractEventLoop, asyncio.Task] = {}
_unavailable_until = 0.0


def publish(tenant_id: UUID, answer_id: UUID, event: Numbered) -> None:
    """From the loop that writes the answer. Returns at once."""
    if not settings.REDIS_URL or time.monotonic() < _unavailable_until:
        return
    loop = asyncio.get_running_loop()
    waiting = _waiting.setdefault(loop, defaultdict(list))
    if sum(map(len, waiting.values())) < MAX_UNSENT_EVENTS:
        waiting[_channel(tenant_id, answer_id)].append(event)
    if loop not in _publishers or _publishers[loop].done():
        _publishers[loop] = loop.create_task(_publish_batches(loop))


class EventSubscription:
    """What one answer says. `received` holds the events that were told and not taken yet, by their number."""

    def __init__(self, subscription=None) -> None:
        self._subscription = subscription
        self.received: dict[int, Numbered] = {}

    @property
    def is_live(self) -> bool:
        return self._subscription is not None

    def after(self, place: int) -> list[Numbered]:
        """Those that follow `place` without a gap."""
        for number in [number for number in self.received if number <= place]:
            del self.received[number]
        events = []
        while place + 1 in self.received:
            place += 1
            events.append(self.received.pop(place))
        return events

    async def wait(self, seconds: float) -> None:
        """Until something is told, or so long."""
        if self._subscription is None:
            await asyncio.sleep(seconds)
            return
        began = time.monotonic()
        try:
            message = await self._subscription.get_message(ignore_subscribe_messages=True, timeout=seconds)
            while message is not None:
                for number, kind, data in json.loads(message["data"]):
                    self.received[number] = Numbered(number, kind, data)
                message = await self._subscription.get_message(ignore_subscribe_messages=True, timeout=0)
        except Exception as error:  # from now on by the rows
            _note_failure(error)
            self._subscription = None
            await asyncio.sleep(max(0.0, seconds - (time.monotonic() - began)))


@contextlib.asynccontextmanager
async def listening(tenant_id: UUID, answer_id: UUID) -> AsyncIterator[EventSubscription]:
    """From here on nothing that is told is missed; what was told before stands in the rows."""
    if not settings.REDIS_URL or time.monotonic() < _unavailable_until:
        yield EventSubscription()
        return
    client = _client()
    subscribed = client.pubsub()
    try:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await subscribed.subscribe(_channel(tenant_id, answer_id))
            news = EventSubscription(subscribed)
        except Exception as error:
            _note_failure(error)
            news = EventSubscription()
        yield news
    finally:
        with contextlib.suppress(Exception):
            await subscribed.aclose()
            await client.aclose()


async def _publish_batches(loop: asyncio.AbstractEventLoop) -> None:
    client, quiet_since = _client(), time.monotonic()
    try:
        while time.monotonic() - quiet_since < IDLE_SECONDS:
            await asyncio.sleep(BATCH_SECONDS)
            batches = _waiting.pop(loop, {})
            if not batches:
                continue
            quiet_since = time.monotonic()
            pipeline = client.pipeline(transaction=False)
            for channel, events in batches.items():
                pipeline.publish(channel, json.dumps([[each.number, each.kind, each.data] for each in events]))
            await pipeline.execute()
    except Exception as error:
        _note_failure(error)
    finally:
        _waiting.pop(loop, None)
        _publishers.pop(loop, None)
        with contextlib.suppress(Exception):
            await client.aclose()


def _client():
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    times = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    return Redis.from_url(settings.REDIS_URL, **times, retry=Retry(NoBackoff(), 0))


def _note_failure(error: Exception) -> None:
    global _unavailable_until
    if time.monotonic() >= _unavailable_until:
        log.warning("Redis does not answer, so followers elsewhere look at the rows: %s", type(error).__name__)
    _unavailable_until = time.monotonic() + RETRY_AFTER_SECONDS


def _channel(tenant_id: UUID, answer_id: UUID) -> str:
    return f"portal:answer:{tenant_id}:{answer_id}"
