"""What the fields were before and after, joined to the act by its request, and naming nobody."""

import pytest
from django.db import transaction
from django.urls import reverse

from audit.ledger.actions import Action
from audit.models import AuditEvent, FieldChange
from tenants.members.members import change_role, end_membership
from tenants.members.teams import change_team, create_team

pytestmark = pytest.mark.django_db


def changes(tenant):
    return AuditEvent.objects.filter(tenant_id=tenant.pk, action=Action.RECORD_CHANGED).order_by("id")


def test_a_change_is_on_the_chained_trail_with_both_values(finance, adam):
    change_team(finance, name="Money", description="", by=adam)
    event = changes(finance.tenant).get()
    assert event.data == {"change": "changed", "fields": {"name": ["Finance", "Money"]}}
    assert (event.target_type, event.target_id) == ("team", str(finance.pk))


def test_the_page_that_changed_it_says_who_and_which_request(sign_in, adam, alice):
    response = sign_in(adam).post(reverse("tenants:role", args=["acme", alice.pk]), {"role": "editor"})
    request_id = response["X-Request-ID"]
    event = changes(alice.tenant).get()
    assert (event.actor_id, event.subject_id, event.request_id) == (adam.user_id, alice.user_id, request_id)
    row = FieldChange.objects.get()
    assert (row.tenant_id, row.actor_id, row.cid) == (alice.tenant_id, adam.user_id, request_id)
    told = AuditEvent.objects.filter(request_id=request_id).values_list("action", flat=True)
    assert set(told) == {Action.RECORD_CHANGED, Action.MEMBER_ROLE_CHANGED}


def test_a_job_without_a_person_is_the_systems_doing(acme):
    acme.name = "Acme Holding"
    acme.save()
    assert changes(acme).get().actor_kind == "system"
    assert FieldChange.objects.get().actor_id is None


def test_the_creation_of_a_row_is_told_by_its_own_event_alone(acme, adam):
    create_team("Legal", by=adam)
    assert not changes(acme).exists()


def test_a_removal_is_told_with_what_was_there(finance, adam):
    from tenants.members.teams import remove_team

    remove_team(finance, by=adam)
    event = changes(finance.tenant).get()
    assert event.data["change"] == "removed"
    assert event.data["fields"]["name"] == ["Finance", "None"]


def test_no_name_or_address_of_a_person_stands_in_either_record(finance, alice, adam, olga):
    change_role(alice, "editor", by=adam)
    end_membership(alice, by=olga)
    raw = str(list(FieldChange.objects.values())) + str(list(AuditEvent.objects.values()))
    for person in (alice, adam, olga):
        assert person.user.email not in raw
        assert person.user.name not in raw


def test_a_change_that_is_rolled_back_leaves_no_trace(finance, adam):
    before = AuditEvent.objects.count()
    with transaction.atomic():
        change_team(finance, name="Money", description="", by=adam)
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == before
    assert not FieldChange.objects.exists()
