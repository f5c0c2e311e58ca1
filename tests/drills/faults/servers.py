"""Redis, PostgreSQL and Weaviate fall over, forget, or are wiped."""

from __future__ import annotations

import time

from portal.operations.services import Server
from tests.drills.scene import Scene

AWAY = 45.0  # seconds
FROZEN = 30.0  # seconds: longer than anybody may wait
BACK_WITHIN = 6.0  # seconds from a server's return to somebody's next answer


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


def freeze_postgres(scene: Scene) -> None:
    _freeze(scene, scene.column.postgres)


def freeze_redis(scene: Scene) -> None:
    _freeze(scene, scene.column.redis)


def freeze_weaviate(scene: Scene) -> None:
    _freeze(scene, scene.column.weaviate)


def lose_postgres(scene: Scene) -> None:
    """Away for so long that a pool with growing pauses would sleep on when it is back."""
    scene.column.postgres.kill()
    scene.note("PostgreSQL stopped at once, as by a crash")
    time.sleep(AWAY)
    scene.column.revive(scene.column.postgres)
    back = time.monotonic()
    scene.note("PostgreSQL started again")
    scene.until(lambda: _answered_since(scene, back), BACK_WITHIN, "an answer")
    scene.note(f"somebody was answered {time.monotonic() - back:.1f} s later")


def _freeze(scene: Scene, server: Server) -> None:
    """It keeps its connections and answers nothing."""
    server.pause()
    scene.note(f"{server.name} frozen")
    time.sleep(FROZEN)
    server.resume()
    back = time.monotonic()
    scene.note(f"{server.name} goes on")
    scene.until(lambda: _answered_since(scene, back), BACK_WITHIN, "an answer")
    scene.note(f"somebody was answered {time.monotonic() - back:.1f} s later")


def _answered_since(scene: Scene, when: float) -> bool:
    return any(met.at >= when and met.useful for met in list(scene.crowd.met))
