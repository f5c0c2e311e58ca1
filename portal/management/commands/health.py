"""Is a worker alive (`--worker NAME`), or is everything there that the portal needs? The answer is also the exit status."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand

from portal.operations.processes import heartbeat, workers


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--worker", choices=["beat", *workers.WORKERS], help="a worker that runs on this machine")

    def handle(self, worker: str | None, **options) -> None:
        if worker:
            return self.sign_of(worker)
        from portal.observability import health

        ready, parts = health.check()
        for name, part in parts.items():
            self.stdout.write(f"{name}: {part.words}")
        if not ready:
            sys.exit(1)

    def sign_of(self, worker: str) -> None:
        age = heartbeat.age(worker)
        if age is None or age > heartbeat.SILENT_FOR:
            last = "it never sent a heartbeat" if age is None else f"its last heartbeat is {age:.0f} seconds old"
            self.stderr.write(f"The {worker} worker is not alive: {last} ({heartbeat.file_of(worker)}).")
            sys.exit(1)
        self.stdout.write(f"The {worker} worker is alive: its last heartbeat was {age:.0f} seconds ago.")
