"""The API describes itself completely."""

from io import StringIO

import pytest
import yaml
from django.core.management import call_command


@pytest.fixture(scope="module")
def schema() -> str:
    told = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=told)
    return told.getvalue()


def test_it_is_valid_and_leaves_nothing_to_guess(schema):
    assert schema.startswith("openapi: 3")


def test_every_operation_says_how_to_sign_in(schema):
    assert schema.count("operationId:") == schema.count("- key: []") == schema.count("- session: []")
    assert "scheme: bearer" in schema


@pytest.mark.parametrize(
    "path", ["documents/", "collections/", "failures/", "conversations/", "shared/", "keys/", "audit/events/"]
)
def test_a_list_that_comes_in_pages_is_described_as_pages(schema, path):
    described = yaml.safe_load(schema)
    [address] = [each for each in described["paths"] if each.endswith(f"/api/v1/{path}")]
    answer = described["paths"][address]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    shape = described["components"]["schemas"][answer["$ref"].rpartition("/")[2]]
    assert {"next", "results"} <= shape["properties"].keys()
