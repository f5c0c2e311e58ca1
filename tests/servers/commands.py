"""Many commands in one process: to start one takes 2 s of the processor, which a test that looks again and again takes away
from the processes it waits for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import REPOSITORY

_READS = """
import io, json, sys
from django.core.management import call_command
from django.db import connections
asked, say = sys.stdin, sys.stdout
for line in asked:
    words, given = json.loads(line)
    sys.stdin, sys.stdout = io.StringIO(given), io.StringIO()
    call_command(*words)
    connections.close_all()
    print("said " + json.dumps(sys.stdout.getvalue()), file=say, flush=True)
"""


class Commands:
    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process

    def __call__(self, *words: str, given: str = "") -> str:
        """What the command says. `given` is what it finds in its standard input."""
        self._process.stdin.write(json.dumps([words, given]) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("said "):
                return json.loads(line.removeprefix("said "))
        raise AssertionError(f"{words}: the process that runs commands has ended with {self._process.wait()}")


@contextmanager
def commands(manage: list[str], environment: dict[str, str]) -> Iterator[Commands]:
    """`manage`: what `manage.py` is there."""
    process = subprocess.Popen(
        [*manage, "shell", "-v", "0", "-c", _READS], cwd=REPOSITORY, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Commands(process)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
