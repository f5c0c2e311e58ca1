"""A backup is of one moment, whole or not there, and says what is in it."""

import hashlib
import json
import shutil
import threading

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from audit.models import AuditEvent
from knowledge.models import Blob, Document
from portal.operations.backup import create, files, tables
from portal.operations.backup.create import make_backup
from portal.operations.backup.snapshot import snapshot
from tenants.errors import Conflicting, DiskFull, Invalid
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant
from tests.portal.conftest import SECRET, silent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_data")]


def told(folder) -> dict:
    return json.loads((folder / "manifest.json").read_bytes())["signed"]


def test_every_table_has_its_place_in_a_backup_or_a_reason_to_be_left_out():
    assert tables.homeless() == []


def test_it_holds_each_tenants_rows_and_files_and_the_digest_of_every_file(company, tmp_path):
    made = make_backup(tmp_path / "backup", write_line=silent)
    manifest = told(made.folder)
    assert [part["slug"] for part in manifest["tenants"]] == ["acme", "globex"]
    acme = manifest["tenants"][0]
    assert acme["rows"]["knowledge.Document"] == acme["files"] == 1
    for name, each in manifest["files"].items():
        content = (made.folder / name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (each["sha256"], each["bytes"])
    stored = [path for path in made.folder.glob("tenants/*/files/*/*") if SECRET.encode() in path.read_bytes()]
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in stored] == [path.name for path in stored] != []
    globex = made.folder / "tenants" / manifest["tenants"][1]["id"]
    assert not any(SECRET.encode() in path.read_bytes() for path in globex.rglob("*") if path.is_file())


def test_nobody_else_on_the_machine_can_read_it(company, tmp_path):
    made = make_backup(tmp_path / "backup", with_keys=True, write_line=silent)
    for path in [made.folder, *made.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_keys_are_in_it_only_when_asked(company, tmp_path, capsys):
    call_command("backup", str(tmp_path / "without"))
    assert "The keys are not in this backup" in capsys.readouterr().out
    call_command("backup", str(tmp_path / "with"), with_keys=True)
    assert "Anyone who has it can read every name" in capsys.readouterr().out
    secret = settings.PORTAL_ENCRYPTION_KEY.encode()
    assert not any(secret in path.read_bytes() for path in (tmp_path / "without").rglob("*") if path.is_file())
    assert (tmp_path / "with" / "keys" / "encryption.key").read_bytes() == secret


def test_one_tenant_can_be_taken_alone(company, mallory, tmp_path):
    made = make_backup(tmp_path / "backup", slugs=["globex"], write_line=silent)
    assert [part["slug"] for part in told(made.folder)["tenants"]] == ["globex"]
    assert not any(str(company.pk) in str(path) for path in made.folder.rglob("*"))
    with pytest.raises(Invalid, match="no tenant 'initech'"):
        make_backup(tmp_path / "other", slugs=["initech"], write_line=silent)


def test_a_folder_with_something_in_it_is_left_alone(company, tmp_path):
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "mine").write_text("mine")
    with pytest.raises(Conflicting, match="not empty"):
        make_backup(tmp_path / "backup", write_line=silent)
    assert [path.name for path in (tmp_path / "backup").iterdir()] == ["mine"]


def test_one_that_is_killed_never_has_the_final_name_and_the_next_one_begins_anew(company, tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(create.files, "copy_out", kill)
        with pytest.raises(Killed):
            make_backup(tmp_path / "backup", write_line=silent)
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.partial"]
    assert not (tmp_path / "backup.partial" / "manifest.json").exists()
    make_backup(tmp_path / "backup", write_line=silent)
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup"]


def test_a_stored_file_that_changed_stops_it(company, tmp_path):
    path = settings.MEDIA_ROOT / Blob.objects.for_tenant(company).get().path
    path.write_bytes(b"not what was uploaded")
    with pytest.raises(Invalid, match="SHA-256 differs"):
        make_backup(tmp_path / "backup", write_line=silent)
    path.unlink()
    with pytest.raises(Invalid, match="not in the portal's storage"):
        make_backup(tmp_path / "backup", write_line=silent)
    assert not (tmp_path / "backup").exists()


def test_a_document_that_is_erased_meanwhile_is_not_in_it(company, bring, tmp_path, monkeypatch):
    bring("other.md", "# Other\n\nSomething else.")
    real, first = files.copy_out, []

    def erased_meanwhile(part, kept, *, tick):
        if not first and len(kept) == 2:
            first.append(1)
            blob = Blob.objects.for_tenant(company).order_by("created_at").first()
            (settings.MEDIA_ROOT / blob.path).unlink()
            Document.plain.filter(versions__blob=blob).update(current_version=None, latest_version=None)
            Document.plain.filter(versions__blob=blob).delete()
            blob.delete()
        return real(part, kept, tick=tick)

    monkeypatch.setattr(create.files, "copy_out", erased_meanwhile)
    made = make_backup(tmp_path / "backup", write_line=silent)
    assert first
    assert told(made.folder)["tenants"][0]["rows"]["knowledge.Document"] == 1
    assert not any(SECRET.encode() in path.read_bytes() for path in made.folder.rglob("*") if path.is_file())


def test_it_says_so_first_when_the_disk_is_too_small(company, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024))
    with pytest.raises(DiskFull, match="free"):
        make_backup(tmp_path / "backup", write_line=silent)
    assert list(tmp_path.glob("backup*")) == []


def test_each_company_sees_on_its_trail_that_it_was_backed_up(company, tmp_path):
    made = make_backup(tmp_path / "backup", write_line=silent)
    event = AuditEvent.objects.get(tenant_id=company.pk, action="backup:made")
    assert event.data["backup"] == made.id


@pytest.mark.django_db(transaction=True)
def test_it_sees_one_moment_and_nobody_waits_for_it(acme):
    from tenants.members.teams import create_team
    from tests.conftest import _member

    adam = _member(acme, "Adam", "admin")
    done = threading.Event()

    def work():
        try:
            with in_tenant(acme), transaction.atomic():
                create_team("Made meanwhile", by=adam)
            done.set()
        finally:
            connection.close()

    def names() -> list:
        with in_tenant(acme):
            return list(tables.Team.objects.for_tenant(acme).values_list("name", flat=True))

    with snapshot():
        before = names()
        thread = threading.Thread(target=work)
        thread.start()
        assert done.wait(10), "somebody waited for a backup"
        assert names() == before
    thread.join()
    assert "Made meanwhile" in names()
    assert Tenant.objects.filter(pk=acme.pk).update(name="Acme") == 1, "and then this connection writes again"
