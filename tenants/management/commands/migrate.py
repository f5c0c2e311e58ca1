from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import connections

_WHO = ("NAME", "USER", "PASSWORD", "HOST", "PORT")


class Command(migrate.Command):
    """Django's, as the tables' owner where DATABASE_OWNER_URL names one: the role that serves may not change tables."""

    def check(self, *args, databases=None, **kwargs) -> None:
        """Without the checks of the walls in the database: migrating is what makes them."""
        super().check(*args, **kwargs)

    def handle(self, *args, **options) -> None:
        with as_owner(options["database"]):
            require_owner_role(options["database"])
            super().handle(*args, **options)


def require_owner_role(alias: str) -> None:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege(current_user, current_schema(), 'CREATE')")
        (may,) = cursor.fetchone()
    if not may:
        raise CommandError(
            f"The database role {connection.settings_dict['USER']!r} may not change tables. Set DATABASE_OWNER_URL to the "
            "address of the role that owns them (portal_owner)."
        )


@contextmanager
def as_owner(alias: str) -> Iterator[None]:
    connection = connections[alias]
    if connection.vendor != "postgresql" or not settings.DATABASE_OWNER:
        yield
        return
    _leave(connection)
    former = dict(connection.settings_dict)
    options = {name: value for name, value in former["OPTIONS"].items() if name != "pool"}
    connection.settings_dict.update({name: settings.DATABASE_OWNER[name] for name in _WHO})
    connection.settings_dict["OPTIONS"] = options | settings.DATABASE_OWNER["OPTIONS"]
    try:
        yield
    finally:
        _leave(connection)
        connection.settings_dict.update(former)


def _leave(connection) -> None:
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()
