"""A PostgreSQL database of the first release, with data, is updated to what a new one is and loses nothing."""

from __future__ import annotations

import json

import pytest

from tests.fixtures import first_release
from tests.fixtures.first_release.contents import CONTENTS, READ
from tests.servers.portal_database import dropped_at_the_end, manage, new_database
from tests.servers.schemas import differences, postgresql_schema

pytestmark = pytest.mark.service
CAN_START = "from portal.operations.processes.prepare import require_restartable; require_restartable()"


@pytest.fixture(scope="module")
def updated(real_postgres, tmp_path_factory):
    with dropped_at_the_end(new_database(real_postgres)) as database:
        surroundings = database.environment(tmp_path_factory.mktemp("updated"))
        manage(surroundings, "setup_database")
        first_release.load_postgresql(database.admin)
        manage(surroundings, "migrate", "--verbosity", "0")
        yield database


def test_everything_in_it_is_still_there(updated, tmp_path):
    surroundings = updated.environment(tmp_path) | {"PORTAL_ENCRYPTION_KEY": first_release.ENCRYPTION_KEY}
    del surroundings["DATABASE_OWNER_URL"]  # as the role that serves
    assert json.loads(manage(surroundings, "shell", "-v", "0", "-c", READ).splitlines()[-1]) == CONTENTS


def test_it_is_made_like_a_new_database(updated, portal_database):
    assert differences(postgresql_schema(updated.admin), postgresql_schema(portal_database.admin)) == {}


def test_the_role_that_serves_can_start_on_it(updated, tmp_path):
    surroundings = updated.environment(tmp_path)
    del surroundings["DATABASE_OWNER_URL"]
    assert "no issues" in manage(surroundings, "check", "--database", "default")
    manage(surroundings, "shell", "-v", "0", "-c", CAN_START)
