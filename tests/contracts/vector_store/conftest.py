"""Every promise is kept by every store: a store joins by adding its name to STORES and `open_store`."""

from __future__ import annotations

import os
from dataclasses import replace
from uuid import uuid4

import pytest

from knowledge.stores.base import Namespace
from tests.contracts.vector_store.stage import STORES, Place, open_store


@pytest.fixture(
    scope="module", params=[pytest.param(s, marks=pytest.mark.service if s == "weaviate" else ()) for s in STORES]
)
def open_place(request, tmp_path_factory):
    """A place for a store, and the name of the store with it."""
    folder = str(tmp_path_factory.mktemp("index"))
    if request.param != "weaviate":
        return Place(request.param, folder)
    server = request.getfixturevalue("real_weaviate")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return Place("weaviate", folder, server.url, server.grpc_port, server.key, f"Contract_{worker}")


@pytest.fixture
def place(open_place, tmp_path):
    return replace(open_place, folder=str(tmp_path / "index"))


@pytest.fixture
def store(place):
    store = open_store(place)
    yield store
    store.close()


@pytest.fixture
def acme():
    return Namespace(uuid4(), "minilm-words-1")


@pytest.fixture
def globex():
    return Namespace(uuid4(), "minilm-words-1")
