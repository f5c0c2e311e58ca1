"""Migrations of a portal that people are using: two versions run at once while it is updated, and nobody waits for a lock.

Reads every migration after the first release. One that has to do it otherwise says why, on the operation's line or the
one above: `# in use: <reason>`.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

APPS = ("answers", "audit", "knowledge", "tenants")
# What the first release came with: made in an empty database.
FIRST_RELEASE = {
    "answers": "0001_squashed_0004_shared_answers",
    "audit": "0001_squashed_0004_outcome_index",
    "knowledge": "0001_squashed_0008_partial_uploads",
    "tenants": "0001_squashed_0002_outbox_links",
}
WHY = {
    "AddIndex": "locks the table while it is built: AddIndexConcurrently, in a migration that is not atomic",
    "RemoveIndex": "locks the table: RemoveIndexConcurrently",
    "AddConstraint": "reads the whole table under a lock: AddConstraintNotValid, then ValidateConstraint",
    "RenameField": "the version that still runs asks for the old name: add a field, write both, remove later",
    "RenameModel": "the version that still runs asks for the old table",
    "AlterModelTable": "the version that still runs asks for the old table",
    "RemoveField": "the version that still runs asks for the column: take it out of the code first, a release earlier",
    "DeleteModel": "the version that still runs asks for the table: take it out of the code first, a release earlier",
    "AddField": "the version that still runs leaves the column out: null=True or db_default",
    "AlterField": "may rewrite the table or refuse what the version that still runs writes",
    "RunPython": "goes tenant by tenant and in pieces, since row-level security holds the migrating role as well",
    "RunSQL": "has to be judged by somebody",
}


def later_migrations() -> list[Path]:
    return [
        path
        for app in APPS
        for path in sorted((REPOSITORY / app / "migrations").glob("[0-9]*.py"))
        if path.stem > FIRST_RELEASE[app]
    ]


def unsafe(source: str) -> list[str]:
    """What a migration does that people would notice, and for which it gives no reason."""
    tree, lines, found = ast.parse(source), source.splitlines(), []
    made_here = {
        word.value.value.lower()
        for call in _calls(tree, "CreateModel")
        for word in call.keywords
        if word.arg == "name" and isinstance(word.value, ast.Constant)
    }
    for name in WHY:
        for call in _calls(tree, name):
            words = {word.arg: word.value for word in call.keywords}
            model = words.get("model_name")
            if isinstance(model, ast.Constant) and str(model.value).lower() in made_here:
                continue  # in a table that this very migration makes
            if name == "AddField" and _may_be_left_out(words.get("field")):
                continue
            around = lines[max(0, call.lineno - 2) : call.lineno]
            if not any("# in use:" in line for line in around):
                found.append(f"line {call.lineno}: {name} {WHY[name]}")
    return found


def _calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    ]


def _may_be_left_out(field: ast.AST | None) -> bool:
    words = {word.arg: word.value for word in field.keywords} if isinstance(field, ast.Call) else {}
    null = words.get("null")
    return "db_default" in words or (isinstance(null, ast.Constant) and null.value is True)


@pytest.mark.parametrize("path", later_migrations(), ids=lambda path: f"{path.parent.parent.name}.{path.stem}")
def test_a_migration_can_run_while_people_work(path):
    assert unsafe(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("app", APPS)
def test_the_first_release_is_one_that_exists(app):
    assert (REPOSITORY / app / "migrations" / f"{FIRST_RELEASE[app]}.py").exists()


@pytest.mark.parametrize(
    "operation",
    [
        "migrations.AddIndex(model_name='job', index=models.Index(fields=['x'], name='x'))",
        "migrations.AddField(model_name='job', name='x', field=models.IntegerField(default=0))",
        "migrations.AddField(model_name='job', name='x', field=models.IntegerField(null=False))",
        "migrations.RenameField(model_name='job', old_name='x', new_name='y')",
        "migrations.RemoveField(model_name='job', name='x')",
        "migrations.RunPython(fill)",
    ],
)
def test_what_people_would_notice_is_found(operation):
    assert len(unsafe(f"operations = [\n    {operation},\n]\n")) == 1
    assert unsafe(f"operations = [\n    # in use: the table has ten rows\n    {operation},\n]\n") == []


@pytest.mark.parametrize(
    "operation",
    [
        "migrations.AddField(model_name='job', name='x', field=models.IntegerField(db_default=0))",
        "migrations.AddField(model_name='job', name='x', field=models.IntegerField(null=True))",
        "AddIndexConcurrently(model_name='job', index=models.Index(fields=['x'], name='x'))",
        "migrations.CreateModel(name='Turn', fields=[])",
        "migrations.CreateModel(name='Turn', fields=[]), migrations.AddIndex(model_name='turn', index=None)",
    ],
)
def test_what_nobody_notices_is_not(operation):
    assert unsafe(f"operations = [\n    {operation},\n]\n") == []
