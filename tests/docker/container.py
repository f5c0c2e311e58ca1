"""The image without an engine: its files at its own paths under a read-only root, its account, its process number 1.

Linux's namespaces do what an engine would: a new root of the system's libraries, this environment's Python at
/opt/venv and the tree that the Dockerfile's own steps made. What is not run is `pip install` (the packages are those of
this environment) and the base image (the libraries are those of this machine).
"""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.docker.image import copy_context, exec_form, stages

ACCOUNT = 10001
STAGES = stages()


@functools.lru_cache
def must_be_possible() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("A root file system of its own can only be made by root on Linux.")
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        pytest.skip(f"This machine allows no namespaces: {tried.stderr.strip()}")


@dataclass(frozen=True)
class Image:
    folder: Path

    def run(self, *command: str, **given) -> Container:
        return Container(self, command, **given)


@dataclass
class Container:
    """`volumes`: path in the container -> folder here. Everything else but `tmpfs` can only be read."""

    image: Image
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    volumes: dict[str, Path] = field(default_factory=dict)
    tmpfs: tuple[str, ...] = ("/tmp",)
    output: Path | None = None
    process: subprocess.Popen | None = None

    def start(self) -> Container:
        entry = exec_form(STAGES["portal"].last("ENTRYPOINT"))
        binds = {f"/{name}": self.image.folder / name for name in ("app", "data", "scratch")}
        script = _root(self.image.folder / "root", binds, self.volumes, self.tmpfs)
        inside = _enter(self._variables(), [*entry, *self.command])
        sink = open(self.output, "ab") if self.output else subprocess.PIPE  # noqa: SIM115
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", f"{script}\nexec {inside}"],
            stdout=sink, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        return self

    def finish(self, within: float = 60) -> tuple[int, str]:
        if self.process is None:
            self.start()
        said, _ = self.process.communicate(timeout=within)
        return self.process.returncode, (said or b"").decode()

    def _variables(self) -> dict[str, str]:
        settings = STAGES["portal"].environment() | self.environment
        return settings | {"PATH": settings["PATH"].replace("$PATH", "/usr/local/bin:/usr/bin:/bin")}

    def first(self) -> psutil.Process:
        """The process that is number 1 inside."""
        return psutil.Process(self.process.pid).children()[0]

    def stop(self, within: float = 30) -> int:
        """As an engine stops it. The program's own exit status."""
        with contextlib.suppress(IndexError, psutil.NoSuchProcess):
            self.first().send_signal(getattr(signal, STAGES["portal"].last("STOPSIGNAL")))
        return self.process.wait(within)

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def do(self, *command: str) -> tuple[int, str]:
        """Another program in the running container, as a health check is run."""
        script = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in self._variables().items()), *command]
        done = subprocess.run(
            ["nsenter", "--target", str(self.first().pid), "--mount", "--pid", "--root", "--wd",
             "--setuid", str(ACCOUNT), "--setgid", str(ACCOUNT), *script],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@contextlib.contextmanager
def running(*containers: Container) -> Iterator[None]:
    try:
        for container in containers:
            container.start()
        yield
    finally:
        for container in containers:
            container.kill()


def build(folder: Path) -> Image:
    """The Dockerfile's steps of the stage `made`, at its own paths, and what the last stage copies from it."""
    must_be_possible()
    made = STAGES["made"]
    for name in ("app", "data", "scratch", "made", "root"):
        (folder / name).mkdir(parents=True)
    assert ". ." in made.all("COPY")
    copy_context(folder / "app")
    (step,) = [each for each in made.all("RUN") if "manage.py" in each]
    step = step.replace("rm -rf /made", "rm -rf /made/*")  # here it is a mount, which cannot be removed
    binds = {f"/{name}": folder / name for name in ("app", "data", "scratch", "made")}
    script = _root(folder / "root", {}, binds, ("/tmp",))
    inside = _enter(
        {"PATH": "/opt/venv/bin:/usr/bin:/bin", "HOME": "/tmp"}, ["sh", "-c", f"cd /app && {step}"], account=0
    )
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "sh", "-c", f"{script}\nexec {inside}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list((folder / "made").iterdir())
    for arguments in STAGES["portal"].all("COPY"):
        if f"--chown={ACCOUNT}:{ACCOUNT}" in arguments:
            for path in [target := folder / arguments.split()[-1].strip("/"), *target.rglob("*")]:
                os.chown(path, ACCOUNT, ACCOUNT)
    folder.chmod(0o711)
    return Image(folder)


def volume(path: Path, like: Path) -> Path:
    """A new volume: it begins as what the image has there, owner included."""
    shutil.copytree(like, path)
    for each in [path, *path.rglob("*")]:
        os.chown(each, ACCOUNT, ACCOUNT)
    return path


def _root(root: Path, readable: dict[str, Path], writable: dict[str, Path], tmpfs: tuple[str, ...]) -> str:
    home = Path(sys.base_prefix)
    lines = ["set -e", "mount --make-rprivate /", f"mount -t tmpfs root {root}", f"cd {root}"]
    for name in ("bin", "sbin", "lib", "lib64"):
        lines.append(f"if [ -L /{name} ]; then cp -a /{name} {name}; fi")
    fixed = {"/usr": Path("/usr"), "/etc": Path("/etc"), "/opt/venv": Path(sys.prefix)}
    if not home.is_relative_to("/usr"):
        fixed[str(home)] = home
    for target, source in sorted({**fixed, **readable}.items()):
        lines += [f"mkdir -p .{target}", f"mount --bind {source} .{target}", f"mount -o remount,bind,ro .{target}"]
    for target, source in sorted(writable.items()):
        lines += [f"mkdir -p .{target} 2>/dev/null || true", f"mount --bind {source} .{target}"]
    lines += ["mkdir -p proc dev", "mount --rbind /dev dev", "mount -t proc proc proc"]
    lines += [f"mkdir -p .{target} && mount -t tmpfs -o mode=1777 tmp .{target}" for target in tmpfs]
    return "\n".join([*lines, f"mount -o remount,ro {root}", "cd /"])


def _enter(environment: dict[str, str], command: list[str], account: int = ACCOUNT) -> str:
    values = " ".join(shlex.quote(f"{name}={value}") for name, value in environment.items())
    return f'chroot --userspec={account}:{account} --groups="" "$OLDPWD" /usr/bin/env -i {values} {shlex.join(command)}'


def wait_for(container: Container, what, within: float = 90) -> None:
    deadline = time.monotonic() + within
    while True:
        with contextlib.suppress(OSError, IndexError, psutil.NoSuchProcess):
            if what():
                return
        assert container.process.poll() is None, f"It ended with {container.process.returncode}: {_said(container)}"
        assert time.monotonic() < deadline, _said(container)
        time.sleep(0.2)


def _said(container: Container) -> str:
    return container.output.read_text()[-3000:] if container.output else ""
