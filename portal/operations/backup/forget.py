"""A removed tenant leaves the backups that were made before: its part goes, and the manifest says so."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.operations.backup import manifest, registry
from tenants.errors import Problem

HOLD_PEOPLE = {"audit.PersonKey.jsonl": "person_id", "tenants.User.jsonl": "id"}


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of the tenant's part of one backup."""

    id: str
    folder: str
    made_at: str
    outcome: str  # removed, unreachable
    reason: str = ""


def forget_tenant(tenant: dict[str, str], leaving: Iterable[str], *, certificate: str, at: str) -> list[Reached]:
    """In every backup that was made on this machine. Repeating it is harmless."""
    removed_ids = set(leaving)
    reached = [_backup(each, tenant, removed_ids, certificate, at) for each in registry.holding(tenant["id"])]
    return reached + [_copy(path, tenant["id"], removed_ids) for path in copies()]


def copies() -> list[Path]:
    """Of the SQLite database, which `manage.py up` makes before it updates it."""
    return sorted((Path(settings.DATA_DIR) / "backups").glob("portal-*.sqlite3"))


def _backup(
    each: registry.RegisteredBackup, tenant: dict[str, str], removed_ids: set[str], certificate: str, at: str
) -> Reached:
    folder = Path(each.folder)
    try:
        manifest_data = manifest.load(folder)
        if manifest_data["id"] != each.id:
            return Reached(each.id, each.folder, each.made_at, "unreachable", "Another backup is at its location.")
        _without(folder, manifest_data, tenant, removed_ids, certificate, at)
    except Problem as problem:
        return Reached(each.id, each.folder, each.made_at, "unreachable", problem.message)
    except OSError as error:
        return Reached(each.id, each.folder, each.made_at, "unreachable", f"{error.strerror}: {error.filename}")
    return Reached(each.id, each.folder, each.made_at, "removed")


def _without(
    folder: Path,
    manifest_data: dict[str, Any],
    tenant: dict[str, str],
    removed_ids: set[str],
    certificate: str,
    at: str,
) -> None:
    part = f"tenants/{tenant['id']}/"
    manifest_data["tenants"] = [each for each in manifest_data["tenants"] if each["id"] != tenant["id"]]
    manifest_data["files"] = {name: each for name, each in manifest_data["files"].items() if not name.startswith(part)}
    if all(each["id"] != tenant["id"] for each in manifest_data["removed"]):
        manifest_data["removed"].append(
            {"id": tenant["id"], "slug": tenant["slug"], "at": at, "certificate": certificate}
        )
    for name in manifest_data["files"]:
        if Path(name).name in HOLD_PEOPLE and _without_people(folder / name, removed_ids):
            manifest_data["files"][name] = manifest.listed(folder / name)
    shutil.rmtree(folder / part, ignore_errors=True)
    if (folder / part).exists():
        raise PermissionError(13, "Could not be removed", str(folder / part))
    manifest.write(folder, manifest_data)


def _without_people(path: Path, removed_ids: set[str]) -> bool:
    """Their sign-ins and keys, wherever else they stand. Whether there were any, now or when this was interrupted."""
    column = HOLD_PEOPLE[path.name]
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)[column] not in removed_ids]
    if len(kept) < len(lines):
        manifest.write_private(path, b"".join(kept))
    return bool(removed_ids)


def _copy(path: Path, tenant_id: str, removed_ids: set[str]) -> Reached:
    hexed = tenant_id.replace("-", "")
    try:
        copy = sqlite3.connect(path, isolation_level=None)
        try:
            copy.execute("PRAGMA secure_delete = ON")
            copy.execute("BEGIN IMMEDIATE")
            for (table,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                columns = {row[1] for row in copy.execute(f'PRAGMA table_info("{table}")')}
                if "tenant_id" in columns and not table.startswith("audit_"):
                    copy.execute(f'DELETE FROM "{table}" WHERE tenant_id = ?', [hexed])  # noqa: S608
            copy.execute("DELETE FROM tenants_tenant WHERE id = ?", [hexed])
            people = [[each.replace("-", "")] for each in removed_ids]
            copy.executemany("DELETE FROM tenants_user WHERE id = ?", people)
            copy.executemany("DELETE FROM audit_personkey WHERE person_id = ?", people)
            copy.execute("COMMIT")
        finally:
            copy.close()
    except sqlite3.Error as error:
        return Reached(path.name, str(path), "", "unreachable", f"The copy could not be changed: {error}.")
    return Reached(path.name, str(path), "", "removed")
