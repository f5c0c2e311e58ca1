"""The manifest: what a backup holds, with the digest of every file, signed. It is written last."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from portal.security import signing
from portal.security.keys import PRIVATE_FILE
from tenants.errors import Invalid

NAME = "manifest.json"
KIND = "knowledge-portal-backup"
FORMAT = 1
READ_BYTES = 1024 * 1024


def write(folder: Path, manifest: dict[str, Any]) -> None:
    """Whole or not at all."""
    write_private(folder / NAME, json.dumps(signing.sign(manifest), ensure_ascii=False, indent=1).encode())


def load(folder: Path, *, signed_by: str = "") -> dict[str, Any]:
    """What it says, after its signature was checked. Raises Invalid."""
    try:
        envelope = json.loads((folder / NAME).read_bytes())
    except FileNotFoundError:
        raise Invalid(
            f"{folder} is not a backup: it has no {NAME}.",
            hint="A backup that was interrupted is named .partial and cannot be restored.",
        ) from None
    except (OSError, ValueError) as error:
        raise Invalid(f"The manifest of {folder} cannot be read: {error}.", hint="Use another backup.") from None
    try:
        manifest = signing.opened(envelope, signed_by=signed_by)
    except signing.BadSignature as error:
        raise Invalid(
            f"The manifest of {folder} cannot be trusted. {error}",
            hint="If it was made by another installation of yours, give the key that `manage.py backup` printed there: "
            "--signed-by KEY.",
        ) from None
    if manifest.get("kind") != KIND or manifest.get("format") != FORMAT:
        raise Invalid(f"{folder} was made in a form that this version does not read.", hint="Use a newer version.")
    return manifest


def migrations() -> dict[str, list[str]]:
    """Which were applied, by app."""
    applied: dict[str, list[str]] = {}
    for app, name in sorted(MigrationLoader(connection).applied_migrations):
        applied.setdefault(app, []).append(name)
    return applied


def digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def listed(path: Path) -> dict[str, Any]:
    return {"sha256": digest_of(path), "bytes": path.stat().st_size}


def write_private(path: Path, content: bytes) -> None:
    """For its owner alone, and never half."""
    fresh = path.with_name(f".{path.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
