"""The bytes of uploads: into a backup, checked against their digests, and back where the rows say they are."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import default_storage

from knowledge.library import storage
from knowledge.models import Blob
from portal.operations.backup.manifest import READ_BYTES, digest_of
from portal.security.keys import PRIVATE_FILE, PRIVATE_FOLDER
from tenants.errors import Invalid

LIST = "files.sha256"  # as sha256sum writes it, so that `sha256sum -c` can check it without us
_LINE = re.compile(r"^([0-9a-f]{64})  files/([0-9a-f]{2})/([0-9a-f]{64})$")


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A file of the snapshot."""

    sha256: str
    size: int
    path: str


class WentMissing(Exception):
    """A file of the snapshot is gone by now: its document was erased meanwhile."""


class Damaged(Invalid):
    pass


def copy_out(part: Path, backup_file: Iterable[BackupFile], *, tick: Callable[[], None]) -> int:
    """Into the tenant's part. What an earlier attempt has copied stays. How many bytes."""
    total = 0
    with _private(part / LIST).open("w", encoding="ascii") as listing:
        for each in backup_file:
            target = part / "files" / each.sha256[:2] / each.sha256
            if not target.exists():
                _copy(each, target)
            listing.write(f"{each.sha256}  files/{each.sha256[:2]}/{each.sha256}\n")
            total += each.size
            tick()
    return total


def drop_others(part: Path, backup_file: Iterable[BackupFile]) -> None:
    """Files of a former attempt whose documents were erased since."""
    wanted = {each.sha256 for each in backup_file}
    for path in (part / "files").glob("*/*"):
        if path.name not in wanted:
            path.unlink()


def check(part: Path) -> int:
    """Every listed file is there with its digest, and no other. How many."""
    names = set()
    for sha256, path in _listed(part):
        if not path.is_file() or digest_of(path) != sha256:
            raise Damaged(
                f"The file {path.name[:12]}… of the backup is missing or damaged. Nothing was changed.",
                hint="Use another backup, or another copy of this one.",
            )
        names.add(sha256)
    strangers = [path for path in (part / "files").glob("*/*") if path.name not in names]
    if strangers:
        raise Damaged(f"The backup holds a file that it does not list: {strangers[0]}. Nothing was changed.")
    return len(names)


def copy_in(part: Path, blobs: Iterable[Blob], *, tick: Callable[[], None]) -> int:
    """To where the rows say. Repeating it is harmless. How many."""
    count = 0
    for blob in blobs:
        if not blob.path.startswith(f"{blob.tenant_id}/") or ".." in blob.path:
            raise Damaged(f"A row of the backup names a file outside its tenant's folder: {blob.path}.")
        source = part / "files" / blob.sha256[:2] / blob.sha256
        if not source.is_file():
            raise Damaged(f"The backup has a row for the file {blob.sha256[:12]}…, but not the file.")
        _store(source, blob.path)
        count += 1
        tick()
    return count


def _listed(part: Path) -> Iterator[tuple[str, Path]]:
    with (part / LIST).open(encoding="ascii") as listing:
        for line in listing:
            found = _LINE.match(line.rstrip("\n"))
            if not found or found[1] != found[3]:
                raise Damaged("The list of files in the backup cannot be read.")
            yield found[1], part / "files" / found[2] / found[3]


def _copy(each: BackupFile, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    temporary, digest = target.with_name(f".{target.name}.part"), hashlib.sha256()
    try:
        source = default_storage.open(each.path, "rb")
    except FileNotFoundError:
        raise WentMissing(each.path) from None
    with source, _private(temporary).open("wb") as copy:
        while piece := source.read(READ_BYTES):
            digest.update(piece)
            copy.write(piece)
    if digest.hexdigest() != each.sha256:
        temporary.unlink()
        raise Damaged(
            f"The stored file {each.path} is not what was uploaded: its SHA-256 differs. The backup was not finished.",
            hint="The disk may be failing. Restore this file from an earlier backup, or erase its document.",
        )
    temporary.replace(target)


def _store(source: Path, path: str) -> None:
    if not storage._is_folder():
        if not default_storage.exists(path):
            with source.open("rb") as file:
                default_storage.save(path, File(file))
        return
    target = Path(default_storage.path(path))
    target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    temporary = target.with_name(f".{target.name}.part")
    with source.open("rb") as file, _private(temporary).open("wb") as copy:
        while piece := file.read(READ_BYTES):
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
    temporary.replace(target)


def _private(path: Path) -> Path:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE))
    return path
