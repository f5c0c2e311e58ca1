"""The installation's own secrets: made at the first start, in the data folder, readable by its owner alone.

What losing them means stands in the README: without `encryption.key` nobody can read who did what in the audit trail,
without `signing.key` new checkpoints are signed by another key, without `secret.key` everybody signs in again.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def private_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    if path.stat().st_uid == os.getuid() and path.stat().st_mode & 0o077:
        path.chmod(PRIVATE_FOLDER)
    return path


def key(folder: Path, name: str) -> str:
    """The key of that name, made on first use. 256 bits, URL-safe text.

    Two processes may start at once: `O_EXCL` lets one make the file, and the other reads what it wrote.
    """
    path = private_folder(folder) / f"{name}.key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    fresh = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # atomic, and fails if another process was first
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()
