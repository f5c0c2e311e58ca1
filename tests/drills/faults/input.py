"""What comes in from outside is bad: files that break whoever reads them, and messages that come twice."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

import psutil

from tests.drills.documents import Source, broken, long
from tests.drills.scene import Scene

POISON = "poison-"
TIMES = 40  # that each message is sent
TASKS = {
    "knowledge.tasks.ingest_next": "interactive",
    "knowledge.tasks.ingest_bulk": "bulk",
    "knowledge.tasks.sweep": "maintenance",
    "knowledge.tasks.maintain": "maintenance",
    "knowledge.tasks.compare": "maintenance",
    "answers.tasks.rescue": "maintenance",
}


def poison(scene: Scene) -> None:
    """Files that are damaged, locked or bombs, and one over which the parser dies of a segmentation fault each time."""
    for number, source in enumerate(broken()):
        scene.crowd.add(scene.companies[number % 2], Source(f"{POISON}{source.name}", source.data))
    scene.note(f"{len(broken())} broken files handed in")
    company = scene.companies[0]
    document = scene.crowd.add(company, Source(f"{POISON}crash.md", long(99, parts=300).data))
    crashed = _crash_over(scene, document)
    scene.note(f"the parser crashed {crashed} times over one document")
    again = scene.crowd.retry(company, document)
    scene.note(f"somebody tried it again ({again}), and the parser crashed {_crash_over(scene, document)} times")


def _crash_over(scene: Scene, document: str) -> int:
    """SIGSEGV for whichever parser has this document's file open, until the document has failed."""
    path = scene.column.sql(
        "SELECT b.path FROM knowledge_version v JOIN knowledge_blob b ON b.id = v.blob_id WHERE v.document_id = %s",
        document,
    )[0][0]
    crashed: set[int] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            for process in scene.column.processes():
                with suppress(psutil.Error, OSError):
                    if process.pid not in crashed and "knowledge.parsers.child" in process.cmdline() and any(
                        each.path.endswith(path) for each in process.open_files()
                    ):  # fmt: skip
                        os.kill(process.pid, signal.SIGSEGV)
                        crashed.add(process.pid)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        scene.until(lambda: _status(scene, document) in ("failed", "ready"), 120, "the end of the crashing document")
    finally:
        over.set()
        watching.join()
    return len(crashed)


def _status(scene: Scene, document: str) -> str:
    return scene.column.sql("SELECT status FROM knowledge_version WHERE document_id = %s", document)[0][0]


def double_messages(scene: Scene, *, turns: int = 3) -> None:
    """The same messages again, with the same ids, as a broker does that lost an acknowledgement."""
    from celery import Celery

    with Celery(broker=scene.column.redis.url, set_as_current=False) as sender:
        for turn in range(turns):
            for name, queue in TASKS.items():
                for _ in range(TIMES):
                    sender.send_task(name, task_id=f"{name}-{turn}", queue=queue, ignore_result=True)
            scene.note(f"{len(TASKS)} messages, {TIMES} times each")
            time.sleep(1 if turn + 1 == turns else 4)
