"""Weaviate loses passages of companies on PostgreSQL: the request for a comparison outlives the search that failed, and
row-level security, and each company is made whole."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from knowledge import backends, tasks
from knowledge.indexes import comparison_queue, consistency, index_writer
from knowledge.indexes.consistency import IndexIncomplete
from tenants.isolation.scope import in_tenant
from tests.production.test_move_store import _forget
from tests.servers.portal_database import make_company

pytestmark = pytest.mark.service


@pytest.fixture
def weaviate(real_weaviate, settings, monkeypatch):
    settings.VECTOR_STORE, settings.VECTOR_STORE_ALSO = "weaviate", ""
    settings.WEAVIATE_URL, settings.WEAVIATE_GRPC_PORT = real_weaviate.url, real_weaviate.grpc_port
    settings.WEAVIATE_API_KEY, settings.WEAVIATE_PREFIX = real_weaviate.key, f"Lost_{uuid4().hex[:8]}"
    monkeypatch.setattr(tasks.compare_next, "apply_async", lambda *given, **options: None)
    monkeypatch.setattr(tasks.ingest_next, "apply_async", lambda *given, **options: None)
    _forget()
    yield backends.store()
    _forget()


def find(company, words: str):
    from knowledge.retrieval import search

    with in_tenant(company.tenant):
        return search.find(company.member, [words], limit=5)


def insist(company) -> None:
    from knowledge.retrieval import search

    with in_tenant(company.tenant):
        search.require_complete_index(company.member)


def _forget_process() -> None:
    consistency._seen.clear()
    comparison_queue._asked.clear()


def compare_all() -> None:
    until = time.monotonic() + 10
    while not comparison_queue.waiting() and time.monotonic() < until:  # written beside the search that failed
        time.sleep(0.02)
    while comparison_queue.waiting():
        tasks.compare_next()


def test_a_wipe_of_all_companies_is_noticed_by_the_first_question_and_healed_for_all(as_app, weaviate):
    from knowledge.ingestion import pipeline

    _forget_process()
    companies = [make_company(6), make_company(4)]
    pipeline.drain(inline=True)
    one, other = companies
    assert find(one, "rules 3")
    for company in companies:
        weaviate.destroy(index_writer.namespace_of(company.tenant.pk))
    with pytest.raises(IndexIncomplete, match="0 of 6 passages searched"):
        find(one, "rules 3")
    compare_all()
    _forget_process()
    assert len(find(one, "rules 3")) == 5
    assert len(find(other, "rules 3")) == 4, "before anybody of it asked"
    insist(one)


def test_a_half_wiped_index_refuses_nothing(as_app, weaviate):
    from knowledge.ingestion import pipeline
    from knowledge.models import Version

    _forget_process()
    company = make_company(6)
    pipeline.drain(inline=True)
    insist(company)
    with in_tenant(company.tenant):
        lost = list(Version.objects.for_tenant(company.tenant).values_list("pk", flat=True)[:4])
    weaviate.drop(index_writer.namespace_of(company.tenant.pk), lost)
    assert find(company, "rules"), "what is left is found"
    with pytest.raises(IndexIncomplete, match="2 of 6 passages searched"):
        insist(company)
    compare_all()
    insist(company)
