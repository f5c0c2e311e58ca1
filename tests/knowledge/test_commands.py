"""`manage.py ingest` and `manage.py search`."""

import json

import pytest
from django.core.management import CommandError, call_command

from knowledge.models import Collection, Document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "travel").mkdir()
    (tmp_path / "pay").mkdir()
    (tmp_path / "travel" / "index.md").write_text("# Travel\n\nThe meal allowance is 42 euros.")
    (tmp_path / "pay" / "index.md").write_text("# Pay day\n\nSalaries are paid on the 25th.")
    (tmp_path / "people.csv").write_text("name,floor\nInes,3\n")
    (tmp_path / ".hidden").write_text("not for uploading")
    return tmp_path


def test_a_folder_is_uploaded_read_and_found(folder, olga, acme, capsys):
    call_command("ingest", str(folder), "--tenant", "acme", "--collection", "Handbook", "--wait")
    out = capsys.readouterr()
    assert "3 of 3 documents are ready" in out.out
    assert "3 of 3" in out.err
    names = set(Document.objects.for_tenant(acme).values_list("filename", flat=True))
    assert names == {"travel - index.md", "pay - index.md", "people.csv"}
    assert Collection.objects.for_tenant(acme).get().owner == olga
    call_command("search", "meal allowance", "--tenant", "acme", "--user", olga.user.email, "--k", "1", "--json")
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["title"] == "Travel"
    assert [result["text"][start:end] for start, end in result["highlights"]] == ["meal allowance"]
    call_command("ingest", str(folder), "--tenant", "acme", "--collection", "handbook", "--wait")
    assert Document.objects.for_tenant(acme).count() == 3


def test_without_waiting_it_says_how_many_files_wait(folder, olga, capsys):
    call_command("ingest", str(folder / "people.csv"), "--tenant", "acme", "--collection", "Handbook")
    assert "1 file uploaded into Handbook, to be read in the background." in capsys.readouterr().out


def test_a_file_that_fails_is_named_and_the_exit_status_says_so(folder, olga, capsys):
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 no")
    (folder / "empty.txt").write_bytes(b"")
    with pytest.raises(SystemExit) as ended:
        call_command("ingest", str(folder), "--tenant", "acme", "--collection", "Handbook", "--wait")
    assert ended.value.code == 1
    out = capsys.readouterr()
    assert "3 of 4 documents are ready" in out.out
    assert "broken.docx: " in out.err
    assert "empty.txt: The file is empty" in out.err


def test_mistakes_are_told_in_a_sentence(folder, olga, alice):
    for arguments, words in [
        (("ingest", str(folder), "--tenant", "nobody", "--collection", "X"), "There is no company 'nobody'"),
        (("ingest", "/no/such/file", "--tenant", "acme", "--collection", "X"), "does not exist"),
        (("ingest", str(folder), "--tenant", "acme", "--collection", "X", "--user", "x@y.z"), "does not belong"),
        (("search", "x", "--tenant", "acme", "--user", "x@y.z"), "does not belong"),
        (
            ("ingest", str(folder), "--tenant", "acme", "--collection", "X", "--user", alice.user.email),
            "Your role cannot create collections",
        ),
    ]:
        with pytest.raises(CommandError, match=words):
            call_command(*arguments)


def test_search_sees_with_the_persons_eyes(folder, olga, alice, capsys):
    call_command("ingest", str(folder), "--tenant", "acme", "--collection", "Handbook", "--wait")
    capsys.readouterr()
    call_command("search", "meal allowance", "--tenant", "acme", "--user", alice.user.email)
    assert capsys.readouterr().out.strip() == "Nothing was found in the documents that this member can read."
