"""A SQLite database of the first release, with data, starts on this version and loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fixtures import first_release
from tests.fixtures.first_release.contents import CONTENTS, READ
from tests.portal.installations import Installation
from tests.servers.schemas import ask_sqlite, differences, sqlite_schema

AS_A_START_DOES = (
    "from portal.operations.processes.prepare import migrate, require_isolation; migrate(print); require_isolation()"
)
MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY 1, 2"


@pytest.fixture(scope="module")
def updated(tmp_path_factory) -> Installation:
    folder = tmp_path_factory.mktemp("updated")
    first_release.load_sqlite(folder / "portal.sqlite3")
    installation = Installation(folder, {"PORTAL_ENCRYPTION_KEY": first_release.ENCRYPTION_KEY})
    assert "Updating the database" in installation.script(AS_A_START_DOES)
    return installation


@pytest.fixture(scope="module")
def new(tmp_path_factory) -> Path:
    installation = Installation(tmp_path_factory.mktemp("new"))
    assert "Creating the database" in installation.script(AS_A_START_DOES)
    return installation.folder / "portal.sqlite3"


def test_everything_in_it_is_still_there(updated):
    assert json.loads(updated.script(READ).splitlines()[-1]) == CONTENTS


def test_it_is_made_like_a_new_database(updated, new):
    assert differences(sqlite_schema(updated.folder / "portal.sqlite3"), sqlite_schema(new)) == {}


def test_it_has_the_same_migrations_as_a_new_database_and_none_is_missing(updated, new):
    assert ask_sqlite(updated.folder / "portal.sqlite3", MIGRATIONS) == ask_sqlite(new, MIGRATIONS)
    checked, _ = updated.run_together(("check", "--database", "default"), ("migrate", "--check"))
    assert "no issues" in checked


def test_no_row_points_to_one_that_is_not_there(updated):
    assert ask_sqlite(updated.folder / "portal.sqlite3", "PRAGMA foreign_key_check") == []
