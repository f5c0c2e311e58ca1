"""What is well with this installation and what is not, one line each: what it needs, and how well documents are confined.

Exit status: 0, all is well; 1, something is away that the portal needs; 2, it works, but with less than it could have.
"""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand

from knowledge.parsers.client import ChildEnded, TooSlow, confinement_of_a_child
from knowledge.parsers.confinement import MEASURES

REMEDY = (
    "Documents are still read. SECURITY.md says what each measure is for; a newer kernel, or a container profile "
    "that allows Landlock and seccomp, adds them."
)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def handle(self, **options) -> None:
        from portal.observability import health

        ready, parts = health.check()
        for name, part in parts.items():
            if name != "confinement":
                self.stdout.write(f"{'ok' if part.ok else 'NOT':4} {name}: {part.words}")
        missing = _missing()
        for measure in MEASURES:
            well = measure not in missing
            self.stdout.write(f"{'ok' if well else 'NOT':4} parser: {measure}{'' if well else f': {missing[measure]}'}")
        if missing:
            self.stdout.write(REMEDY)
        lacks = bool(missing) or not all(part.ok for part in parts.values())
        if lacks or not ready:
            sys.exit(2 if ready else 1)


def _missing() -> dict[str, str]:
    try:
        return confinement_of_a_child()
    except (ChildEnded, TooSlow):
        return dict.fromkeys(MEASURES, "the process that reads documents did not start")
