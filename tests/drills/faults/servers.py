"""Redis, PostgreSQL and Weaviate fall over, forget, or are wiped."""

from __future__ import annotations

import shutil
import time

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
    scene.column.redis.start()
    scene.note("Redis started again")


def restart_postgres(scene: Scene) -> None:
    for away in (0.0, 8.0):
        scene.column.postgres.kill()
        scene.note("PostgreSQL stopped at once, as by a crash")
        time.sleep(away)
        scene.column.postgres.start()
        scene.note("PostgreSQL started again")
        time.sleep(4)


def restart_weaviate(scene: Scene) -> None:
    scene.column.weaviate.kill()
    scene.note("Weaviate killed")
    time.sleep(10)
    scene.column.weaviate.start()
    scene.note("Weaviate started again")


def wipe_weaviate(scene: Scene) -> None:
    weaviate = scene.column.weaviate
    weaviate.kill()
    shutil.rmtree(weaviate.folder / "data")
    weaviate.start()
    scene.note("Weaviate killed, its data folder removed, started empty")
    time.sleep(5)
    began = time.monotonic()
    scene.column.manage("reconcile", "--repair")
    scene.note(f"reconcile --repair took {time.monotonic() - began:.1f} s")
