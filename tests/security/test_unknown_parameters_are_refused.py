"""A misspelt filter is an error for programs, never no filter. Pages ignore what mail programs add to a link."""

import re
import uuid

import pytest

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.record import record
from tenants.requests.api_gates import MemberAPIView
from tests.every_address import every_address

pytestmark = pytest.mark.django_db
API = "/t/acme/api/v1/"
OF_A_TENANT = [each for each in every_address() if each.is_of_a_tenant]
LEASE = Target("document", "7f1d6a40-0000-4000-8000-000000000001", "Lease register")


def _operations():
    """(address, view class, method) of every operation of the API."""
    for address in OF_A_TENANT:
        cls = address.view_class or _behind(address.view)
        if cls is None or not issubclass(cls, MemberAPIView):
            continue
        for method in cls.http_method_names:
            if method != "options" and hasattr(cls, method):
                yield address, cls, method


def _behind(view):
    """The class behind a decorated view."""
    inner = getattr(view, "__wrapped__", None)
    return getattr(inner, "cls", None)


OPERATIONS = list(_operations())


def test_the_walk_finds_the_whole_api():
    assert len({address.route for address, *_ in OPERATIONS}) == sum(address.is_api for address in OF_A_TENANT)


def test_every_operation_refuses_a_parameter_that_it_does_not_describe(sign_in, olga):
    client, accepted = sign_in(olga), []
    for address, _, method in OPERATIONS:
        response = getattr(client, method)(address.path("acme", {}) + "?no_such_parameter=1")
        known = response.status_code == 400 and (method == "head" or "no_such_parameter" in response.json()["detail"])
        if not known:
            accepted.append((method, address.route, response.status_code))
    assert not accepted


def test_every_parameter_that_the_description_names_is_accepted(sign_in, olga, schema):
    client, refused = sign_in(olga), []
    for address, _, method in OPERATIONS:
        described = schema["paths"]["/" + _described(address.route)].get(method, {})
        for name in (each["name"] for each in described.get("parameters", ()) if each["in"] == "query"):
            response = getattr(client, method)(address.path("acme", {}), query_params={name: ""})
            if response.status_code == 400 and response.json()["code"] == "unknown_parameter":
                refused.append((method, address.route, name))
    assert not refused


@pytest.fixture(scope="module")
def schema():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def _described(route: str) -> str:
    """`documents/<uuid:document_id>/` as the description writes it: `documents/{document_id}/`."""
    return re.sub(r"<\w+:(\w+)>", r"{\1}", route)


@pytest.mark.parametrize("misspelt", ["actor=nobody", "from=2027-01-01", "persons=alice", "Person=alice"])
@pytest.mark.parametrize("address", ["audit/export/", "audit/events/"])
def test_a_misspelt_filter_does_not_hand_out_the_whole_trail(client, cora, alice, bearer, address, misspelt):
    record(Action.DOCUMENT_OPENED, alice, LEASE)
    response = client.get(f"{API}{address}?{misspelt}", headers=bearer(cora, "audit"))
    assert response.status_code == 400
    assert b"Lease register" not in response.content


def test_the_message_names_the_parameter_that_was_meant(client, cora, bearer):
    body = client.get(f"{API}audit/events/?persons=alice", headers=bearer(cora, "audit")).json()
    assert body["hint"] == "Did you mean “person”?"
    body = client.get(f"{API}audit/events/?zzz=alice", headers=bearer(cora, "audit")).json()
    assert "person" in body["hint"]


def test_the_export_of_the_page_refuses_a_misspelt_filter_too(sign_in, cora):
    address = "/t/acme/audit/export/"
    assert sign_in(cora).post(address, {"format": "csv", "actor": "alice"}).status_code == 400
    assert sign_in(cora).post(f"{address}?from=2027-01-01", {"format": "csv"}).status_code == 400
    assert sign_in(cora).post(address, {"format": "csv", "person": "alice", "looks": "0"}).status_code == 200


def test_pages_ignore_what_a_mail_program_adds_to_a_link(sign_in, cora):
    for page in ("audit/", "documents/", "search/", "", "conversations/"):
        assert sign_in(cora).get(f"/t/acme/{page}?utm_source=mail&fbclid=x").status_code == 200, page


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("search/", {"query": "meals", "collection": str(uuid.uuid4())}),
        ("search/", {"query": "meals", "filters": {"collections": [str(uuid.uuid4())]}}),
        ("ask/", {"question": "Meals?", "filters": {"collection": [str(uuid.uuid4())]}}),
        ("ask/", {"question": "Meals?", "filter": {"collections": [str(uuid.uuid4())]}}),
        ("failures/", {"document": [str(uuid.uuid4())]}),
        ("imports/stop/", {"collections": str(uuid.uuid4())}),
    ],
)
def test_a_body_in_which_left_out_means_everything_refuses_a_misspelt_field(client, olga, bearer, address, body):
    response = client.post(API + address, body, content_type="application/json", headers=bearer(olga))
    assert response.status_code == 400, response.content
    assert "There is no such field." in response.content.decode()


def test_somebody_without_the_right_learns_nothing_about_parameters(client, alice, bearer):
    assert client.get(f"{API}audit/export/?actor=x", headers=bearer(alice)).status_code == 403
    assert client.get(f"{API}audit/export/?actor=x").status_code == 401
