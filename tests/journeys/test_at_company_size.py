"""The main journey once more, on PostgreSQL, Redis and Weaviate, with the processes of `make run-production`."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Portal, three_people
from tests.journeys.test_from_upload_to_the_marked_passage import (  # noqa: F401 - the test and its file
    file,
    test_a_document_is_found_by_whom_it_is_shared_with_and_by_nobody_else,
)
from tests.production import installation

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]


class AtCompanySize(Portal):
    started: installation.Installation

    def manage(self, *words: str, given: str = "") -> str:
        return self.started.manage(*words, given=given)


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    installation.insist_on_servers()
    with installation.running(tmp_path_factory.mktemp("production")) as started:
        portal = AtCompanySize(started.address, started.folder, started.environment)
        portal.started = started
        portal.manage("create_tenant", "acme", "--name", "Acme Ltd")
        yield portal


@pytest.fixture(scope="module")
def people(portal) -> dict[str, str]:
    return three_people(portal)
