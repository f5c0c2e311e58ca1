"""Rights: from grants and ownership alone, inherited by documents, cut off by restriction, gone with a revocation."""

import contextlib

import pytest
from django.db import transaction
from django.http import Http404

from knowledge.library.documents import change_document
from knowledge.models import Document
from knowledge.models.grant import Right
from knowledge.permissions import access, grants, search_filter
from tenants.errors import Invalid, NotAllowed
from tenants.members.members import add_member, end_membership
from tenants.members.teams import add_to_team, remove_from_team, remove_team
from tenants.models import User

pytestmark = pytest.mark.django_db


def test_a_grant_on_the_collection_opens_its_documents(shelf, upload, erin, alice, titles):
    upload("travel.md")
    assert titles(alice, "meal allowance") == set()
    grants.give(shelf, "read", alice, by=erin)
    assert titles(alice, "meal allowance") == {"Travel"}


def test_a_revocation_takes_effect_with_the_next_search(shelf, upload, erin, alice, titles):
    document = upload("travel.md")
    grants.give(shelf, "read", alice, by=erin)
    assert titles(alice, "meals") == {"Travel"}
    grants.revoke(shelf, alice, by=erin)
    assert titles(alice, "meals") == set()
    assert access.still_readable(alice, [document.pk]) == set()
    with pytest.raises(Http404):
        access.access_document(alice, document.pk)


def test_a_team_reads_what_it_was_given_as_long_as_one_is_in_it(shelf, upload, erin, adam, alice, bob, finance, titles):
    upload("travel.md")
    grants.give(shelf, Right.READ, finance, by=erin)
    assert titles(alice, "meals") == {"Travel"}
    assert titles(bob, "meals") == set()
    add_to_team(finance, bob, by=adam)
    assert titles(bob, "meals") == {"Travel"}
    remove_from_team(finance, alice, by=adam)
    assert titles(alice, "meals") == set()
    remove_team(finance, by=adam)
    assert titles(bob, "meals") == set()


@pytest.mark.parametrize("role", ["adam", "olga", "cora"])
def test_a_role_opens_nothing(role, request, upload, titles):
    document = upload("travel.md")
    member = request.getfixturevalue(role)
    assert titles(member, "meals") == set()
    with pytest.raises(Http404):
        access.access_document(member, document.pk)


def test_a_superuser_or_a_global_permission_opens_nothing(upload, alice, titles):
    from django.contrib.auth.models import Permission

    upload("travel.md")
    User.objects.filter(pk=alice.user_id).update(is_superuser=True)
    alice.user.user_permissions.set(Permission.objects.filter(content_type__app_label="knowledge"))
    alice.refresh_from_db()
    assert titles(alice, "meals") == set()


def test_one_document_can_be_shared_without_its_collection(shelf, upload, erin, alice, titles):
    travel = upload("travel.md")
    upload("pay.md", "# Pay day\n\nSalaries are paid on the 25th, meals are not part of them.")
    grants.give(travel, "read", alice, by=erin)
    assert titles(alice, "meals salaries") == {"Travel"}
    assert set(access.visible_collection_ids(alice)) == {shelf.pk}
    assert access.collection_ids(alice) == set()


def test_a_restricted_document_leaves_the_collections_readers_outside(shelf, upload, erin, alice, bob, titles):
    document = upload("travel.md")
    grants.give(shelf, "manage", alice, by=erin)
    grants.give(shelf, "read", bob, by=erin)
    grants.give(document, "read", bob, by=erin)
    change_document(erin, document, restricted=True)
    assert titles(alice, "meals") == set()
    assert titles(bob, "meals") == {"Travel"}
    with pytest.raises(Http404):
        access.access_document(alice, document.pk)
    change_document(erin, document, restricted=False)
    assert titles(alice, "meals") == {"Travel"}


def test_manage_includes_write_and_write_includes_read(shelf, upload, erin, alice):
    document = upload("travel.md")
    for right, allowed in (("read", 1), ("write", 2), ("manage", 3)):
        grants.give(shelf, right, alice, by=erin)
        held = list(Right)[:allowed]
        assert access.rights_on(alice, document) == set(held)
        assert access.rights_on(alice, shelf) == set(held)
        for wanted in Right:
            if wanted in held:
                assert access.access_document(alice, document.pk, wanted) == document
            else:
                with pytest.raises(NotAllowed):
                    access.access_document(alice, document.pk, wanted)


def test_giving_again_replaces_and_giving_the_same_changes_nothing(shelf, erin, alice, acme):
    first = grants.give(shelf, "read", alice, by=erin)
    acme.refresh_from_db()
    before = acme.corpus_version
    assert grants.give(shelf, "read", alice, by=erin).id == first.id
    acme.refresh_from_db()
    assert acme.corpus_version == before
    grants.give(shelf, "write", alice, by=erin)
    assert [(given.grantee, given.right) for given in grants.grants_on(shelf)] == [(alice, Right.WRITE)]


def test_only_those_who_manage_decide(shelf, upload, erin, alice, bob, mallory):
    document = upload("travel.md")
    grants.give(shelf, "write", alice, by=erin)
    for target in (shelf, document):
        with pytest.raises(NotAllowed):
            grants.give(target, "read", bob, by=alice)
        with pytest.raises(NotAllowed):
            grants.revoke(target, alice, by=alice)
        with pytest.raises(Http404):
            grants.give(target, "read", mallory, by=mallory)
        with pytest.raises(Http404):
            grants.give(target, "read", mallory, by=erin)
    with pytest.raises(Invalid):
        grants.give(shelf, "everything", bob, by=erin)


