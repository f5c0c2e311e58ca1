"""The one place that reads the adapter settings. Each adapter is built on first use, once per process."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache as cached
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from knowledge.embedders.base import Embedder
    from knowledge.index_spec import IndexSpec
    from knowledge.parsers.client import ParserChild
    from knowledge.stores.base import VectorStore

STORES = {
    "lance": "knowledge.stores.lance.store.LanceStore",
    "weaviate": "knowledge.stores.weaviate.store.WeaviateStore",
}
ANSWERING = "knowledge:answering-store"
_answering = 0.0, ""
ERASING = {  # what a receipt may say of the store, after `erase`
    "lance": "dropped, and its files rewritten without it",
    "weaviate": "dropped; Weaviate removes the bytes when it next merges its files",
}
EMBEDDERS = {
    "minilm": "knowledge.embedders.minilm.MiniLM",
    "openai": "knowledge.embedders.openai.OpenAIEmbedder",
}


@cache
def store() -> VectorStore:
    """Both, while the installation moves from one to the other (knowledge/indexes/store_migration.py)."""
    main, also = settings.VECTOR_STORE, settings.VECTOR_STORE_ALSO
    if not also or also == main:
        return open_store(main)
    from knowledge.stores.dual_store import Pair

    return Pair(open_store(main), open_store(also), second_answers=lambda: answering() == also)


@cache
def open_store(name: str) -> VectorStore:
    if name not in STORES:
        raise ImproperlyConfigured(f"There is no vector store {name!r}. Choose one of: {', '.join(sorted(STORES))}.")
    adapter = import_string(STORES[name])
    if name == "weaviate":
        if not settings.WEAVIATE_URL:
            raise ImproperlyConfigured("The vector store is Weaviate, and WEAVIATE_URL is not set.")
        return adapter(
            settings.WEAVIATE_URL,
            grpc_port=settings.WEAVIATE_GRPC_PORT,
            grpc_host=settings.WEAVIATE_GRPC_HOST,
            api_key=settings.WEAVIATE_API_KEY,
            ca=settings.WEAVIATE_CA,
            copies=settings.WEAVIATE_REPLICATION_FACTOR,
            consistency=settings.WEAVIATE_CONSISTENCY,
            prefix=settings.WEAVIATE_PREFIX,
        )
    return adapter(settings.STORE_DIR)


def answering() -> str:
    """Which of two stores answers come from. Lost with the cache, and then it is the one that VECTOR_STORE names:
    that holds everything too."""
    global _answering
    until, name = _answering
    if time.monotonic() > until:
        try:
            name = cached.get(ANSWERING) or settings.VECTOR_STORE
        except Exception:  # a search does without the cache
            name = settings.VECTOR_STORE
        _answering = time.monotonic() + 1, name
    return name


def answer_from(name: str) -> None:
    """Every process follows within a second."""
    global _answering
    cached.set(ANSWERING, name, timeout=None)
    _answering = 0.0, ""


@cache
def embedder() -> Embedder:
    """The one that the settings name."""
    adapter = _named(EMBEDDERS, "EMBEDDER")
    if settings.EMBEDDER == "openai":
        return adapter(settings.EMBEDDING_BASE_URL, settings.EMBEDDING_API_KEY, settings.EMBEDDING_MODEL)
    return adapter(cache_dir=settings.MODEL_DIR)


@cache
def embedder_of(made_with: IndexSpec) -> Embedder | None:
    """The one that an index was made with. None: it was an endpoint that the settings no longer name."""
    if made_with.embedder == settings.EMBEDDER == "minilm":
        return embedder()
    if made_with.embedder == "minilm":
        return import_string(EMBEDDERS["minilm"])(cache_dir=settings.MODEL_DIR)
    if made_with.embedder != "openai" or not made_with.model or made_with.base_url != settings.EMBEDDING_BASE_URL:
        return None
    if settings.EMBEDDER == "openai" and made_with.model == settings.EMBEDDING_MODEL:
        return embedder()
    return import_string(EMBEDDERS["openai"])(made_with.base_url, settings.EMBEDDING_API_KEY, made_with.model)


@cache
def parser() -> ParserChild:
    """For one thread at a time. Its child process leaves by itself when idle."""
    return new_parser()


def new_parser() -> ParserChild:
    """One more, for another thread, which closes it."""
    from dataclasses import replace

    from knowledge.parsers.base import ParseLimits
    from knowledge.parsers.client import ParserChild

    return ParserChild(replace(ParseLimits(), file_bytes=settings.UPLOAD_LIMIT))


def _named(adapters: dict[str, str], setting: str):
    name = getattr(settings, setting)
    if name not in adapters:
        raise ImproperlyConfigured(f"{setting} is {name!r}. Choose one of: {', '.join(sorted(adapters))}.")
    return import_string(adapters[name])
