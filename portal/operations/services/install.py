"""Puts the programs onto this machine where that is allowed, and says in one sentence where it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from portal.operations.services.base import ProgramMissing

WEAVIATE = "1.35.2"
WEAVIATE_SOURCE = f"github.com/weaviate/weaviate/cmd/weaviate-server@v{WEAVIATE}"
APT_LOG = "apt.log"


def postgres_program(name: str) -> Path | None:
    """The newest PostgreSQL. Debian keeps its programs out of the search path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    for folder in [path for path in versions if int(path.parent.name) >= 15]:
        if (folder / name).exists():
            return folder / name
    return _on_path(name)


def redis_program() -> Path | None:
    return _on_path("redis-server") or _on_path("valkey-server")


def pgbouncer_program() -> Path | None:
    return _on_path("pgbouncer") or (Path("/usr/sbin/pgbouncer") if Path("/usr/sbin/pgbouncer").exists() else None)


def weaviate_program() -> Path | None:
    found = _on_path("weaviate-server")
    if found:
        return found
    cached = _go_bin() / "weaviate-server" if _go_bin() else None
    return cached if cached and cached.exists() else None


DEBIAN = {
    "PostgreSQL": (lambda: postgres_program("postgres"), "postgresql"),
    "Redis": (redis_program, "redis-server"),
    "PgBouncer": (pgbouncer_program, "pgbouncer"),
}


def install(names: list[str], write_line=print) -> dict[str, str]:
    """Those that are missing, as far as possible. Returns what is still missing, with the reason for each."""
    packages = [DEBIAN[name][1] for name in names if name in DEBIAN and DEBIAN[name][0]() is None]
    problem = _apt(packages, write_line) if packages else ""
    missing = {name: problem for name in names if name in DEBIAN and DEBIAN[name][0]() is None}
    if "Weaviate" in names and weaviate_program() is None:
        problem = _build_weaviate(write_line)
        if weaviate_program() is None:
            missing["Weaviate"] = problem
    return missing


def need(path: Path | None, name: str) -> Path:
    if path is not None:
        return path
    how = (
        f"With Go 1.24 or newer: go install {WEAVIATE_SOURCE}"
        if name == "Weaviate"
        else f"On Debian or Ubuntu: apt-get install {DEBIAN[name][1]}"
    )
    raise ProgramMissing(f"{name} is not on this machine. {how}")


def _apt(packages: list[str], write_line) -> str:
    if not shutil.which("apt-get"):
        return f"There is no apt-get here. Install {', '.join(packages)} the way this system does it."
    if os.geteuid() != 0:
        return f"Only root may install it: sudo apt-get install {' '.join(packages)}"
    write_line(f"Installing {', '.join(packages)}")
    if "postgresql" in packages:
        _no_cluster_of_its_own()
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    for step in (command, ["apt-get", "update", "-qq"], command):  # often the lists are there; where not, fetch them
        done = subprocess.run(step, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if step is command and done.returncode == 0:
            return ""
    return f"apt-get could not install it: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no reason given'}"


def _no_cluster_of_its_own() -> None:
    """Debian's package would make and start a cluster on port 5432, which nobody here asked for."""
    rules = Path("/etc/postgresql-common/createcluster.conf")
    if not rules.exists():
        rules.parent.mkdir(parents=True, exist_ok=True)
        rules.write_text("create_main_cluster = false\n", encoding="utf-8")


def _build_weaviate(write_line) -> str:
    if not shutil.which("go"):
        return f"Weaviate is built from source, and Go is not here. With Go 1.24 or newer: go install {WEAVIATE_SOURCE}"
    write_line(f"Building Weaviate {WEAVIATE}; the first time this takes about three minutes")
    done = subprocess.run(  # noqa: S603
        ["go", "install", WEAVIATE_SOURCE],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    return f"go install failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no reason given'}"


@lru_cache
def _go_bin() -> Path | None:
    if not shutil.which("go"):
        home = Path.home() / "go" / "bin"
        return home if home.is_dir() else None
    process = subprocess.run(["go", "env", "GOBIN", "GOPATH"], capture_output=True, text=True, check=False)  # noqa: S607
    gobin, gopath, *_ = [*process.stdout.split("\n"), "", ""]
    return Path(gobin) if gobin else Path(gopath) / "bin" if gopath else None


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None
