"""Celery's broker in a folder, for one machine: kombu's filesystem transport, safe against files that are being written.

kombu creates a message or an exchange file first and writes it then. A reader that comes in between finds it empty,
fails with `JSONDecodeError`, and takes its worker with it. Here a file appears under its name when it is complete, and
one that cannot be read is set aside. The rows carry the work, so that a message that is lost costs a sweep.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from time import monotonic
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.transport.filesystem import exchange_queue_t
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads

log = logging.getLogger("portal.queue")

MAX_UNREADABLE_FILES = 20  # files that are kept for whoever looks for the reason


class Channel(filesystem.Channel):
    def get_table(self, exchange):
        file = self._exchange_file(exchange)
        try:
            return [exchange_queue_t(*row) for row in _read(file)]
        except FileNotFoundError:
            return self._own_table(exchange)
        except (ValueError, TypeError):
            self._quarantine(file)
            return self._own_table(exchange)
        except OSError as error:
            raise ChannelError(f"Cannot open {file}") from error

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        bound = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._writing_tables():
            table = self.get_table(exchange)
            if bound not in table:
                _write(self._exchange_file(exchange), [bound, *table])

    def _delete(self, queue, exchange, routing_key, pattern, *args, **kwargs):
        virtual.Channel._delete(self, queue, exchange, routing_key, pattern, *args, **kwargs)
        bound = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._writing_tables():
            table = self.get_table(exchange)
            if bound in table:
                _write(self._exchange_file(exchange), [each for each in table if each != bound])

    def _put(self, queue, payload, **kwargs):
        name = f"{round(monotonic() * 1000)}_{uuid4()}.{queue}.msg"
        _write(Path(self.data_folder_out) / name, payload)

    def _get(self, queue):
        for name in sorted(os.listdir(self.data_folder_in)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = Path(self.data_folder_in) / f"{name}.taken"  # no reader's name: who renames it first has it
            try:
                os.rename(Path(self.data_folder_in) / name, taken)
            except OSError:
                continue  # another worker was first
            try:
                payload = _message(_read(taken))
            except ValueError:
                self._quarantine(taken)
                continue
            except OSError as error:
                raise ChannelError(f"Cannot read file {str(taken)!r} from queue.") from error
            with contextlib.suppress(OSError):
                taken.unlink()
            return payload
        raise Empty

    def _own_table(self, exchange: str) -> list[exchange_queue_t]:
        """What this process has bound itself: it does so once, and would go on without its queues otherwise."""
        known = self.state.exchanges.get(exchange, {}).get("table", [])
        return [exchange_queue_t(*(part or "" for part in each)) for each in known]

    def _quarantine(self, file: Path) -> None:
        """Into a folder where an operator can look at it; no worker reads it again."""
        folder = self.control_folder.parent / "unreadable"
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.replace(file, folder / file.name)
            for old in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)[:-MAX_UNREADABLE_FILES]:
                old.unlink()
        log.warning("The queue file %s cannot be read and was set aside in %s.", file.name, folder)

    @contextlib.contextmanager
    def _writing_tables(self) -> Iterator[None]:
        """Exchange files are changed by one process at a time."""
        self.control_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.control_folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    Channel = Channel


def use() -> None:
    """From now on `filesystem://` means this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


def _read(file: Path):
    return loads(bytes_to_str(file.read_bytes()))


def _message(content: object) -> dict:
    if not isinstance(content, dict):
        raise ValueError("This is no message.")
    return content


def _write(file: Path, content: object) -> None:
    """Complete under its name, or not there at all."""
    temporary = file.with_name(f"{uuid4().hex}.new")
    try:
        temporary.write_text(dumps(content), encoding="utf-8")
        os.replace(temporary, file)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise ChannelError(f"Cannot write {str(file)!r}") from error
