"""One moment of the database, read while people work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

BACKUP = "backup"  # in settings.DATABASES


def source() -> str:
    """The connection that a backup reads from: the backup role's where DATABASE_BACKUP_URL is set, else the portal's own.

    The backup role may read every company and no statement of it is ended by the portal's time limits.
    """
    return BACKUP if BACKUP in connections else DEFAULT_DB_ALIAS


@contextmanager
def snapshot(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Everything read inside from this database connection is of one moment, and nobody waits for it.

    On SQLite writers keep the lock: the transaction begins as a reader, not with the write lock that the settings ask
    for. On PostgreSQL it is repeatable read. Inside a transaction that is under way, it is that transaction's moment.
    """
    connection = connections[using]
    if connection.vendor != "sqlite":
        began = not connection.in_atomic_block
        with transaction.atomic(using=using):
            if began:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    connection.ensure_connection()
    former = connection.transaction_mode
    connection.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic(using=using):
            yield
    finally:
        connection.transaction_mode = former