def test_who_left_finds_nothing_and_comes_back_with_nothing_old(shelf, upload, erin, alice, adam, titles):
    upload("travel.md")
    grants.give(shelf, "read", alice, by=erin)
    end_membership(alice, by=adam)
    alice.refresh_from_db()
    assert titles(alice, "meals") == set()
    back = add_member(alice.tenant, email=alice.user.email, by=adam)
    assert titles(back, "meals") == set()


def test_a_member_object_that_is_older_than_the_removal_opens_nothing(shelf, upload, erin, alice, adam, titles):
    document = upload("travel.md")
    grants.give(shelf, "read", alice, by=erin)
    stale = type(alice).objects.for_tenant(alice.tenant).select_related("user", "tenant").get(pk=alice.pk)
    end_membership(alice, by=adam)
    assert stale.may_work
    assert titles(stale, "meals") == set()
    assert access.still_readable(stale, [document.pk]) == set()
    assert access.access_reasons(stale, [document.pk]) == {}


def test_what_a_leaver_owned_goes_to_the_heir(shelf, upload, erin, adam, titles):
    document = upload("travel.md")
    end_membership(erin, by=adam)
    shelf.refresh_from_db()
    document.refresh_from_db()
    assert shelf.owner == adam
    assert document.owner == adam
    assert titles(adam, "meals") == {"Travel"}


def test_expired_documents_are_not_searched(upload, erin, titles):
    from datetime import date, timedelta

    document = upload("travel.md")
    change_document(erin, document, expires_on=date.today() + timedelta(days=1))
    assert titles(erin, "meals") == {"Travel"}
    change_document(erin, document, expires_on=date.today())
    assert titles(erin, "meals") == set()
    assert access.access_document(erin, document.pk).is_expired


def test_a_superseded_document_gives_way_only_for_those_who_can_read_its_successor(shelf, upload, erin, alice, titles):
    old = upload("travel-2024.md", "# Travel 2024\n\nThe meal allowance was 30 euros.")
    new = upload("travel-2026.md", "# Travel 2026\n\nThe meal allowance is 42 euros.")
    grants.give(old, "read", alice, by=erin)
    change_document(erin, old, superseded_by=new)
    assert titles(erin, "meal allowance") == {"Travel 2026"}
    assert titles(alice, "meal allowance") == {"Travel 2024"}
    grants.give(new, "read", alice, by=erin)
    assert titles(alice, "meal allowance") == {"Travel 2026"}


def test_the_reason_is_said_in_words(shelf, upload, erin, alice, bob, cora, finance):
    document = upload("travel.md")
    grants.give(shelf, "read", finance, by=erin)
    grants.give(document, "write", bob, by=erin)
    ids = [document.pk]
    assert access.access_reasons(erin, ids) == {document.pk: "you own it"}
    assert access.access_reasons(alice, ids) == {document.pk: "via Finance team"}
    assert access.access_reasons(bob, ids) == {document.pk: "shared with you by Erin Acme"}
    assert access.access_reasons(cora, ids) == {}
    (way,) = access.explain(alice, document)
    assert [(step.kind, step.name, step.by) for step in way.steps] == [
        ("team", "Finance", ""),
        ("grant", "Handbook", "Erin Acme"),
        ("collection", "Handbook", ""),
    ]
    assert all(step.at for step in way.steps[:2])
    document.restricted = True
    assert access.explain(alice, document) == []
    assert [way.right for way in access.explain(bob, document)] == [Right.WRITE]


def test_rights_on_another_tenants_things_cannot_be_asked_for(shelf, upload, mallory):
    document = upload("travel.md")
    assert access.rights_on(mallory, document) == set()
    assert access.explain(mallory, document) == []
    assert not Document.objects.visible_to(mallory).exists()


@pytest.mark.django_db(transaction=True)
def test_rights_are_put_together_once_for_each_state_of_the_corpus_also_inside_transactions(
    shelf, upload, erin, alice, monkeypatch
):
    """On PostgreSQL everything that a request reads stands in one. What was rolled back is never remembered."""
    put_together, compiled = search_filter._compile, []
    monkeypatch.setattr(search_filter, "_compile", lambda *each: compiled.append(each) or put_together(*each))
    upload("travel.md")
    for _ in range(3):
        with transaction.atomic():
            assert access.readable(alice).nothing
    assert len(compiled) == 1
    with contextlib.suppress(RuntimeError), transaction.atomic():
        grants.give(shelf, "read", alice, by=erin)
        assert access.readable(alice).collection_ids == {shelf.pk}
        raise RuntimeError("undone")
    assert access.readable(alice).nothing


def test_who_asks_while_the_permissions_are_being_made_is_not_remembered_as_having_none(shelf, upload, erin, alice):
    from django.contrib.auth.models import Permission

    from knowledge.permissions import conditions

    document = upload("travel.md")
    grants.give(shelf, "read", alice, by=erin)
    made = Permission.objects.filter(content_type__app_label="knowledge", codename="read_collection")
    conditions.forget_permissions()
    made.update(codename="not_yet")
    assert access.still_readable(alice, [document.pk]) == set()
    Permission.objects.filter(codename="not_yet").update(codename="read_collection")
    assert access.still_readable(alice, [document.pk]) == {document.pk}
