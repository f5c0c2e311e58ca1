"""The machine itself: its clock and its disk."""

from __future__ import annotations

import time
from contextlib import suppress

from portal.operations.services import NotStarted
from tests.drills.documents import long
from tests.drills.faults.processes import kill_a_worker
from tests.drills.scene import Scene

HOURS = 3
FULL_FOR = 15.0  # seconds


def set_clock(scene: Scene) -> None:
    """For the portal's processes, PostgreSQL and Redis alike."""
    for hours, stays in ((HOURS, 25.0), (0, 5.0)):
        scene.column.set_clock(hours * 3600)
        scene.note(f"the clock is {hours} hours ahead" if hours else "the clock is right again")
        time.sleep(stays)
    # Whatever goes by the clock has to go on: only the sweep that beat sends brings back what a dead worker held.
    for company in scene.companies:
        scene.crowd.add(company, long(7))
    kill_a_worker(scene, "parsing")


def fill_disk(scene: Scene) -> None:
    column = scene.column
    filler = column.folder / "filler"
    until = time.monotonic() + FULL_FOR
    with filler.open("ab", buffering=0) as file:
        scene.note("the disk is full")
        while time.monotonic() < until:  # what is freed meanwhile is taken as well
            with suppress(OSError):
                file.write(b"\0" * 65536)
                continue
            time.sleep(0.05)
    filler.unlink()
    scene.note("there is room again")
    for server in column.servers:
        if not (server.is_running() and server.is_ready()):
            with suppress(NotStarted):
                server.kill()
            column.revive(server)
            scene.note(f"{server.name} had stopped, and was started again")
        elif server is column.weaviate:
            server.stop()
            column.revive(server)
            scene.note("Weaviate was started again, since it stays read-only after its disk was full")
