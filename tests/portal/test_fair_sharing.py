"""One company's load does not become another one's waiting time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from portal import fair_sharing
from portal.fair_sharing import FairSharing, Senders


def compute(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@pytest.fixture
def sharing() -> FairSharing:
    return FairSharing()


@pytest.fixture
def busy(sharing, monkeypatch):
    """Company A has used much processor time, and company B is there."""
    monkeypatch.setattr(fair_sharing, "HEAVY", 0.05)
    with sharing.turn("A"):
        compute(0.1)
    with sharing.turn("B"):
        pass


@contextmanager
def request_under_way(sharing: FairSharing, name: str):
    """One that holds on until the block ends; `started` is set once it runs."""
    started, over = threading.Event(), threading.Event()

    def run() -> None:
        with sharing.turn(name):
            started.set()
            over.wait(10)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield started
    finally:
        over.set()
        thread.join(10)


def test_a_flood_runs_one_request_at_a_time_and_others_start_at_once(sharing, busy):
    with request_under_way(sharing, "A") as first:
        assert first.wait(2)
        with request_under_way(sharing, "A") as second:
            assert not second.wait(0.2)
            with request_under_way(sharing, "B") as other:
                assert other.wait(2), "the other company waited"


def test_the_next_request_of_a_flood_runs_when_the_one_before_is_over(sharing, busy):
    with request_under_way(sharing, "A") as first:
        assert first.wait(2)
    with request_under_way(sharing, "A") as second:
        assert second.wait(2)


def test_a_company_alone_never_waits(sharing, monkeypatch):
    monkeypatch.setattr(fair_sharing, "HEAVY", 0.0)
    with request_under_way(sharing, "A") as first, request_under_way(sharing, "A") as second:
        assert first.wait(2)
        assert second.wait(2)


def test_companies_that_both_compute_much_take_turns(sharing, busy):
    with sharing.turn("B"):
        compute(0.1)
    order: list[str] = []

    def ask(name: str) -> None:
        with sharing.turn(name):
            order.append(name)

    with ThreadPoolExecutor(8) as pool, request_under_way(sharing, "A") as first:
        assert first.wait(2)
        for name in "AAAAB":
            pool.submit(ask, name)
            time.sleep(0.02)
    assert order.index("B") <= 1, "four requests of one company went before the first of the other"


def test_a_request_that_waits_for_something_else_does_not_keep_the_place(sharing, busy, monkeypatch):
    monkeypatch.setattr(fair_sharing, "LONGEST", 0.1)
    with request_under_way(sharing, "A") as first:
        assert first.wait(2)
        with request_under_way(sharing, "A") as second:
            assert second.wait(2)


def test_what_was_used_is_forgotten_in_time(sharing, monkeypatch):
    monkeypatch.setattr(fair_sharing, "HALF_LIFE", 0.01)
    with sharing.turn("A"):
        compute(0.05)
    time.sleep(0.2)
    with sharing.turn("B"):
        pass
    with request_under_way(sharing, "A") as first, request_under_way(sharing, "A") as second:
        assert first.wait(2)
        assert second.wait(2)


def test_a_stranger_who_names_a_company_does_not_take_its_turn():
    senders = Senders()
    senders.remember(hash("her key"), "acme")
    assert senders.group_of(hash("her key"), "192.0.2.1") == "company acme"
    assert senders.group_of(hash("a wrong key"), "192.0.2.9") == "address 192.0.2.9"
