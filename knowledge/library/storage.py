"""Bytes on disk: streamed in while they are hashed, whole or not there at all.

A file's path begins with its tenant's id and is its own: with a digest as its name, an upload of the same bytes could
meet the erasing of the last document that had them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.files.base import File
from django.core.files.storage import default_storage

from knowledge.models import Blob
from tenants.errors import DiskFull, Invalid, TooLarge
from tenants.models import Tenant

READ_BYTES = 1024 * 1024  # bytes read at once


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    sha256: str
    size: int


def receive(tenant: Tenant, pieces: Iterable[bytes], *, limit: int) -> Received:
    """The bytes, safely on disk under a path of their own. Nothing is left behind when it fails."""
    key = uuid.uuid4().hex
    path = f"{tenant.pk}/{key[:2]}/{key}"
    try:
        if _is_folder():
            digest, size = _into_folder(Path(default_storage.path(path)), pieces, limit)
        else:
            digest, size = _into_service(path, pieces, limit)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(
                "The disk of the portal is full, so the file was not stored. Existing data is safe.",
                hint="Tell the operator of the portal, and upload it again when there is space.",
            ) from error
        raise
    return Received(path, digest, size)


def discard(path: str) -> None:
    """The file is gone when this returns; that it was not there is no error."""
    default_storage.delete(path)


def is_there(path: str) -> bool:
    return default_storage.exists(path)


def open_blob(blob: Blob) -> File:
    return open_path(blob.path)


def open_path(path: str) -> File:
    return default_storage.open(path, "rb")


@contextmanager
def local_path(blob: Blob) -> Iterator[Path]:
    """A file that a parser can open, wherever the bytes are kept."""
    if _is_folder():
        yield Path(default_storage.path(blob.path))
        return
    with NamedTemporaryFile() as copy, open_blob(blob) as original:
        shutil.copyfileobj(original, copy, READ_BYTES)
        copy.flush()
        yield Path(copy.name)


def _is_folder() -> bool:
    try:
        default_storage.path("")
    except NotImplementedError:
        return False
    return True


def _hashed(pieces: Iterable[bytes], write, limit: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise TooLarge(
                f"The file is larger than {limit // (1024 * 1024)} MB, which is the limit of this portal.",
                hint="Split it, or ask your operator to raise the limit.",
            )
        digest.update(piece)
        write(piece)
    if not size:
        raise Invalid(
            "The file is empty: it has 0 bytes.",
            hint="Open it where it was made, save it again, and upload that copy.",
            code="empty_file",
        )
    return digest.hexdigest(), size


def _into_folder(target: Path, pieces: Iterable[bytes], limit: int) -> tuple[str, int]:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = target.with_name(f".{target.name}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            result = _hashed(pieces, file.write, limit)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return result


def _sync_folder(folder: Path) -> None:
    """So that the name survives a power cut, as the bytes do."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _into_service(path: str, pieces: Iterable[bytes], limit: int) -> tuple[str, int]:
    with NamedTemporaryFile() as copy:
        result = _hashed(pieces, copy.write, limit)
        copy.seek(0)
        default_storage.save(path, File(copy))
    return result
