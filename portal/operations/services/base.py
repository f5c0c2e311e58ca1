"""A server that lives in a folder of its own: data, log, password, and the process that runs it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import psutil

from portal.operations.services import ports
from portal.operations.services.ports import LOOPBACK


class ProgramMissing(RuntimeError):
    """The program is not on this machine. The message says how to get it."""


class NotStarted(RuntimeError):
    """The program is here and did not become ready. The message ends with what it said last."""


class Server(ABC):
    """`start` gives the address, `stop` ends it and keeps its data, `wipe` removes the data. All may be repeated.

    What a server was started with (ports, password, process) stands in `server.json`, so that another process can find
    it, stop it, and start it again at the same address.
    """

    name: ClassVar[str]
    patience: ClassVar[float] = 30.0  # seconds to become ready
    farewell: ClassVar[int] = signal.SIGTERM
    quick_end: ClassVar[int] = signal.SIGKILL  # what `kill` sends

    def __init__(self, folder: Path | str, *, durable: bool = True) -> None:
        self.folder = Path(folder)
        self.durable = durable  # False in tests: what they write may be lost with the machine

    @abstractmethod
    def find(self) -> Path:
        """The program, or Missing."""

    @abstractmethod
    def prepare(self) -> None:
        """Before every start: what has to lie in the folder."""

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def is_ready(self) -> bool:
        """Answers what a client would ask first."""

    @property
    @abstractmethod
    def url(self) -> str:
        """With its password."""

    # What a server may have of its own

    ports: ClassVar[tuple[str, ...]] = ("port",)

    def environment(self) -> dict[str, str]:
        return {}

    def beyond_loopback(self) -> dict[str, int]:
        """Ports that others may reach too, whatever the server is told."""
        return {}

    def account(self) -> str | None:
        """Whom to run it as, when not as ourselves."""
        return None

    # What they have in common

    @property
    def state(self) -> dict[str, Any]:
        try:
            return json.loads((self.folder / "server.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:  # a new password would not fit the data
            raise NotStarted(
                f"{self.folder / 'server.json'} is damaged, so {self.name} can be neither found nor started. "
                "Restore that file, or remove its folder to begin with an empty server."
            ) from None

    @property
    def port(self) -> int:
        return self.state["port"]

    @property
    def password(self) -> str:
        return self.state["password"]

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self, port: int = 0) -> str:
        """Runs when this returns. Without a port it takes the one it had before, or a free one."""
        if not self.is_running():
            self.find()
            self.settle(port)
            self._launch()
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise
        return self.url

    def settle(self, port: int = 0) -> None:
        """Its folder, password and ports, before it runs."""
        self._make_folder()
        state = {"password": secrets.token_urlsafe(24)} | self.state
        wanted = {name: state[name] for name in self.ports if name in state} | ({"port": port} if port else {})
        self._remember(state | self._free_ports(wanted))

    def is_running(self) -> bool:
        return self._process() is not None

    def stop(self, within: float = 20.0) -> None:
        self._end(self.farewell, within)

    def kill(self) -> None:
        """As a crash would."""
        self._end(self.quick_end, 10.0)

    def pause(self) -> None:
        """It keeps its connections and answers nothing: the worst kind of dead."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def wipe(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self) -> None:
        program = self.find()
        self.prepare()
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                [str(program), *self.command()],
                cwd=self.folder, env=self._surroundings(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **_as(self.account()),
            )  # fmt: skip
        self._remember(self.state | {"pid": process.pid, "born": psutil.Process(process.pid).create_time()})

    def _process(self) -> psutil.Process | None:
        state = self.state
        if "pid" not in state:
            return None
        with contextlib.suppress(ChildProcessError):
            os.waitpid(state["pid"], os.WNOHANG)  # ours and ended: no zombie stays
        try:
            process = psutil.Process(state["pid"])
            same = abs(process.create_time() - state["born"]) < 0.5 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same else None

    def _tree(self) -> list[psutil.Process]:
        process = self._process()
        return [process, *process.children(recursive=True)] if process else []

    def _signal(self, number: int) -> None:
        for process in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):  # one of its own has just ended
                process.send_signal(number)

    def _end(self, number: int, within: float) -> None:
        tree = self._tree()
        if not tree:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            tree[0].send_signal(number)
        for process in tree:  # one that was paused hears nothing
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + within
        while self._process() and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        while self._process() and time.monotonic() < deadline + 5:
            time.sleep(0.02)

    def _wait(self) -> None:
        deadline = time.monotonic() + self.patience
        while not self.is_ready():
            if not self.is_running():
                raise NotStarted(f"{self.name} stopped while it was starting. {self._last_words()}")
            if time.monotonic() > deadline:
                raise NotStarted(f"{self.name} was not ready within {self.patience:.0f} seconds. {self._last_words()}")
            time.sleep(0.03)

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-8:]
        except FileNotFoundError:
            lines = []
        return f"Its log is {self.log}" + (" and ends:\n  " + "\n  ".join(lines) if lines else ", which is empty.")

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.account():
            shutil.chown(self.folder, self.account(), self.account())

    def _remember(self, state: dict[str, Any]) -> None:
        path = self.folder / "server.json"
        fresh = path.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())  # or a power cut leaves an empty file under the name
        fresh.replace(path)

    def _free_ports(self, preferred_ports: dict[str, int]) -> dict[str, int]:
        """Each of `ports`: the wanted one where it is free, else any free one. All are held while they are chosen."""
        with contextlib.ExitStack() as held:
            taken: dict[str, int] = {}
            for name in sorted(self.ports, key=lambda name: name not in preferred_ports):
                listener = held.enter_context(socket.socket())
                if name in preferred_ports and ports.bind(listener, preferred_ports[name]):
                    taken[name] = preferred_ports[name]
                else:
                    taken[name] = ports.bind_free(listener)
            return taken

    def _surroundings(self) -> dict[str, str]:
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return environment | {"HOME": str(self.folder)} | self.environment()


def run(command: list[str], *, account: str | None = None, folder: Path | None = None) -> None:
    """A step of preparing. NotStarted with what it said."""
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **_as(account)
    )
    if done.returncode:
        raise NotStarted(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-600:]}")


def answers_on(port: int, timeout: float = 0.5) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout):
            return True
    except OSError:
        return False


def unprivileged() -> str | None:
    """PostgreSQL and PgBouncer refuse to run as root. Their packages bring the account."""
    return "postgres" if os.geteuid() == 0 else None


def _as(account: str | None) -> dict[str, Any]:
    return {"user": account, "group": account, "extra_groups": []} if account else {}
