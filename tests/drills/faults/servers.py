"""Redis, PostgreSQL and Weaviate fall over, forget, or are wiped."""

from __future__ import annotations

import shutil
import time

from tests.drills import store
from tests.drills.scene import Scene


def flush_redis(scene: Scene) -> None:
    import redis

    with redis.Redis.from_url(scene.column.redis.url) as client:
        for _ in range(3):
            client.flushall()
            scene.note("FLUSHALL")
            time.sleep(3)


def restart_redis(scene: Scene) -> None:
    scene.column.redis.kill()
    scene.note("Redis killed")
    time.sleep(8)
    scene.column.revive(scene.column.redis)
    scene.note("Redis started again")


def restart_postgres(scene: Scene) -> None:
    for away in (0.0, 8.0):
        scene.column.postgres.kill()
        scene.note("PostgreSQL stopped at once, as by a crash")
        time.sleep(away)
        scene.column.revive(scene.column.postgres)
        scene.note("PostgreSQL started again")
        time.sleep(4)


def restart_weaviate(scene: Scene) -> None:
    scene.column.weaviate.kill()
    scene.note("Weaviate killed")
    time.sleep(10)
    scene.column.revive(scene.column.weaviate)
    scene.note("Weaviate started again")


def wipe_weaviate(scene: Scene) -> None:
    """Nobody runs a command: the portal notices by itself that its index is empty."""
    weaviate = scene.column.weaviate
    weaviate.kill()
    shutil.rmtree(weaviate.folder / "data")
    scene.column.revive(weaviate)
    scene.note("Weaviate killed, its data folder removed, started empty")
    began = time.monotonic()
    scene.until(lambda: _is_whole(scene), 150, "the rebuilding of the index", every=1)
    scene.note(f"the index was whole again after {time.monotonic() - began:.0f} s")


def _is_whole(scene: Scene) -> bool:
    """What stood in the rows before this look is in the store."""
    for company in scene.companies:
        rows = {
            pk for (pk,) in scene.column.sql("SELECT id::text FROM knowledge_passage WHERE tenant_id = %s", company.id)
        }
        if not rows <= set(store.passages(scene.column.weaviate, company.id)):
            return False
    return True
