"""A disk of its own that can be full, and a clock that can be set, for the processes of one column alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

OWN_MOUNTS = "DRILLS_OWN_MOUNTS"


class NotPossible(Exception):
    """This drill cannot be held on this machine. The message says why."""


def with_own_mounts(command: list[str]) -> None:
    """Goes on as the same program in a namespace of its own, so that no mount outlives it. Nothing where that is not
    allowed."""
    if os.environ.get(OWN_MOUNTS) or os.geteuid() != 0:
        return
    unshare = ["unshare", "--mount", "--propagation", "private"]
    try:
        if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
            return
    except FileNotFoundError:
        return
    sys.stdout.flush()
    os.environ[OWN_MOUNTS] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *command])


def mount(folder: Path, size: str) -> None:
    if not os.environ.get(OWN_MOUNTS):
        raise NotPossible("a file system of its own needs root and mount namespaces")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0711", "tmpfs", str(folder)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise NotPossible(f"no file system could be mounted: {done.stderr.strip()}")


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)


class Clock:
    """Time of day by libfaketime, which the processes preload; what measures durations is left as it is."""

    def __init__(self, file: Path) -> None:
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            raise NotPossible("libfaketime is not here (on Debian: apt-get install libfaketime)")
        self._library, self._file = found[0], file
        self.set(0)

    def set(self, seconds: int) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.chmod(0o644)
        fresh.replace(self._file)

    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
