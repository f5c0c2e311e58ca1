"""A restart without a gap: the supervisor becomes a new program in place, on the same listening sockets.

SIGUSR2 makes the supervisor replace itself by `exec`, so that its process id, its terminal, the lock on the data folder
and the listening sockets stay. The former processes go on serving meanwhile and stay its children. The new supervisor
starts web processes on the same sockets, and lets the former ones drain when the new ones are warm. Workers and beat
of the former version leave first, so that there are never two of a kind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field

VARIABLE = "PORTAL_TAKEOVER"  # set by `become_new` alone, for the program that it becomes


@dataclass
class Takeover:
    """What a former supervisor left to this one."""

    sockets: list[int] = field(default_factory=list)  # file descriptors that listen, one for each web process
    lock: int = -1  # file descriptor with the lock on the data folder
    former: list[tuple[str, int]] = field(default_factory=list)  # name and process id of what still runs


def inherited() -> Takeover | None:
    """What this process was left by the one that it was before, once; None for a plain start."""
    value = os.environ.pop(VARIABLE, "")
    return Takeover(**json.loads(value)) if value else None


def can_start() -> str:
    """Why the program as it is on the disk now would not start, or nothing. Tried in a process of its own."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, sys.argv[0], "up", "--preflight"], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode == 0:
        return ""
    return (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()[-1]


def become_new(takeover: Takeover) -> None:
    """Does not return."""
    for descriptor in (*takeover.sockets, takeover.lock):
        if descriptor >= 0:
            os.set_inheritable(descriptor, True)
    os.environ[VARIABLE] = json.dumps(asdict(takeover))
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
