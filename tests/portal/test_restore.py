"""A restore checks everything before it changes anything, and goes on where it was interrupted."""

import json
import shutil

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from audit.ledger.crypto import Unsealer
from audit.models import AuditEvent
from knowledge.erasure.deletion import put_in_trash
from knowledge.models import Document, Passage
from portal.operations.backup import index, manifest
from portal.operations.backup.create import make_backup
from portal.operations.backup.restore import restore
from portal.operations.removal import remove_tenant
from tenants.errors import Conflicting, Invalid
from tenants.models import Membership, Tenant
from tests.portal.conftest import SECRET, silent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_data")]


def trail(tenant) -> list:
    opener = Unsealer()
    events = AuditEvent.objects.filter(tenant_id=tenant.pk).order_by("id")
    return [(e.pk, e.occurred_at, e.action, e.data, opener.open(e.actor_id, e.actor_sealed)) for e in events]


@pytest.fixture
def kept(company, tmp_path):
    """A backup of Acme that was carried away before Acme was removed."""
    make_backup(tmp_path / "made here", write_line=silent)
    return shutil.copytree(tmp_path / "made here", tmp_path / "carried away")


@pytest.fixture
def gone(kept, company, alice):
    company.trail = trail(company)
    remove_tenant.remove_tenant(company, by=alice.audit_actor())
    return kept


def test_a_removed_company_comes_back_beside_another_one(gone, company, alice, erin, titles):
    assert not Tenant.objects.filter(pk=company.pk).exists()
    done = restore(gone, slug="acme", write_line=silent)
    assert (done.tenants, done.renumbered) == (["acme"], False)
    alice, erin = (
        Membership.objects.for_tenant(company).select_related("user", "tenant").get(pk=m.pk) for m in (alice, erin)
    )
    assert titles(alice, SECRET) == titles(erin, SECRET) == {"Secret"}
    assert alice.user.check_password("a-long-enough-password")
    assert done.passages == Passage.objects.for_tenant(company).count() == 1
    assert trail(company)[: len(company.trail)] == company.trail, "the trail that stayed is not written twice"
    assert "Erin Acme" in {(event[-1] or {}).get("name") for event in trail(company)}, "people have names again"
    assert [event[2] for event in trail(company)[-2:]][-1] == "tenant:restored"


def test_rows_that_were_made_by_nobody_keep_their_days(gone, company):
    restore(gone, slug="acme", write_line=silent)
    row = json.loads((gone / "tenants" / str(company.pk) / "rows" / "knowledge.Document.jsonl").read_text())
    document = Document.objects.for_tenant(company).get()
    assert document.changed_at.isoformat() == row["changed_at"]
    assert document.created_at.isoformat() == row["created_at"]


def test_who_may_not_read_still_finds_nothing(gone, company, olga, titles):
    restore(gone, slug="acme", write_line=silent)
    olga = Membership.objects.for_tenant(company).select_related("user", "tenant").get(pk=olga.pk)
    assert titles(olga, SECRET) == set()


def test_what_is_here_is_never_written_over(kept, company):
    with pytest.raises(Conflicting, match="is in this installation"):
        restore(kept, slug="acme", write_line=silent)


def test_a_name_that_is_taken_can_be_given_anew(gone, company):
    Tenant.objects.filter(slug="globex").update(slug="acme")
    with pytest.raises(Conflicting, match="Another tenant is called acme"):
        restore(gone, slug="acme", write_line=silent)
    call_command("restore", str(gone), tenant="acme", new_slug="acme-again")
    assert Tenant.objects.get(pk=company.pk).slug == "acme-again"


def test_everything_at_once_needs_an_empty_installation(gone):
    Tenant.objects.create(slug="initech", name="Initech")
    with pytest.raises(Conflicting, match="companies of its own"):
        restore(gone, write_line=silent)


@pytest.mark.parametrize("what", ["row", "file", "missing file", "stranger", "manifest", "strange row"])
def test_a_backup_that_was_altered_is_refused_and_nothing_changes(gone, company, what):
    part = gone / "tenants" / str(company.pk)
    users, stored = part / "rows" / "tenants.User.jsonl", next((part / "files").glob("*/*"))
    if what == "row":
        users.write_text(users.read_text().replace("alice@", "eve@"))
    elif what == "file":
        stored.write_bytes(b"# Another")
    elif what == "missing file":
        stored.unlink()
    elif what == "stranger":
        (stored.parent / "0000").write_bytes(b"put here by somebody")
    elif what == "strange row":
        (part / "rows" / "tenants.ApiKey.jsonl.more").write_text("{}")
    else:
        path = gone / "manifest.json"
        path.write_text(path.read_text().replace('"slug": "acme"', '"slug": "acne"'))
    before = AuditEvent.objects.count()
    with pytest.raises(CommandError):
        call_command("restore", str(gone), tenant="acme")
    assert not Tenant.objects.filter(pk=company.pk).exists()
    assert not (settings.MEDIA_ROOT / str(company.pk)).exists()
    assert AuditEvent.objects.count() == before


