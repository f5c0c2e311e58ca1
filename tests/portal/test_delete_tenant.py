"""A company is removed from every place it was in, and a certificate says so."""

import io
import json
import sys

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command

from audit.models import AuditEvent, PersonKey
from knowledge import backends
from knowledge.stores.base import Namespace
from portal.operations.backup import forget, registry
from portal.operations.backup.check import open_backup
from portal.operations.backup.create import make_backup
from portal.operations.removal import certificates, removal_plan, remove_tenant
from tenants.errors import Invalid
from tenants.models import Membership, Tenant, User
from tests.portal.conftest import SECRET, silent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_data")]


def run(*words, stdin="", monkeypatch=None) -> str:
    out = io.StringIO()
    if stdin:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    call_command(*words, stdout=out)
    return out.getvalue()


def places(tenant) -> list:
    """Where something of it is left."""
    left = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file() and str(tenant.pk) in str(path)]
    left += [path for path in settings.STORE_DIR.rglob("*") if path.is_file() and tenant.pk.hex in str(path)]
    return [path for path in left if path.stat().st_size]  # writers took turns at an empty file


def test_it_asks_and_a_wrong_name_removes_nothing(company, monkeypatch):
    with pytest.raises(CommandError, match="Nothing was removed"):
        run("delete_tenant", "acme", stdin="globex\n", monkeypatch=monkeypatch)
    assert Tenant.objects.get(slug="acme").is_active
    assert places(company)


def test_it_says_what_will_go_and_then_nothing_is_left_anywhere(company, monkeypatch, alice, mallory, tmp_path):
    cache.set(f"something:{company.pk}", 1)
    store = backends.store()
    assert store.count(Namespace(company.pk, settings.GENERATION)) == 1
    out = run("delete_tenant", "acme", stdin="acme\n", monkeypatch=monkeypatch)
    assert "1  knowledge.Document" in out
    assert "1  files" in out
    assert not Tenant.objects.filter(slug="acme").exists()
    assert not places(company)
    assert store.count(Namespace(company.pk, settings.GENERATION)) == 0
    assert cache.get(f"something:{company.pk}") is None
    assert set(User.objects.values_list("email", flat=True)) == {mallory.user.email}
    assert not PersonKey.objects.filter(pk=alice.user_id).exists()
    assert Membership.objects.for_tenant(mallory.tenant).count() == 1


def test_who_belongs_to_another_company_too_stays(company, alice, globex):
    from tenants.members.members import add_member

    add_member(globex, email=alice.user.email, role="member")
    run("delete_tenant", "acme", "--yes")
    assert User.objects.filter(pk=alice.user_id).exists()
    assert PersonKey.objects.filter(pk=alice.user_id).exists()


def test_the_certificate_counts_what_went_and_cannot_be_altered(company, tmp_path):
    run("delete_tenant", "acme", "--yes")
    path = next((tmp_path / "data" / "certificates").glob("*.json"))
    told = json.loads(path.read_text())["signed"]
    assert told["tenant"]["slug"] == "acme"
    assert told["removed"]["rows"]["knowledge.Passage"]["rows"] == 1
    assert told["removed"]["files"]["count"] == 1
    assert told["removed"]["people"] == 3
    assert told["kept"]["audit_events"] == AuditEvent.objects.filter(tenant_id=company.pk).count()
    assert "Certificate of removal" in run("verify_certificate", str(path))
    assert "Acme Ltd" in path.with_suffix(".txt").read_text()
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text().replace('"count": 1', '"count": 0'))
    with pytest.raises(CommandError, match="altered"):
        run("verify_certificate", str(path))


def test_a_certificate_of_another_installation_needs_its_key(company, tmp_path, settings):
    run("delete_tenant", "acme", "--yes")
    path = next((tmp_path / "data" / "certificates").glob("*.json"))
    public = json.loads(path.read_text())["signature"]["public_key"]
    settings.PORTAL_SIGNING_KEY = "another installation's"
    with pytest.raises(CommandError, match="signed with the key"):
        run("verify_certificate", str(path))
    assert "signature is valid" in run("verify_certificate", str(path), "--signed-by", public)


def test_both_trails_say_that_it_was_removed(company):
    run("delete_tenant", "acme", "--yes")
    removed = AuditEvent.objects.filter(action="tenant:removed")
    assert {event.tenant_id for event in removed} == {company.pk, None}
    assert all(event.data["certificate"] for event in removed)


@pytest.mark.parametrize("killed_in", ["_erase_rows", "_erase_content", "sessions_of", "_require_nothing_left"])
def test_one_that_was_interrupted_is_finished_by_the_same_command(company, monkeypatch, tmp_path, killed_in):
    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(remove_tenant, killed_in, kill)
        with pytest.raises(Killed):
            run("delete_tenant", "acme", "--yes")
    assert not Tenant.objects.filter(slug="acme", is_active=True).exists()
    assert "now continues" in run("delete_tenant", "acme")
    assert not places(company)
    assert removal_plan.unfinished() == []
    told = json.loads(next((tmp_path / "data" / "certificates").glob("*.json")).read_text())["signed"]
    assert told["removed"]["rows"]["knowledge.Document"]["rows"] == 1
    assert AuditEvent.objects.filter(action="tenant:removed", tenant_id=None).count() == 1


def test_it_leaves_the_backups_that_can_be_reached_and_names_the_others(company, globex, alice, tmp_path):
    near, far = make_backup(tmp_path / "near", write_line=silent), make_backup(tmp_path / "far", write_line=silent)
    (tmp_path / "far").rename(tmp_path / "carried away")
    out = run("delete_tenant", "acme", "--yes")
    assert f"NOT REACHED: {far.folder}" in out
    kept = [path.read_bytes() for path in near.folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    assert not any(word in content for content in kept for word in (SECRET.encode(), str(alice.user_id).encode()))
    backup = open_backup(near.folder, write_line=silent)
    assert [part.slug for part in backup.parts] == ["globex"]
    with pytest.raises(Invalid, match="removed from this backup"):
        open_backup(near.folder, slug="acme", write_line=silent)
    assert [each.id for each in registry.holding(str(company.pk))] == [far.id]


def test_it_leaves_the_copies_that_an_update_made(company, tmp_path):
    import sqlite3

    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("such copies are made of SQLite")
    path = tmp_path / "data" / "backups" / "portal-20260101-000000.sqlite3"
    path.parent.mkdir(parents=True)
    copy = sqlite3.connect(path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (statement,) in cursor.fetchall():
            copy.execute(statement)
    copy.execute("INSERT INTO tenants_tenant VALUES (?, 'acme', ?, 1, 0, '2026-01-01', 1, 1)", [company.pk.hex, SECRET])
    copy.commit()
    copy.close()
    assert SECRET.encode() in path.read_bytes()
    assert forget.copies() == [path]
    run("delete_tenant", "acme", "--yes")
    assert SECRET.encode() not in path.read_bytes()


def test_the_verb_behind_the_sample_company_is_the_same(company, olga, tmp_path):
    done = remove_tenant.remove_tenant(company, by=olga.audit_actor())
    told = certificates.verify(done.certificate.json)["signed"]
    assert told["by"]["name"] == "Olga Acme"
    assert done.people == told["removed"]["people"] == 3
