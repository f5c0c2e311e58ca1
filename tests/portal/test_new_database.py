"""A database that is made at once is the one that migrating from nothing makes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.servers.schemas import ask_sqlite, differences, sqlite_schema

AT_ONCE = "from django.db import connection as c; from portal.operations.processes import new_database as n; assert n.is_new(c); n.make(c)"


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Path, Path]:
    made, migrated = (tmp_path_factory.mktemp(name) for name in ("made", "migrated"))
    manage(made, "shell", "-c", AT_ONCE)
    manage(migrated, "migrate", "--verbosity=0")
    return made / "portal.sqlite3", migrated / "portal.sqlite3"


def manage(folder: Path, *words: str) -> str:
    environment = os.environ | {
        "PORTAL_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "portal.settings.embedded",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_it_has_the_same_tables_keys_indexes_and_triggers(both):
    made, migrated = map(sqlite_schema, both)
    assert differences(made, migrated) == {}


def test_nothing_is_left_to_migrate_and_the_same_permissions_are_there(both):
    for sql in (
        "SELECT app, name FROM django_migrations ORDER BY 1, 2",
        "SELECT codename FROM auth_permission ORDER BY 1",
        "SELECT app_label, model FROM django_content_type ORDER BY 1, 2",
    ):
        assert ask_sqlite(both[0], sql) == ask_sqlite(both[1], sql)
    manage(both[0].parent, "migrate", "--check")


def test_a_start_that_is_killed_meanwhile_begins_anew(tmp_path):
    killed = (
        "import os; from django.db import connection as c; from portal.operations.processes import new_database as n; "
        "n.MigrationRecorder.record_applied = lambda *_: os._exit(0); n.make(c)"
    )
    manage(tmp_path, "shell", "-c", killed)
    assert ask_sqlite(tmp_path / "portal.sqlite3", "SELECT name FROM sqlite_master") == []
    manage(tmp_path, "shell", "-c", AT_ONCE)
