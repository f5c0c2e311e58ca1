"""A database that is made at once is the one that migrating from nothing makes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

AT_ONCE = (
    "from django.db import connection as c; from portal.up import new_database as n; assert n.is_new(c); n.make(c)"
)


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


def ask(path: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(path) as database:
        return database.execute(sql).fetchall()


def shape(path: Path) -> dict[str, object]:
    """Columns, keys, indexes, checks and triggers of every table. Columns stand in another order after an addition."""
    found: dict[str, object] = {}
    for (table,) in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        columns = {row[1:] for row in ask(path, f"SELECT * FROM pragma_table_xinfo('{table}')")}
        keys = {row[2:] for row in ask(path, f"SELECT * FROM pragma_foreign_key_list('{table}')")}
        (made,) = ask(path, f"SELECT sql FROM sqlite_master WHERE name = '{table}'")[0]
        found[table] = columns, keys, made.count("CHECK"), made.count("UNIQUE"), "AUTOINCREMENT" in made
    kinds = ask(path, "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'trigger', 'view')")
    return found | {"beside": {row for row in kinds if not row[1].startswith("sqlite_")}}


def test_it_has_the_same_tables_keys_indexes_and_triggers(both):
    made, migrated = map(shape, both)
    assert made.keys() == migrated.keys()
    assert {name: made[name] for name in made if made[name] != migrated[name]} == {
        name: migrated[name] for name in made if made[name] != migrated[name]
    }


def test_nothing_is_left_to_migrate_and_the_same_permissions_are_there(both):
    for sql in (
        "SELECT app, name FROM django_migrations ORDER BY 1, 2",
        "SELECT codename FROM auth_permission ORDER BY 1",
        "SELECT app_label, model FROM django_content_type ORDER BY 1, 2",
    ):
        assert ask(both[0], sql) == ask(both[1], sql)
    manage(both[0].parent, "migrate", "--check")


def test_a_start_that_is_killed_meanwhile_begins_anew(tmp_path):
    killed = (
        "import os; from django.db import connection as c; from portal.up import new_database as n; "
        "n.MigrationRecorder.record_applied = lambda *_: os._exit(0); n.make(c)"
    )
    manage(tmp_path, "shell", "-c", killed)
    assert ask(tmp_path / "portal.sqlite3", "SELECT name FROM sqlite_master") == []
    manage(tmp_path, "shell", "-c", AT_ONCE)
