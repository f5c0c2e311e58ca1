"""The API describes itself completely."""

from io import StringIO

import pytest
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
