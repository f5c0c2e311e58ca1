"""The sample company comes whole and leaves whole."""

import pytest
from django.test import Client

from audit.models import AuditEvent, PersonKey
from knowledge.models import Document, Job
from portal.demo import people
from portal.demo.load import load
from tenants.models import Membership, Tenant, User


@pytest.fixture
def loaded(db):
    return load()


@pytest.fixture
def idris(loaded):
    """The sample company's admin, signed in."""
    member = Membership.objects.for_tenant(loaded.tenant).get(role="admin")
    client = Client()
    client.force_login(member.user, backend="tenants.signin.backend.EmailBackend")
    return client


def test_it_queues_every_document_and_says_how_to_sign_in(loaded):
    assert Document.objects.for_tenant(loaded.tenant).count() == loaded.documents == 27
    assert Job.objects.for_tenant(loaded.tenant).count() == 27
    lines = "\n".join(people.how_to_sign_in())
    for member in Membership.objects.for_tenant(loaded.tenant).select_related("user"):
        assert member.user.email in lines


def test_its_passwords_are_made_here_and_kept_privately(loaded):
    assert people.sign_in_file().stat().st_mode & 0o077 == 0
    assert len({line.split()[-1] for line in people.how_to_sign_in() if "@" in line}) == 4


def test_the_employee_may_not_read_what_is_for_the_people_team(loaded):
    nora = Membership.objects.for_tenant(loaded.tenant).get(role="member")
    titles = set(Document.objects.visible_to(nora).values_list("title", flat=True))
    assert len(titles) == 23
    assert not any("Salary" in title for title in titles)


def test_one_press_removes_it_and_leaves_the_others_alone(loaded, idris, acme, alice):
    were_there = list(Membership.objects.for_tenant(loaded.tenant).values_list("user_id", flat=True))
    response = idris.post(f"/t/{loaded.tenant.slug}/sample/")
    assert response.status_code == 302
    assert set(Tenant.objects.all()) == {acme}
    assert set(User.objects.all()) == {alice.user}
    assert people.how_to_sign_in() == []
    assert AuditEvent.objects.filter(tenant_id=loaded.tenant.pk, action="tenant:removed").count() == 1
    assert not PersonKey.objects.filter(pk__in=were_there).exists(), "the trail still says who they were"


def test_a_real_company_cannot_be_removed_that_way(sign_in, acme, adam, bob):
    assert sign_in(adam).post("/t/acme/sample/").status_code == 404
    assert sign_in(bob).post("/t/acme/sample/").status_code == 403
    assert Tenant.objects.filter(slug="acme").exists()
