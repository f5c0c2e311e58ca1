"""What is erased is not only forgotten: SQLite leaves the bytes of deleted rows in its files, unless it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def overwritten() -> Iterator[None]:
    """Rows deleted inside are overwritten with zeros, and the log of former writes is emptied where nobody reads it at
    that moment. PostgreSQL does so by itself when it vacuums."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        former = cursor.fetchone()[0]
        cursor.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA secure_delete = {int(former)}")
            if not connection.in_atomic_block:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
