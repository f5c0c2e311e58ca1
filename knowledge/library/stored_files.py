"""Which files a tenant has, wherever they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from tenants.models import Tenant

ORPHAN_AGE = timedelta(hours=6)  # longer than any upload takes


def of_tenant(tenant: Tenant) -> Iterator[tuple[str, bool]]:
    """(path, whether it is older than any upload takes) of each."""
    for folder in _folders(str(tenant.pk)):
        try:
            names = default_storage.listdir(folder)[1]
        except FileNotFoundError:
            continue
        for name in names:
            path = f"{folder}/{name}"
            try:
                yield path, default_storage.get_modified_time(path) < timezone.now() - ORPHAN_AGE
            except FileNotFoundError:
                continue  # erased meanwhile


def is_there(path: str) -> bool:
    return default_storage.exists(path)


def remove(path: str) -> None:
    default_storage.delete(path)


def _folders(root: str) -> Iterator[str]:
    try:
        names = default_storage.listdir(root)[0]
    except FileNotFoundError:
        return
    for name in names:
        yield f"{root}/{name}"
