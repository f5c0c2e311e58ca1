"""The portal's own processes are killed, at the worst moments that can be found from outside."""

from __future__ import annotations

import time

import psycopg

from tests.drills.column import DATABASE
from tests.drills.documents import long
from tests.drills.scene import Scene


def kill_workers(scene: Scene) -> None:
    for company in scene.companies:
        scene.crowd.add(company, long(len(company.slug)))
    kill_a_worker(scene, "parsing")
    kill_a_worker(scene, "embedding")
    for company in scene.companies:  # what the dead held comes back when its lease is over; this is there now
        scene.crowd.add(company, long(2, parts=1), f"short-{company.slug}.md")
    _kill_between_store_and_rows(scene)


def kill_a_worker(scene: Scene, stage: str) -> None:
    pid = scene.until(lambda: _holder_at(scene, stage), 120, f"a document at {stage}", every=0.01)
    scene.process(pid).kill()
    scene.note(f"worker {pid} killed while {stage}")


def _holder_at(scene: Scene, stage: str) -> int | None:
    rows = scene.column.sql(
        "SELECT j.claimed_by FROM knowledge_job j JOIN knowledge_version v ON v.id = j.version_id"
        " WHERE j.state = 'running' AND j.lease_until > now() AND v.status = %s AND v.tenant_id = ANY(%s::uuid[])"
        " ORDER BY j.heartbeat_at DESC LIMIT 1",
        stage, [company.id for company in scene.companies],
    )  # fmt: skip
    if not rows:
        return None
    pid = int(rows[0][0].split(":")[1])
    return pid if pid in {process.pid for process in scene.column.processes()} else None


def _kill_between_store_and_rows(scene: Scene) -> None:
    """The worst moment of indexing: the store has the passages and the rows have not. A lock on the rows holds it."""
    with psycopg.connect(scene.column.postgres.url_for(DATABASE)) as holding:
        holding.execute("LOCK TABLE knowledge_passage IN SHARE ROW EXCLUSIVE MODE")
        process = scene.until(lambda: _held_up_by_lock(scene), 150, "a worker that writes passages", every=0.05)
        process.kill()
        scene.note(f"worker {process.pid} killed while indexing, after the store and before the rows")


def _held_up_by_lock(scene: Scene):
    for (port,) in scene.column.sql(
        "SELECT client_port FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%%knowledge_passage%%'"
    ):
        if process := scene.column.process_at(port):
            return process
    return None


def kill_web(scene: Scene) -> None:
    for _ in range(2):
        pid = scene.until(lambda: _writer_of_an_answer(scene), 60, "an answer that is being written", every=0.01)
        scene.process(pid).kill()
        scene.note(f"web process {pid} killed while it wrote an answer")
        time.sleep(5)


def _writer_of_an_answer(scene: Scene) -> int | None:
    rows = scene.column.sql(
        "SELECT owner FROM answers_answer WHERE state = 'running' AND asked_at > now() - interval '2 seconds'"
        " AND tenant_id = ANY(%s::uuid[]) ORDER BY asked_at DESC LIMIT 1",
        [company.id for company in scene.companies],
    )
    pid = int(rows[0][0].split(":")[1]) if rows else None
    return pid if pid in {process.pid for process in scene.column.processes()} else None