STRAYS = (
    "notes.txt",
    "keys/another.key",
    "installation/rows/tenants.Tenant.jsonl",
    "tenants/readme",
    "tenants/{id}/files/readme",
    "tenants/{id}/files/ab/cd/ef",
    "tenants/{id}/rows/deeper/tenants.User.jsonl",
    "tenants/00000000-0000-4000-8000-000000000000/rows/tenants.User.jsonl",
)


@pytest.mark.parametrize("name", STRAYS)
def test_a_file_that_the_backup_does_not_name_is_refused_wherever_it_lies(gone, company, name):
    stray = gone / name.format(id=company.pk)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_text("{}")
    with pytest.raises(Invalid, match="not part of the backup"):
        restore(gone, slug="acme", write_line=silent)
    assert not Tenant.objects.filter(pk=company.pk).exists()


def test_a_link_in_a_backup_is_refused(gone, company, tmp_path):
    stored = next((gone / "tenants" / str(company.pk) / "files").glob("*/*"))
    shutil.move(stored, tmp_path / "elsewhere")
    stored.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Invalid, match="is a link"):
        restore(gone, slug="acme", write_line=silent)


def test_a_restore_that_finds_everything_unchanged_says_so(gone, capsys):
    restore(gone, slug="acme", write_line=silent)
    call_command("restore", str(gone), tenant="acme")
    assert "already exists here, unchanged" in capsys.readouterr().out


def test_a_restore_over_a_company_that_changed_since_fails_and_says_what_differs(gone, company, erin, capsys):
    restore(gone, slug="acme", write_line=silent)
    erin = Membership.objects.for_tenant(company).select_related("user", "tenant").get(pk=erin.pk)
    put_in_trash(erin, Document.objects.for_tenant(company).get())
    with pytest.raises(CommandError, match="Nothing was restored"):
        call_command("restore", str(gone), tenant="acme")
    said = capsys.readouterr().out
    assert "has changed since (" in said
    assert "documents in the trash since: 1" in said


def test_a_company_that_is_here_is_not_said_to_be_restored_under_another_name(gone, company):
    restore(gone, slug="acme", write_line=silent)
    with pytest.raises(Conflicting, match="is called acme here"):
        restore(gone, slug="acme", new_slug="acme-2", write_line=silent)


def test_a_newer_backup_is_refused(gone):
    told = manifest.load(gone)
    told["migrations"]["knowledge"].append("9999_from_the_future")
    manifest.write(gone, told)
    with pytest.raises(Invalid, match="newer version"):
        restore(gone, slug="acme", write_line=silent)


def test_another_installations_backup_needs_its_key(gone, settings):
    settings.PORTAL_SIGNING_KEY = "another installation's"
    with pytest.raises(Invalid, match="cannot be trusted"):
        restore(gone, slug="acme", write_line=silent)


def test_without_the_encryption_key_nothing_is_changed_unless_the_names_are_given_up(gone, company, settings):
    settings.PORTAL_ENCRYPTION_KEY = "another installation's"
    with pytest.raises(Invalid, match="nobody could read who did what"):
        restore(gone, slug="acme", write_line=silent)
    assert not Tenant.objects.filter(pk=company.pk).exists()
    done = restore(gone, slug="acme", lose_names=True, write_line=silent)
    assert done.closed_names
    assert all(event[-1] in (None, {}) for event in trail(company)[: len(company.trail)])


def test_the_former_key_can_be_named(gone, company, settings, tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "encryption.key").write_text(settings.PORTAL_ENCRYPTION_KEY)
    settings.PORTAL_ENCRYPTION_KEY = "another installation's"
    restore(gone, slug="acme", keys=tmp_path / "keys", write_line=silent)
    named = [event[-1] for event in trail(company) if event[2] == "document:uploaded"]
    assert named
    assert all(name["name"] == "Erin Acme" for name in named)


def test_one_that_was_interrupted_before_its_index_stood_goes_on(gone, company, alice, titles, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(index, "remake", kill)
        with pytest.raises(Killed):
            restore(gone, slug="acme", write_line=silent)
    assert not Tenant.objects.get(pk=company.pk).is_active, "nobody enters before the index stands"
    events = AuditEvent.objects.filter(tenant_id=company.pk).count()
    restore(gone, slug="acme", write_line=silent)
    assert AuditEvent.objects.filter(tenant_id=company.pk).count() == events
    alice = Membership.objects.for_tenant(company).select_related("user", "tenant").get(pk=alice.pk)
    assert titles(alice, SECRET) == {"Secret"}


def test_a_backup_without_its_manifest_is_none(kept):
    (kept / "manifest.json").unlink()
    with pytest.raises(Invalid, match="is not a backup"):
        restore(kept, write_line=silent)
