"""The API does what its description says, for requests that fit it and for requests that do not.

schemathesis makes the requests from `/api/schema/`, as an admin, as an employee and as a compliance officer.
API_CONTRACT_EXAMPLES sets how many requests of each kind each operation gets in each role (3; a full run takes 60).
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import ignored_auth

from knowledge.permissions import grants

EXAMPLES = int(os.environ.get("API_CONTRACT_EXAMPLES", 3))
BEYOND_A_SCHEMA = {  # reasons to refuse a request that no schema can state
    "question_missing",  # a question without a letter or a digit in any script
    "empty_file",
    "days_reversed",  # the first day is after the last one
}
ROLES = ("adam", "alice", "cora")


@pytest.fixture
def described(transactional_db, upload, shelf, alice, adam, erin, cora):
    upload("travel.md")
    for member, right in ((alice, "read"), (adam, "manage")):
        grants.give(shelf, right, member, by=erin)
    return schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfit"])
@pytest.mark.parametrize("role", ROLES)
def test_the_api_keeps_its_contract(described, request, bearer, role, mode):
    headers = bearer(request.getfixturevalue(role))
    found = {}
    for result in described.get_all_operations():
        operation = result.ok()
        try:
            check(operation, mode, headers)
        except (Exception, FailureGroup) as error:
            found[operation.label] = said(error)
    assert found == {}, "\n".join(f"{name}: {why}" for name, why in found.items())


def check(operation, mode: GenerationMode, headers: dict[str, str]) -> None:
    try:
        strategy = operation.as_strategy(generation_mode=mode)
    except Exception as error:
        if mode == GenerationMode.NEGATIVE:  # an operation that takes nothing has no unfit requests
            return
        raise error

    @seed(1)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def calls(case) -> None:
        if "slug" in case.path_parameters:
            case.path_parameters["slug"] = "acme"
        response = case.call(headers=headers)
        if response.status_code == 400 and response.json()["code"] in BEYOND_A_SCHEMA:
            return
        try:
            case.validate_response(response, headers=headers, excluded_checks=[ignored_auth])
        except FailureGroup as failures:
            failures.add_note(f"{case.as_curl_command()} -> {response.status_code} {response.text[:300]}")
            raise

    calls()


def said(error: BaseException) -> str:
    if isinstance(error, FailureGroup):
        return " | ".join([*(said(each) for each in error.exceptions), *getattr(error, "__notes__", [])])
    if isinstance(error, Failure):
        return f"{type(error).__name__}: {' '.join(str(error.message).split())[:600]}"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
