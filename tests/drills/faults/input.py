"""What comes in from outside is bad: files that break whoever reads them, and messages that come twice."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import psutil

from tests.drills.documents import Source, broken, thick_pdf
from tests.drills.scene import Scene

POISON = "poison-"
TIMES = 40  # that each message is sent
TASKS = {
    "knowledge.tasks.ingest_next": "interactive",
    "knowledge.tasks.ingest_bulk": "bulk",
    "knowledge.tasks.sweep": "maintenance",
    "knowledge.tasks.maintain": "maintenance",
    "knowledge.tasks.compare": "maintenance",
    "knowledge.tasks.compare_next": "maintenance",
    "answers.tasks.rescue": "maintenance",
}


def poison(scene: Scene) -> None:
    """Files that are damaged, locked or bombs, and one over which the parser dies of a segmentation fault each time."""
    for number, source in enumerate(broken()):
        scene.crowd.add(scene.companies[number % 2], Source(f"{POISON}{source.name}", source.data))
    scene.note(f"{len(broken())} broken files handed in")
    company = scene.companies[0]
    document = scene.crowd.add(company, Source(f"{POISON}crash.pdf", thick_pdf()))
    crashed = _crash_over(scene, document)
    scene.note(f"the parser crashed {crashed} times over one document")
    again = scene.crowd.retry(company, document)
    scene.note(f"somebody tried it again ({again}), and the parser crashed {_crash_over(scene, document)} times")


def _crash_over(scene: Scene, document: str) -> int:
    """SIGSEGV for the parser while it reads this document, until the document has failed: how often that was."""
    crashed, until = 0, time.monotonic() + 120
    while (found := _reading(scene, document)) is not None and time.monotonic() < until:
        reader, pages = found
        if pages and (parser := _busiest_parser(scene, reader)) is not None:
            with suppress(psutil.Error):
                parser.send_signal(signal.SIGSEGV)
                crashed += 1
            time.sleep(1)
        time.sleep(0.05)
    return crashed


def _reading(scene: Scene, document: str) -> tuple[int, int] | None:
    """Who reads it, and how many pages are read; None when it is over."""
    status, pages, holder = scene.column.sql(
        "SELECT v.status, v.progress_done, j.claimed_by FROM knowledge_version v"
        " JOIN knowledge_job j ON j.version_id = v.id WHERE v.document_id = %s",
        document,
    )[0]
    if status.startswith(("ready", "failed")):
        return None
    return int(holder.split(":")[1]) if holder else 0, pages if status == "parsing" else 0


def _busiest_parser(scene: Scene, reader: int) -> psutil.Process | None:
    """A worker has two at most, and the one that is at work on a long file is busy."""
    parsers: list[tuple[psutil.Process, float]] = []
    for process in scene.column.processes():
        with suppress(psutil.Error):
            if process.ppid() == reader and "knowledge.parsers.child" in process.cmdline():
                parsers.append((process, sum(process.cpu_times()[:2])))
    time.sleep(0.2)
    busy: dict[psutil.Process, float] = {}
    for process, before in parsers:
        with suppress(psutil.Error):
            busy[process] = sum(process.cpu_times()[:2]) - before
    return max(busy, key=busy.__getitem__, default=None)


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
