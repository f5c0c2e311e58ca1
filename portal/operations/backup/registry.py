"""The backups that were made on this machine, so that removing a tenant can reach into them. A file in the data folder."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.conf import settings

from portal.operations.backup import manifest
from portal.security.keys import private_folder


@dataclass(frozen=True, slots=True)
class RegisteredBackup:
    id: str
    folder: str
    made_at: str
    tenants: tuple[str, ...]  # ids


def remember(backup: RegisteredBackup) -> None:
    with _locked():
        _write([each for each in registered_backups() if each.folder != backup.folder] + [backup])


def drop_tenant(tenant_id: str, backups: set[str]) -> None:
    """These backups do not hold it any more."""
    with _locked():
        _write(
            [
                replace(each, tenants=tuple(t for t in each.tenants if t != tenant_id)) if each.id in backups else each
                for each in registered_backups()
            ]
        )


def registered_backups() -> list[RegisteredBackup]:
    try:
        entries = json.loads(_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [RegisteredBackup(**{**each, "tenants": tuple(each["tenants"])}) for each in entries]


def holding(tenant_id: str) -> list[RegisteredBackup]:
    return [each for each in registered_backups() if tenant_id in each.tenants]


def _file() -> Path:
    return private_folder(Path(settings.DATA_DIR) / "backups") / "known.json"


def _write(backups: list[RegisteredBackup]) -> None:
    manifest.write_private(_file(), json.dumps([asdict(each) for each in backups], indent=1).encode())


@contextmanager
def _locked() -> Iterator[None]:
    with open(_file().with_suffix(".lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
