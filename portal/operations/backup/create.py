"""Making a backup: a snapshot of each tenant, while people work. Never a half one that looks whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.actors import system
from audit.ledger.record import record
from knowledge.models import Blob, Content, Passage
from portal.operations.backup import files, manifest, person_keys, registry, rows, tables
from portal.operations.backup.snapshot import snapshot, source
from portal.operations.version import product_version
from portal.security import signing
from portal.security.keys import private_folder
from tenants.errors import Conflicting, DiskFull, Invalid
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant, User

UNFINISHED = "UNFINISHED"
MAX_COPY_ATTEMPTS = 5  # when documents are erased while their files are copied
FREE_DISK_RESERVE_BYTES = 64 * 1024 * 1024  # bytes left free beside what is estimated
PASSAGE_BYTES = 2_600  # of a passage's row without its text

Writer = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    id: str
    folder: Path
    tenants: int
    rows: int
    files: int
    bytes: int
    signed_by: str


def make_backup(
    folder: Path, *, slugs: Sequence[str] = (), with_keys: bool = False, write_line: Writer = print
) -> Made:
    """All tenants and what belongs to none of them, or the tenants named. Raises Problems."""
    folder = folder.absolute()
    tenants = _tenants(slugs)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflicting(f"{folder} is not empty.", hint="Name a folder that does not exist yet.")
    _require_disk_space(folder, tenants, write_line)
    with _partial(folder) as partial:
        backup_id, made_at = str(uuid.uuid4()), timezone.now().isoformat()
        people: set[UUID] = set()
        parts = [_tenant_part(partial, tenant, people, write_line) for tenant in tenants]
        installation = None if slugs else _installation_part(partial, people, write_line)
        if with_keys:
            _write_keys(partial)
        listed = {
            str(path.relative_to(partial)): manifest.listed(path)
            for path in sorted(partial.rglob("*"))
            if path.is_file() and path.name != UNFINISHED and "files" not in path.relative_to(partial).parts[2:3]
        }
        manifest.write(
            partial,
            {
                "kind": manifest.KIND, "format": manifest.FORMAT, "id": backup_id, "made_at": made_at,
                "product": product_version(), "database": connection.vendor, "migrations": manifest.migrations(),
                "encryption_key": person_keys.fingerprint(settings.PORTAL_ENCRYPTION_KEY), "with_keys": with_keys,
                "tenants": parts, "installation": installation, "removed": [], "files": listed,
            },
        )  # fmt: skip
    registry.remember(registry.RegisteredBackup(backup_id, str(folder), made_at, tuple(part["id"] for part in parts)))
    for tenant, part in zip(tenants, parts, strict=True):
        with in_tenant(tenant), transaction.atomic():
            record(Action.BACKUP_MADE, system(tenant.pk), tenant, backup=backup_id, files=part["files"])
    count = sum(sum(part["rows"].values()) for part in [*parts, installation or {"rows": {}}])
    signed_by = signing.fingerprint(signing.public_key())
    sizes = sum(part["bytes"] for part in parts) + sum(each["bytes"] for each in listed.values())
    return Made(backup_id, folder, len(parts), count, sum(part["files"] for part in parts), sizes, signed_by)


def _tenants(slugs: Sequence[str]) -> list[Tenant]:
    found = Tenant.objects.filter(slug__in=slugs) if slugs else Tenant.objects.all()
    tenants = list(found.order_by("slug"))
    missing = sorted(set(slugs) - {tenant.slug for tenant in tenants})
    if missing:
        raise Invalid(f"There is no tenant {missing[0]!r}.", hint="`manage.py backup DIR` takes all of them.")
    return tenants


def _tenant_part(partial: Path, tenant: Tenant, people: set[UUID], write_line: Writer) -> dict[str, Any]:
    part, using = _folders(partial / "tenants", str(tenant.pk), "files").parent, source()
    for attempt in range(MAX_COPY_ATTEMPTS):
        with snapshot(using), in_tenant(tenant):
            counted = _write_rows(part / "rows", tables.rows_of_tenant(tenant.pk, using))
            people |= tables.people_of(tenant.pk, using)
            blobs = Blob.objects.using(using).for_tenant(tenant).order_by("pk").values_list("sha256", "size", "path")
            backup_files = [files.BackupFile(*values) for values in blobs]
        write_line(f"{tenant.slug}: {sum(counted.values())} rows; copying {len(backup_files)} files")
        try:
            size = files.copy_out(part, backup_files, tick=_ticker(write_line, tenant.slug, len(backup_files)))
            break
        except files.WentMissing as missing:
            _require_erased(tenant, str(missing))
            if attempt == MAX_COPY_ATTEMPTS - 1:
                raise Conflicting(
                    f"Documents of {tenant.slug} are being erased faster than they can be copied.", hint="Try later."
                ) from None
            write_line(f"{tenant.slug}: a document was erased meanwhile; beginning this tenant again")
    files.drop_others(part, backup_files)
    return {
        "id": str(tenant.pk), "slug": tenant.slug, "name": tenant.name, "rows": counted, "files": len(backup_files),
        "bytes": size,
    }  # fmt: skip


def _installation_part(partial: Path, people: set[UUID], write_line: Writer) -> dict[str, Any]:
    using = source()
    with snapshot(using):
        everyone = people | set(User.objects.using(using).filter(pk__in=people).values_list("pk", flat=True))
        folder = private_folder(partial / "installation") / "rows"
        counted = _write_rows(folder, tables.rows_of_installation(everyone, using))
    write_line(f"Of no tenant: {sum(counted.values())} rows")
    return {"rows": counted}


def _write_rows(folder: Path, selected: Iterator[tuple[tables.Model, models.QuerySet]]) -> dict[str, int]:
    private_folder(folder)
    counted = {}
    for model, found in selected:
        path = files._private(folder / f"{model._meta.label}.jsonl")
        with path.open("wb") as file:
            count = 0
            for line in rows.lines(model, found):
                file.write(line)
                count += 1
        counted[model._meta.label] = count
    return counted


def _require_erased(tenant: Tenant, path: str) -> None:
    with in_tenant(tenant):
        if Blob.objects.for_tenant(tenant).filter(path=path).exists():
            raise files.Damaged(
                f"The file {path} of {tenant.slug} is not in the portal's storage. The backup was not finished.",
                hint="`manage.py reconcile` says which document it belongs to.",
            )


def _write_keys(partial: Path) -> None:
    folder = private_folder(partial / "keys")
    for name, value in (
        ("encryption", settings.PORTAL_ENCRYPTION_KEY),
        ("signing", settings.PORTAL_SIGNING_KEY),
        ("secret", settings.SECRET_KEY),
    ):
        manifest.write_private(folder / f"{name}.key", value.encode())


def _require_disk_space(folder: Path, tenants: list[Tenant], write_line: Writer) -> None:
    needed = 0
    for tenant in tenants:
        with in_tenant(tenant):
            sums = (
                Blob.objects.for_tenant(tenant).aggregate(n=models.Sum("size"))["n"],
                Passage.objects.for_tenant(tenant).count() * PASSAGE_BYTES,
                _letters(Passage, tenant) * 2,
                _letters(Content, tenant) * 2,
            )
        needed += sum(int(each or 0) for each in sums)
    parent = folder.parent
    while not parent.exists():
        parent = parent.parent
    free = shutil.disk_usage(parent).free
    write_line(f"About {_mib(needed)} MiB are needed; {_mib(free)} MiB are free")
    if free < needed + FREE_DISK_RESERVE_BYTES:
        raise DiskFull(
            f"The backup needs about {_mib(needed + FREE_DISK_RESERVE_BYTES)} MiB, and {parent} has {_mib(free)} MiB free.",
            hint="Name a folder on another disk.",
        )


def _letters(model: tables.Model, tenant: Tenant) -> int:
    length = models.Sum(models.functions.Length("text"))
    return model.objects.for_tenant(tenant).aggregate(n=length)["n"] or 0


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """A folder beside the final one. It gets the final name when everything is in it and on the disk."""
    partial = folder.with_name(f"{folder.name}.partial")
    if partial.exists() and any(partial.iterdir()) and not (partial / UNFINISHED).exists():
        raise Conflicting(f"{partial} already exists.", hint="Move it, or name another folder.")
    private_folder(partial)
    with open(partial / UNFINISHED, "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflicting(f"Another backup is being written to {folder}.", hint="Wait for it.") from None
        for left in partial.iterdir():  # of a backup that was interrupted
            if left.name != UNFINISHED:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            yield partial
        except OSError as error:
            raise DiskFull(
                f"The backup could not be written: {error}. It was not finished.", hint="Check the disk."
            ) from error
        (partial / UNFINISHED).unlink()
        os.sync()
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()  # empty, or it was refused
        partial.rename(folder)


def _ticker(write_line: Writer, slug: str, total: int) -> Callable[[], None]:
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if done % 500 == 0:
            write_line(f"{slug}: {done} of {total} files")

    return tick


def _folders(path: Path, *below: str) -> Path:
    """Each of them private: made at once, the upper ones would be open to everybody."""
    private_folder(path)
    for name in below:
        path = private_folder(path / name)
    return path


def _mib(size: int) -> int:
    return size // (1024 * 1024) + 1
