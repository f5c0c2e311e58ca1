"""An empty installation makes its first company, once."""

import pytest
from django.test import Client
from django.urls import reverse

from tenants.models import Membership, Tenant

pytestmark = pytest.mark.django_db
COMPANY = {
    "company": "Marlow Instruments",
    "slug": "marlow",
    "name": "Dana Whitfield",
    "email": "dana@marlow.example",
    "password": "rooms are booked in quarters",
}


@pytest.fixture
def client(settings):
    """Somebody on the machine itself: no setup code is needed."""
    settings.ALLOWED_HOSTS = ["localhost"]
    return Client(headers={"host": "localhost"})


def test_whoever_opens_an_empty_portal_makes_a_company_and_owns_it(client):
    assert client.get("/").url == reverse("first-run")
    assert client.get(reverse("sign-in")).url == reverse("first-run")
    assert client.post(reverse("first-run"), COMPANY).url == "/t/marlow/"
    owner = Membership.objects.for_tenant(Tenant.objects.get()).select_related("user").get()
    assert (owner.role, owner.user.email, owner.user.check_password(COMPANY["password"])) == (
        "owner",
        "dana@marlow.example",
        True,
    )
    assert client.get("/").url == "/t/marlow/", "and is signed in"


def test_it_is_not_possible_once_there_is_a_company(client, acme):
    assert client.get(reverse("first-run")).status_code == 404
    assert client.post(reverse("first-run"), COMPANY).status_code == 404
    assert Tenant.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"), [("slug", "Not A Slug"), ("slug", "-"), ("password", "short"), ("email", "no"), ("company", "")]
)
def test_a_value_that_does_not_fit_is_explained_and_nothing_is_made(client, field, value):
    response = client.post(reverse("first-run"), COMPANY | {field: value})
    assert response.status_code == 400
    assert 'aria-invalid="true"' in response.content.decode()
    assert not Tenant.objects.exists()


@pytest.mark.parametrize(
    ("names", "first"), [(["localhost"], "company"), (["portal.acme.example", "localhost"], "code")]
)
def test_one_begins_to_write_in_the_first_field(client, settings, names, first):
    settings.ALLOWED_HOSTS = names
    page = client.get(reverse("first-run")).content.decode()
    [focused] = [tag for tag in page.split("<input") if "autofocus" in tag]
    assert f'name="{first}"' in focused
