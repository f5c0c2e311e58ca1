"""What an operator does on purpose, and an hour in which nothing happens at all."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections import defaultdict

import psutil

from tests.drills.documents import long
from tests.drills.scene import Scene

RESTARTS = 2
STEADY_SECONDS = float(os.environ.get("DRILL_STEADY_SECONDS", 600))
SAMPLE_SECONDS = 5
SECONDS_BETWEEN_DOCUMENTS = 2
MAX_GROWTH = 6  # descriptors, connections or threads between the first and the last quarter of the time


def restart(scene: Scene) -> None:
    for _ in range(RESTARTS):
        supervisor = psutil.Process(scene.column.process.pid)
        former = {child.pid for child in supervisor.children()}
        began = time.monotonic()
        supervisor.send_signal(signal.SIGUSR2)
        scene.until(
            lambda former=former, supervisor=supervisor: not former & {child.pid for child in supervisor.children()},
            90, "the end of the former processes",
        )  # fmt: skip
        scene.note(f"restarted; the former processes had left after {time.monotonic() - began:.1f} s")
        time.sleep(3)


def stay_steady(scene: Scene) -> None:
    """People and imports go on for ten minutes. Nothing that a process holds may grow with the time."""
    held: dict[int, list[dict[str, int]]] = defaultdict(list)
    began = next_document = time.monotonic()
    number = 0
    while time.monotonic() - began < STEADY_SECONDS:
        if time.monotonic() >= next_document:
            company = scene.companies[number % len(scene.companies)]
            scene.crowd.add(company, long(number, parts=1), f"steady-{number}-{company.slug}.md")
            number, next_document = number + 1, next_document + SECONDS_BETWEEN_DOCUMENTS
        for process in psutil.Process(scene.column.process.pid).children():
            try:
                held[process.pid].append(
                    {
                        "descriptors": process.num_fds(),
                        "connections": len(process.net_connections("inet")),
                        "threads": process.num_threads(),
                    }
                )
            except psutil.Error:
                continue
        time.sleep(SAMPLE_SECONDS)
    grown = {}
    for pid, samples in held.items():
        quarter = len(samples) // 4
        for what in samples[0] if quarter >= 2 else ():
            first = statistics.median(each[what] for each in samples[quarter : 2 * quarter])
            last = statistics.median(each[what] for each in samples[-quarter:])
            if last - first > MAX_GROWTH:
                grown[f"{what} of process {pid}"] = (first, last)
    most = max(sample["descriptors"] for samples in held.values() for sample in samples)
    scene.note(f"{number} documents in {STEADY_SECONDS:.0f} s; at most {most} descriptors in one process")
    assert not grown, f"this grew: {grown}"
