"""One moment of the database, read while people work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one moment, and nobody waits for it.

    On SQLite writers keep the lock: the transaction begins as a reader, not with the write lock that the settings ask
    for. On PostgreSQL it is repeatable read. Inside a transaction that is under way, it is that transaction's moment.
    """
    if connection.vendor != "sqlite":
        began = not connection.in_atomic_block
        with transaction.atomic():
            if began:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    connection.ensure_connection()
    former = connection.transaction_mode
    connection.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic():
            yield
    finally:
        connection.transaction_mode = former
