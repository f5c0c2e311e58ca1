"""Before anything is served: folders, a database that fits this version, the static files."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from audit.ledger.checks import the_trail_is_append_only
from knowledge.indexes.settings_changes import follow_settings as follow_index_settings
from portal.http import static_files
from portal.operations.processes import known_migrations, new_database
from portal.security.keys import private_folder
from tenants.isolation.checks import tenants_are_isolated
from tenants.isolation.rls import serving_role

MAX_BACKUPS = 5

log = logging.getLogger("portal.operations.processes")


def prepare(write_line: Callable[[str], None]) -> None:
    """Leaves the installation ready to serve. Raises CommandError with one sentence when it cannot."""
    if why := serving_role.problem(connection):
        raise CommandError(f"{why} {serving_role.HINT}")
    for folder in (settings.DATA_DIR, settings.MEDIA_ROOT, settings.STORE_DIR, settings.MODEL_DIR):
        private_folder(Path(folder))
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        private_folder(settings.QUEUE_DIR)
        private_folder(settings.QUEUE_DIR / "messages")
        private_folder(settings.QUEUE_DIR / "control")
    migrate(write_line)
    require_isolation()
    follow_settings(write_line)
    static_files.collect()


def make_database() -> None:
    """The embedded database, if it is not there yet."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and not Path(database["NAME"]).exists():
        prepare(lambda line: print(line, file=sys.stderr))


def require_isolation() -> None:
    """The trail cannot be altered and tenants are kept apart, or nothing is served."""
    for check in (the_trail_is_append_only, tenants_are_isolated):
        for problem in check(databases=["default"]):
            raise CommandError(f"{problem.msg} {problem.hint}")


def follow_settings(write_line: Callable[[str], None]) -> None:
    companies = follow_index_settings()
    if companies:
        some = "one company" if companies == 1 else f"{companies} companies"
        write_line(f"A new search index is being built for {some}. Until it is complete, answers use the old one")


def refuse_newer_database() -> None:
    """Raises CommandError if a newer version of the portal has migrated the database.

    For a process that is started by itself and migrates nothing. A database that does not answer is not refused: the
    process starts and waits for it, as it does when the database goes away later.
    """
    try:
        _refuse_newer(MigrationExecutor(connection))
    except DatabaseError as error:
        log.warning("The database does not answer, so its version was not checked: %s", type(error).__name__)


def require_restartable() -> None:
    """Raises CommandError if this version could not take over from one that is running. Changes nothing."""
    if why := serving_role.problem(connection):
        raise CommandError(f"{why} {serving_role.HINT}")
    executor = MigrationExecutor(connection)
    _refuse_newer(executor)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(
            "The database must be updated first. On PostgreSQL run `manage.py migrate` with DATABASE_OWNER_URL set; "
            "otherwise stop the portal and start it again."
        )
    require_isolation()


def _refuse_newer(executor: MigrationExecutor) -> None:
    on_disk = known_migrations.known(executor.loader)
    ours = {app for app, _ in on_disk}
    newer = sorted(
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if app in ours and (app, name) not in on_disk
    )
    if newer:
        raise CommandError(
            f"This database was used by a newer version of the portal ({newer[-1]} is not known here). "
            "Start that version, or restore a backup from before the update."
        )


def migrate(write_line: Callable[[str], None]) -> None:
    if new_database.is_new(connection):
        write_line("Creating the database")
        return new_database.make(connection)
    executor = MigrationExecutor(connection)
    _refuse_newer(executor)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    if connection.vendor == "postgresql" and not settings.DATABASE_OWNER:
        raise CommandError(
            "The database must be updated, and the serving role cannot do that. Run `manage.py migrate` with "
            "DATABASE_OWNER_URL set, then start again."
        )
    if executor.loader.applied_migrations:
        backup_path = back_up()
        write_line(
            f"Updating the database; a copy of the old one is {backup_path}" if backup_path else "Updating the database"
        )
    else:
        write_line("Creating the database")
    call_command("migrate", verbosity=0, interactive=False)


def back_up() -> Path | None:
    """A consistent copy of the SQLite database, made while others may write. None on other databases."""
    if connection.vendor != "sqlite":
        return None
    folder = private_folder(settings.DATA_DIR / "backups")
    path = folder / f"portal-{datetime.now(UTC):%Y%m%d-%H%M%S}.sqlite3"
    source = sqlite3.connect(str(settings.DATABASES["default"]["NAME"]))
    try:
        source.execute("VACUUM INTO ?", [str(path)])
    finally:
        source.close()
    path.chmod(0o600)
    for old in sorted(folder.glob("portal-*.sqlite3"))[:-MAX_BACKUPS]:
        old.unlink()
    return path
