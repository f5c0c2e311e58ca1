"""Companies that nobody works for sleep in Weaviate, and find what they have when they come back."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.cache import cache

from knowledge import backends, tasks
from knowledge.indexes import index_writer, tenant_activity
from knowledge.retrieval.search import find

pytestmark = [pytest.mark.django_db, pytest.mark.service]


@pytest.fixture
def on_weaviate(real_weaviate, settings):
    settings.VECTOR_STORE, settings.WEAVIATE_PREFIX = "weaviate", f"Idle_{uuid4().hex[:8]}"
    settings.WEAVIATE_URL, settings.WEAVIATE_GRPC_PORT = real_weaviate.url, real_weaviate.grpc_port
    settings.WEAVIATE_API_KEY = real_weaviate.key
    _forget()
    yield backends.store()
    backends.store().close()
    _forget()


def _forget() -> None:
    backends.store.cache_clear()
    backends.open_store.cache_clear()
    tenant_activity._noted.clear()


def test_who_is_at_work_stays_awake_and_the_others_wake_when_they_search(on_weaviate, upload, erin, acme):
    document = upload("travel.md")
    assert tenant_activity.deactivate_idle() == 0
    cache.delete(tenant_activity._key(acme.pk))  # two hours later
    assert tenant_activity.deactivate_idle() == 1
    assert tenant_activity.deactivate_idle() == 0

    assert find(erin, ["meal allowance"], limit=3)[0].document_id == document.pk
    assert on_weaviate.count(index_writer.namespace_of(acme.pk)) > 0
    tasks.let_sleep()
