"""The queue in a folder outlives files that are empty or half written, and never shows one to a reader."""

from __future__ import annotations

import os
import threading
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue
from kombu.transport import virtual

from portal.infrastructure import file_broker
from portal.infrastructure.disk_cache import DiskCache
from portal.operations.services import NotStarted, Redis

BULK = Queue("bulk", Exchange("bulk"), routing_key="bulk")


@pytest.fixture
def broker(tmp_path, monkeypatch):
    file_broker.use()
    monkeypatch.setattr(file_broker.Transport, "global_state", virtual.BrokerState())  # as in a process of its own
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection("filesystem://", transport_options=options) as connection:
        yield connection


@pytest.fixture
def queue(broker):
    simple = broker.SimpleQueue(BULK)
    yield simple
    simple.close()


@pytest.mark.parametrize("content", [b"", b'{"body": "aG', b"\xff\xfe", b"[]"])
def test_a_worker_outlives_a_message_that_cannot_be_read_and_takes_the_next(queue, tmp_path, content):
    (tmp_path / "messages" / "0_damaged.bulk.msg").write_bytes(content)
    queue.put("work")
    assert queue.get(block=False).payload == "work"
    with pytest.raises(queue.Empty):
        queue.get(block=False)
    assert [each.read_bytes() for each in (tmp_path / "unreadable").iterdir()] == [content]
    assert os.listdir(tmp_path / "messages") == []


def test_a_worker_outlives_a_damaged_exchange_file_at_its_start_and_at_its_work(broker, tmp_path):
    exchange = tmp_path / "control" / "bulk.exchange"
    exchange.write_bytes(b"")
    simple = broker.SimpleQueue(BULK)
    for _ in range(2):
        simple.put("work")
        assert simple.get(block=False).payload == "work"
        exchange.write_bytes(b"")
    simple.close()


def test_no_reader_sees_a_message_before_it_is_complete(queue, broker, tmp_path):
    """Writers and readers race, which the broker of kombu loses within a few hundred messages."""
    messages, got, broken = 300, [], []

    def read(simple) -> None:
        try:
            while len(got) < messages:
                try:
                    got.append(simple.channel._get("bulk"))
                except Empty:
                    continue
        except Exception as error:
            broken.append(error)

    readers = [threading.Thread(target=read, args=(queue,), daemon=True) for _ in range(2)]
    for each in readers:
        each.start()
    for number in range(messages):
        queue.put({"number": number, "padding": "x" * 20_000})
    for each in readers:
        each.join(10)
    assert broken == []
    assert len(got) == messages
    assert not (tmp_path / "unreadable").exists()


def test_the_oldest_unreadable_files_are_not_kept_for_ever(queue, tmp_path):
    for number in range(file_broker.MAX_UNREADABLE_FILES + 5):
        (tmp_path / "messages" / f"{number:03}_damaged.bulk.msg").touch()
    with pytest.raises(queue.Empty):
        queue.get(block=False)
    assert len(list((tmp_path / "unreadable").iterdir())) == file_broker.MAX_UNREADABLE_FILES


def test_celery_uses_this_queue(settings):
    from portal.celery import app

    with app.connection_for_read("filesystem://") as connection:
        assert type(connection.transport) is file_broker.Transport


def test_a_damaged_server_file_is_named_and_no_new_password_is_made(tmp_path):
    (tmp_path / "server.json").touch()
    with pytest.raises(NotStarted, match="is damaged"):
        Redis(tmp_path).start()


@pytest.mark.parametrize("value", [{"list": ["x" * 100_000]}, "ü" * 100_000])
def test_a_cached_value_whose_file_is_damaged_is_no_value(tmp_path, value):
    cache = DiskCache(str(tmp_path), {})
    cache.set("large", value)
    (file,) = tmp_path.rglob("*.val")
    file.write_bytes(b"\xff" if isinstance(value, str) else b"")
    assert cache.get("large", "none") == "none"
    cache.set("large", value)
    assert cache.get("large") == value
