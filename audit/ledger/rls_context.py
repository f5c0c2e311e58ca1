"""Which rows the database may show in this transaction: the settings that row-level security reads (PostgreSQL).

Stands in the ledger because an event is kept for a tenant, or for the installation, whatever its writer works for. All
other code goes through `tenants.isolation.scope`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

TENANT, PERSON = "app.tenant", "app.person"


@contextmanager
def rls_setting(setting: str, value: UUID | None) -> Iterator[None]:
    """Opens the transaction (or a savepoint) and sets it, putting the former value back on leaving, because a setting
    made in a savepoint outlives it. None: nobody's. Costs nothing where it is set so already; does nothing on SQLite.
    """
    connection = connections[DEFAULT_DB_ALIAS]  # this thread's own: django.db.connection stands for all of them
    if connection.vendor != "postgresql":
        yield
        return
    held = connection.__dict__.setdefault("portal_seeing", {})
    inside = connection.in_atomic_block
    wanted = "" if value is None else str(value)
    former = held.get(setting, "") if inside else ""
    if inside and former == wanted:
        yield
        return
    with transaction.atomic():
        _set(connection, setting, wanted)
        held[setting] = wanted
        try:
            yield
        finally:
            held[setting] = former
        # Leaving by an exception rolls the setting back with the rest; an outermost block ends it with its transaction.
        if inside and not connection.needs_rollback:
            _set(connection, setting, former)


def _set(connection, setting: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [setting, value])
