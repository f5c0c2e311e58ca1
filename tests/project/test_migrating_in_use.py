"""An update migrates a database that has rows and triggers in it."""

import os
import subprocess
import sys

from django.conf import settings
from django.db.migrations.loader import MigrationLoader


def _names(app: str) -> list[str]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return sorted(name for label, name in loader.graph.nodes if label == app)  # without those that one stands for


def test_the_last_migrations_go_back_and_forth_over_rows(tmp_path):
    environment = os.environ | {
        "PORTAL_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings.embedded",
    }

    def manage(*arguments: str, **options) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False, **options,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    manage("migrate", "-v0")
    manage("create_tenant", "acme", "--name", "Acme")
    owner = ("--email", "o@acme.example", "--role", "owner")
    manage("add_member", "--tenant", "acme", *owner, input="a-long-password-1\n")
    (tmp_path / "a.md").write_text("# A\n\nSome words.")
    manage("ingest", str(tmp_path / "a.md"), "--tenant", "acme", "--collection", "Handbook")
    for app in ("answers", "knowledge", "audit", "tenants"):
        if len(_names(app)) > 1:
            manage("migrate", "-v0", app, _names(app)[-2])
    manage("migrate", "-v0")
    assert "ok" in manage(
        "shell", "-v0", "-c",
        "from django.db import connection as c; k = c.cursor(); "
        "k.execute(\"SELECT name FROM sqlite_master WHERE type = 'trigger'\"); names = {n for n, in k.fetchall()}; "
        "from tenants.walls import crossings; from audit.walls import expected; "
        "print('ok' if expected('sqlite') <= names and all(f'{x[0]}_insert' in names for x in crossings()) else names)",
    )  # fmt: skip
