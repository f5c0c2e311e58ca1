"""A disk of its own that can be full, and a clock that can be set, for the processes of one column alone."""

from __future__ import annotations

import os
import shutil
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
    """Time of day by a small library that the processes preload; what measures durations is left as it is."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler or sys.platform != "linux":
            raise NotPossible("setting a clock for some processes alone needs Linux and a C compiler")
        folder.mkdir(mode=0o755)
        self._library, self._file = folder / "clock.so", folder / "ahead"
        source = Path(__file__).with_name("clock.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self._library, source], check=True)
        self.set(0)

    def set(self, seconds: int) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds}\n")
        fresh.chmod(0o644)
        fresh.replace(self._file)

    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._library), "DRILL_CLOCK": str(self._file)}
