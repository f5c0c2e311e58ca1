"""Before anything is changed: is this backup whole, unaltered, readable here, and do the keys fit?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings

from portal.operations.backup import files, manifest, person_keys
from tenants.errors import Invalid

Writer = Callable[[str], None]
REMOVE_STRAY = "If you put it there yourself, move it elsewhere and restore again; otherwise use another copy."


@dataclass(frozen=True, slots=True)
class TenantBackup:
    """One tenant in a backup."""

    id: str
    slug: str
    name: str
    folder: Path
    rows: dict[str, int]
    files: int


@dataclass(frozen=True, slots=True)
class Backup:
    folder: Path
    id: str
    made_at: str
    parts: tuple[TenantBackup, ...]
    installation: Path | None
    encryption_key: str  # what its person keys are wrapped under; "" where nobody has it


def open_backup(
    folder: Path, *, slug: str = "", signed_by: str = "", keys: Path | None = None, lose_names: bool = False,
    write_line: Writer = print,
) -> Backup:  # fmt: skip
    """The backup, or the part of it that was asked for, with every digest checked. Raises Problems."""
    folder = folder.absolute()
    manifest_data = manifest.load(folder, signed_by=signed_by)
    _require_known_migrations(manifest_data)
    parts = tuple(_part(folder, each) for each in manifest_data["tenants"] if slug in ("", each["slug"]))
    if slug and not parts:
        raise Invalid(f"The backup holds no tenant {slug!r}.{_removed(manifest_data, slug)}")
    installation = None if slug or not manifest_data["installation"] else folder / "installation"
    write_line(
        f"Checking {folder}: made {manifest_data['made_at'][:16]} UTC by version {manifest_data['product']} on {manifest_data['database']}"
    )
    _refuse_strays(folder, manifest_data)
    _check_digests(folder, manifest_data, parts, installation)
    for part in parts:
        if files.check(part.folder) != part.files:
            raise files.Damaged(f"The backup of {part.slug} does not hold {part.files} files as it says.")
    key = _encryption_key(folder, manifest_data, keys, lose_names)
    return Backup(folder, manifest_data["id"], manifest_data["made_at"], parts, installation, key)


def _part(folder: Path, manifest_data: dict[str, Any]) -> TenantBackup:
    return TenantBackup(
        manifest_data["id"],
        manifest_data["slug"],
        manifest_data["name"],
        folder / "tenants" / manifest_data["id"],
        manifest_data["rows"],
        manifest_data["files"],
    )


def _removed(manifest_data: dict[str, Any], slug: str) -> str:
    for each in manifest_data["removed"]:
        if each["slug"] == slug:
            return f" It was removed from this backup on {each['at'][:10]}, when the tenant was removed."
    return ""


def _require_known_migrations(manifest_data: dict[str, Any]) -> None:
    here = manifest.migrations()
    if not here:
        raise Invalid("The database here is not made yet.", hint="Run `manage.py migrate` first.")
    newer = [
        f"{app}.{name}"
        for app, names in manifest_data["migrations"].items()
        for name in names
        if name not in here.get(app, ())
    ]
    if newer:
        raise Invalid(
            f"The backup was made by a newer version of the portal ({newer[-1]} is not known here). Nothing was changed.",
            hint=f"Restore it with version {manifest_data['product']} or newer.",
        )
    unknown = [label for part in manifest_data["tenants"] for label in part["rows"] if not _is_table(label)]
    if unknown:
        raise Invalid(f"The backup holds rows of {unknown[0]}, which this version does not know. Nothing was changed.")


def _is_table(label: str) -> bool:
    try:
        apps.get_model(label)
    except LookupError:
        return False
    return True


def _check_digests(
    folder: Path, manifest_data: dict[str, Any], parts: tuple[TenantBackup, ...], installation: Path | None
) -> None:
    """Of the rows that will be restored and of the keys. The uploads have lists of their own: `files.check`."""
    restored = [*(part.folder for part in parts), *([installation] if installation else []), folder / "keys"]
    for name, expected in manifest_data["files"].items():
        path = folder / name
        if not any(path.is_relative_to(root) for root in restored):
            continue
        if not path.is_file() or manifest.listed(path) != expected:
            raise files.Damaged(
                f"{name} of the backup is missing, or not as it was written. Nothing was changed.",
                hint="Use another backup, or another copy of this one.",
            )


def _refuse_strays(folder: Path, manifest_data: dict[str, Any]) -> None:
    """Everything in the folder is named by the manifest or lies where its lists of uploads name it."""
    uploads = [folder / "tenants" / each["id"] / "files" for each in manifest_data["tenants"]]
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise files.Damaged(f"{name} in the backup is a link. Nothing was changed.", hint=REMOVE_STRAY)
        if path.is_dir() or name == manifest.NAME or name in manifest_data["files"]:
            continue
        if any(path.is_relative_to(root) and len(path.relative_to(root).parts) == 2 for root in uploads):
            continue  # files.check holds these against the list of their tenant
        raise files.Damaged(f"{name} is not part of the backup. Nothing was changed.", hint=REMOVE_STRAY)


def _encryption_key(folder: Path, manifest_data: dict[str, Any], keys: Path | None, lose_names: bool) -> str:
    """This installation's, the one in the backup, or the one in the folder that was named."""
    found = [settings.PORTAL_ENCRYPTION_KEY]
    for place in (folder / "keys", keys):
        path = place / "encryption.key" if place else None
        if path and path.is_file():
            found.append(path.read_text(encoding="ascii").strip())
    for key in found:
        if person_keys.fingerprint(key) == manifest_data["encryption_key"]:
            return key
    if lose_names:
        return ""
    raise Invalid(
        "The encryption key here is not the one that this backup was made under, so nobody could read who did what in "
        "its audit trail. Nothing was changed.",
        hint="Name the folder with the former encryption.key: --keys FOLDER. If it is lost for good, --lose-names "
        "restores everything but the names in the trail.",
    )
