"""What a stranger or a member sends costs the web process little, whatever stands in it."""

import time

import pytest
import yaml

from portal.api import schema_view

ANONYMOUS = [
    "/",
    "/sign-in/",
    "/password/forgotten/",
    "/components/",
    "/help/",
    "/help/benchmarks/",
    "/help/images/answer.png",
    "/api/",
    "/api/?script=",
    "/api/schema/",
    "/healthz",
]


@pytest.fixture
def fresh_document(monkeypatch):
    monkeypatch.setattr(schema_view, "_rendered", {})


def test_the_description_of_the_api_is_generated_once(client, fresh_document, monkeypatch):
    generated = []

    class Counted(schema_view.ApiDocument.generator_class):
        def get_schema(self, *args, **kwargs):
            generated.append(1)
            return super().get_schema(*args, **kwargs)

    monkeypatch.setattr(schema_view.ApiDocument, "generator_class", Counted)

    first = client.get("/api/schema/")
    again = [client.get("/api/schema/", {"version": str(n), "lang": "de"}) for n in range(3)]

    assert {answer.content for answer in again} == {first.content}
    assert len(generated) == 1
    assert client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json() == yaml.safe_load(
        first.content
    )
    assert len(generated) == 2, "once more, for the other format"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ANONYMOUS)
def test_a_page_that_anybody_may_open_takes_little_processor_time(client, address):
    client.get(address)
    costs = []
    for _ in range(5):
        began = time.thread_time()
        answer = client.get(address)
        costs.append(time.thread_time() - began)
        assert answer.status_code < 400
    assert min(costs) < 0.02
