"""The one place that reads the adapter settings. Each adapter is built on first use, once per process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from knowledge.embedders.base import Embedder
    from knowledge.parsing import ParserChild
    from knowledge.stores.base import VectorStore

STORES = {
    "lance": "knowledge.stores.lance.LanceStore",
    "weaviate": "knowledge.stores.weaviate.WeaviateStore",
}
EMBEDDERS = {
    "minilm": "knowledge.embedders.minilm.MiniLM",
    "openai": "knowledge.embedders.openai.OpenAIEmbedder",
}


@cache
def store() -> VectorStore:
    adapter = _named(STORES, "VECTOR_STORE")
    if settings.VECTOR_STORE == "weaviate":
        if not settings.WEAVIATE_URL:
            raise ImproperlyConfigured("VECTOR_STORE is weaviate, and WEAVIATE_URL does not say where that is.")
        return adapter(
            settings.WEAVIATE_URL,
            grpc_port=settings.WEAVIATE_GRPC_PORT,
            grpc_host=settings.WEAVIATE_GRPC_HOST,
            api_key=settings.WEAVIATE_API_KEY,
            copies=settings.WEAVIATE_REPLICATION_FACTOR,
            consistency=settings.WEAVIATE_CONSISTENCY,
            prefix=settings.WEAVIATE_PREFIX,
        )
    return adapter(settings.STORE_DIR)


@cache
def embedder() -> Embedder:
    adapter = _named(EMBEDDERS, "EMBEDDER")
    if settings.EMBEDDER == "openai":
        return adapter(settings.EMBEDDING_BASE_URL, settings.EMBEDDING_API_KEY, settings.EMBEDDING_MODEL)
    return adapter(cache_dir=settings.MODEL_DIR)


@cache
def parser() -> ParserChild:
    """For one thread at a time. Its child process leaves by itself when idle."""
    return new_parser()


def new_parser() -> ParserChild:
    """One more, for another thread, which closes it."""
    from dataclasses import replace

    from knowledge.parsers.base import ParseLimits
    from knowledge.parsing import ParserChild

    return ParserChild(replace(ParseLimits(), file_bytes=settings.UPLOAD_LIMIT))


def _named(adapters: dict[str, str], setting: str):
    name = getattr(settings, setting)
    if name not in adapters:
        raise ImproperlyConfigured(f"{setting} is {name!r}. Choose one of: {', '.join(sorted(adapters))}.")
    return import_string(adapters[name])
