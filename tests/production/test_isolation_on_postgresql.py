"""The suites about who may see what, once more on PostgreSQL: every request under row-level security."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.servers.portal_database import TEMPLATE, template

# In parts of about the same length, so that both test processes have some.
SUITES = {
    "people": [
        "tests/tenants",
        "tests/security/test_only_owners_give_privileged_roles.py",
        "tests/security/test_keys_end_at_a_promotion.py",
        "tests/security/test_strangers_lock_nobody_out.py",
        "tests/security/test_roles_whatever_people_do.py",
        "tests/security/test_setting_up_needs_the_code.py",
    ],
    "trail": [
        "tests/audit",
        "tests/security/test_links_are_shown_once_and_recorded.py",
        "tests/security/test_objects_of_events.py",
        "tests/security/test_who_read_a_document.py",
        "tests/security/test_reading_leaves_a_trace.py",
        "tests/security/test_timing_tells_nothing.py",
    ],
    "addresses": [
        "tests/project/test_every_url_is_gated.py",
        "tests/project/test_attack_foreign_ids.py",
        "tests/project/test_attack_hidden_documents.py",
        "tests/project/test_attack_what_strangers_learn.py",
    ],
    "documents": [
        "tests/knowledge/test_who_may_read.py",
        "tests/knowledge/test_no_leak_whatever_happens.py",
        "tests/knowledge/test_the_filter_is_executed.py",
        "tests/knowledge/test_rest.py",
        "tests/knowledge/test_deleting.py",
        "tests/knowledge/test_ingest_durable.py",
    ],
    "answers": [
        "tests/answers/test_ask.py",
        "tests/answers/test_ask_api.py",
        "tests/answers/test_erased_documents.py",
        "tests/project/test_api_contract.py",
    ],
    "requests": [
        "tests/security/test_matrix_of_requests.py",
        "tests/security/test_every_parameter_takes_any_text.py",
        "tests/security/test_text_input_breaks_nothing.py",
    ],
}


@pytest.fixture
def migrated_once(real_postgres, tmp_path_factory) -> str:
    """The name of a database to copy."""
    with template(real_postgres, tmp_path_factory.mktemp("portal")):
        return TEMPLATE


@pytest.mark.service
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("part", SUITES)
def test_the_isolation_suites_hold_on_postgresql(real_postgres, migrated_once, part):
    suites = SUITES[part]
    assert [name for name in suites if not (REPOSITORY / name).exists()] == []
    ours = ("PYTEST_", "PORTAL_TEST_FOLDER_OF", "PORTAL_DATA_DIR", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {"DATABASE_ADMIN_URL": real_postgres.url, "TEST_DATABASE_TEMPLATE": migrated_once}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *suites, "--ds=portal.settings.test_postgres", "-p", "no:cacheprovider",
         "-p", "no:xdist"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
