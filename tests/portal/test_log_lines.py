"""What an operator finds in the log during an outage: one line for each request, and no traceback twice."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import OperationalError
from django.urls import path
from rest_framework.views import APIView

from knowledge.stores.base import StoreUnavailable
from portal.observability.log_filters import AddRequestId, CountRepetitions
from tests.conftest import REPOSITORY


def database_is_away(request):
    raise OperationalError("connection refused")


def store_is_away(request, slug):
    raise StoreUnavailable("no answer from 10.0.0.7")


class ApiIsAway(APIView):
    authentication_classes = permission_classes = ()

    def get(self, request, slug):
        raise OperationalError("connection refused")


urlpatterns = [
    path("away/", database_is_away),
    path("t/<slug:slug>/search/", store_is_away),
    path("t/<slug:slug>/api/v1/away/", ApiIsAway.as_view()),
]


@pytest.fixture
def lines():
    """The lines that the console's handler writes, with its filters and its format."""
    written: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record) -> None:
            written.append(self.format(record))

    handler = Collect()
    handler.setFormatter(logging.Formatter(settings.LOGGING["formatters"]["line"]["format"]))
    handler.addFilter(AddRequestId())
    handler.addFilter(CountRepetitions(every_line=("portal.unavailable",)))
    root = logging.getLogger()
    others, root.handlers = root.handlers, [handler]
    yield written
    root.handlers = others


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/away/", "503 unavailable GET /away/ tenant=- cause=OperationalError: connection refused"),
        ("/t/acme/search/", "503 unavailable GET /t/<slug:slug>/search/ tenant=acme cause=StoreUnavailable: no answer"),
        ("/t/acme/api/v1/away/", "503 unavailable GET /t/<slug:slug>/api/v1/away/ tenant=acme cause=OperationalError"),
    ],
)
def test_an_expected_503_is_one_line_with_the_request_id_tenant_and_code(client, lines, address, expected):
    answers = [client.get(address) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {503}
    assert len(lines) == 20, "no second line of Django's, no traceback, none left out"
    for answer, line in zip(answers, lines, strict=True):
        assert expected in line
        assert line.endswith(f"request={answer['X-Request-ID']}")


@pytest.mark.urls(__name__)
def test_the_number_on_the_error_page_is_found_in_the_log(client, lines):
    page = client.get("/away/").content.decode()
    shown = re.search(r"[0-9a-f]{32}", page)[0]
    assert f"request={shown}" in lines[0]


def fail(number: int) -> None:
    try:
        raise OperationalError(f"connection {number} refused")
    except OperationalError:
        logging.getLogger("knowledge").exception("Reading version %s failed", number)


def test_a_repeated_traceback_is_written_once_and_then_counted(lines, monkeypatch):
    monkeypatch.setattr("portal.observability.log_filters.WINDOW_SECONDS", 0.3)
    for number in range(1000):
        fail(number)
    until(lambda: accounted_for(lines) == 1000)
    assert len(lines) < 20, "two for each window: a loaded machine takes more than one"
    assert "Reading version 0 failed" in lines[0]
    assert "Traceback" in lines[0]
    assert lines[1].endswith("(OperationalError)")


def accounted_for(lines: list[str]) -> int:
    counted = [re.search(r" (\d+) more times in ", line) for line in lines]
    return sum(int(count[1]) if count else 1 for count in counted)


def test_the_same_failure_is_written_again_when_the_window_is_over(lines, monkeypatch):
    monkeypatch.setattr("portal.observability.log_filters.WINDOW_SECONDS", 0.1)
    fail(1)
    fail(2)
    until(lambda: "1 more times" in lines[-1])
    fail(3)
    assert "Reading version 3 failed" in lines[-1]


def test_another_failure_is_not_taken_for_a_repetition(lines):
    fail(1)
    logging.getLogger("knowledge").warning("The disk is nearly full")
    try:
        raise ValueError("another")
    except ValueError:
        logging.getLogger("knowledge").exception("Reading version %s failed", 1)
    assert len([line for line in lines if "Traceback" in line]) == 2
    assert any("nearly full" in line for line in lines)


def test_a_warning_that_says_the_same_again_and_again_is_counted(lines, monkeypatch):
    monkeypatch.setattr("portal.observability.log_filters.WINDOW_SECONDS", 0.3)
    for number in range(500):
        logging.getLogger("psycopg.pool").warning("error connecting in %s", number)
    until(lambda: accounted_for(lines) == 500)
    assert len(lines) < 30


def test_a_request_for_a_wrong_host_is_one_quiet_line(client, lines, db):
    for number in range(20):
        assert client.get("/", headers={"Host": f"evil-{number}.example"}).status_code == 400
    assert len(lines) == 5, "all of them are one message, of which five are written"
    assert "WARNING django.security.DisallowedHost Refused a request for a host" in lines[0]
    assert "'evil-0.example'" in lines[0]
    assert "Traceback" not in "".join(lines)
    assert "\n" not in lines[0]


def test_a_request_with_too_many_fields_is_one_quiet_line(client, lines, db):
    client.post("/sign-in/", {f"field{number}": "" for number in range(1_100)})
    assert "Traceback" not in "".join(lines)
    assert "WARNING django.security.TooManyFieldsSent Refused a request" in lines[0]


def until(true) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_weaviates_client_leaves_the_warning_filters_as_they_were():
    script = """
import warnings
before = list(warnings.filters)
from knowledge.stores.weaviate.connection import Address, _new_client
_new_client(Address("http://127.0.0.1:1", grpc_port=2))
assert warnings.filters == before, warnings.filters
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
