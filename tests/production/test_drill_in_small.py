"""A small drill for every change: Redis forgets, Weaviate dies, every message comes many times, while people work."""

from __future__ import annotations

import os
import time

import httpx
import pytest

from portal.operations.services import ProgramMissing
from tests.drills import verdict
from tests.drills.column import Column
from tests.drills.faults import Drill
from tests.drills.faults.input import double_messages
from tests.drills.hold import hold
from tests.drills.scene import Scene

pytestmark = pytest.mark.service

DOCUMENTS = 14


@pytest.fixture(scope="module")
def column():
    try:
        with Column(durable=False) as started:
            yield started
    except ProgramMissing as reason:
        if os.environ.get("CI"):
            pytest.fail(f"{reason} Here this may not be skipped.", pytrace=False)
        pytest.skip(str(reason))


def troubles(scene: Scene) -> None:
    import redis

    with redis.Redis.from_url(scene.column.redis.url) as client:
        client.flushall()
    scene.column.weaviate.kill()
    time.sleep(2)
    scene.column.weaviate.start()
    double_messages(scene, turns=1)


def test_nothing_is_lost_and_the_verdict_would_notice(column):
    seen: list[Scene] = []

    def inflict(scene: Scene) -> None:
        seen.append(scene)
        troubles(scene)

    result = hold(Drill("small", "Redis, Weaviate and the broker at once", inflict), column, 0, DOCUMENTS)
    assert result.broken == []
    assert result.documents == DOCUMENTS
    assert result.answers

    crowd = seen[0].crowd
    company = crowd.companies[0]
    column.stop()  # or it would put right at once what is broken now
    _take_a_passage_out_of_the_store(column, company.id)
    column.sql(
        "UPDATE knowledge_version SET passage_count = passage_count + 1 WHERE tenant_id = %s RETURNING 1", company.id
    )
    crowd.uploaded[company.slug].append("00000000-0000-0000-0000-000000000000")
    crowd.breaches.append("a search showed what it may not")
    noticed = " ".join(verdict.faults(column, crowd))
    for words in ("not in the store", "passages and has", "that were taken are not there", "showed what it may not"):
        assert words in noticed


def _take_a_passage_out_of_the_store(column: Column, tenant: str) -> None:
    weaviate, name = column.weaviate, tenant.replace("-", "")
    with httpx.Client(base_url=f"{weaviate.url}/v1", headers={"Authorization": f"Bearer {weaviate.key}"}) as api:
        kind = api.get("/schema").json()["classes"][0]["class"]
        found = api.get("/objects", params={"class": kind, "tenant": name, "limit": 1}).json()["objects"][0]
        assert api.delete(f"/objects/{kind}/{found['id']}", params={"tenant": name}).status_code == 204
