"""A process is ready when the first question does not have to wait for what is still being loaded."""

from __future__ import annotations

import threading

import pytest

from knowledge.retrieval import search
from portal.infrastructure import warm_up


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/readyz", "/readyz?only=database,files"])
def test_a_process_is_not_ready_while_the_search_is_being_loaded(client, monkeypatch, address):
    loading, warm = threading.Event(), threading.Event()
    monkeypatch.setattr(search, "warm", lambda: loading.wait(10))
    warm_up.begin()
    threading.Thread(target=warm_up.run, args=(warm.set,), daemon=True).start()
    answer = client.get(address)
    assert answer.status_code == 503
    assert answer.json()["parts"]["start"]["error"] == "the search is being loaded"
    assert client.get("/healthz").status_code == 200
    loading.set()
    assert warm.wait(10)
    assert "start" not in client.get(address).json()["parts"]


def test_a_search_that_cannot_be_loaded_ends_the_waiting(monkeypatch):
    def fail() -> None:
        raise RuntimeError("no store")

    monkeypatch.setattr(search, "warm", fail)
    warm_up.begin()
    warm_up.run(lambda: None)
    assert not warm_up.is_running()
