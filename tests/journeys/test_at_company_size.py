"""The main journey once more, on PostgreSQL, Redis and Weaviate, with the processes of `make run-production`."""

from __future__ import annotations

import sys

import pytest

from tests.journeys.conftest import Portal, three_people
from tests.journeys.test_from_upload_to_the_marked_passage import (  # noqa: F401 - the test and its file
    file,
    test_a_document_is_found_by_whom_it_is_shared_with_and_by_nobody_else,
)
from tests.production import installation
from tests.servers.commands import commands

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    installation.insist_on_servers()
    manage = [sys.executable, "-m", "portal.operations.services", "manage"]
    with (
        installation.running(tmp_path_factory.mktemp("production")) as started,
        commands(manage, started.environment) as ready,
    ):
        portal = Portal(started.address, started.folder, ready)
        portal.manage("create_tenant", "acme", "--name", "Acme Ltd")
        yield portal


@pytest.fixture(scope="module")
def people(portal) -> dict[str, str]:
    return three_people(portal)
