"""Two programs that check what an engine or a cluster would: kustomize itself, and compose's own loader.

They are built by Go once and kept. Without Go the tests that need them are skipped, and say so.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest

KUSTOMIZE = ("kustomize", "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1")
COMPOSE = ("cmd", "github.com/compose-spec/compose-go/v2/cmd@v2.9.0")  # its program has no better name


@lru_cache
def program(tool: tuple[str, str]) -> Path:
    name, source = tool
    if name != "cmd" and (found := shutil.which(name)):
        return Path(found)
    if not shutil.which("go"):
        pytest.skip(f"{source.split('@')[0]} is built by Go, which is not on this machine.")
    said = subprocess.run(["go", "env", "GOPATH"], capture_output=True, text=True, check=True)
    folder = Path(said.stdout.strip()) / "bin"
    if name == "cmd":
        folder /= source.split("/")[2].split("@")[0] + "-" + source.rpartition("@")[2]
    path = folder / name
    if not path.exists():
        with open(Path(tempfile.gettempdir()) / f"portal-go-install-{os.getuid()}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                _build(source, folder)
    return path


def _build(source: str, folder: Path) -> None:
    done = subprocess.run(
        ["go", "install", source], env=os.environ | {"GOBIN": str(folder)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = f"go install {source} failed: {done.stderr.strip()[-300:]}"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}\nHere this may not be skipped.", pytrace=False)
        pytest.skip(reason)


def run(tool: tuple[str, str], *arguments: str, folder: Path):
    return subprocess.run([str(program(tool)), *arguments], cwd=folder, capture_output=True, text=True, check=False)
