"""An update migrates a database that has rows and triggers in it."""

import sqlite3

import pytest
from django.db.migrations.loader import MigrationLoader

from audit.ledger import append_only_triggers as trail
from tenants.isolation import tenant_constraints as tenants
from tests.portal.installations import Installation

pytestmark = pytest.mark.slow


def _names(app: str) -> list[str]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return sorted(name for label, name in loader.graph.nodes if label == app)  # without those that one stands for


def test_the_last_migrations_go_back_and_forth_over_rows(tmp_path):
    installation = Installation(tmp_path / "data")
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.md").write_text("# A\n\nSome words.")
    installation.company("acme", documents)
    backwards = [
        ("migrate", "-v0", app, _names(app)[-2])
        for app in ("answers", "knowledge", "audit", "tenants")
        if len(_names(app)) > 1
    ]
    installation.run_together(*backwards, ("migrate", "-v0"))
    with sqlite3.connect(installation.folder / "portal.sqlite3") as database:
        triggers = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        assert database.execute("SELECT count(*) FROM knowledge_passage").fetchone() > (0,)
    assert trail.expected("sqlite") <= triggers
    assert {f"{crossing[0]}_insert" for crossing in tenants.crossings()} <= triggers
