"""Whole installations in folders of their own, driven by their command line as an operator would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

TRAIL = """
import json
from audit.ledger.crypto import Unsealer
from audit.models import AuditEvent
from tenants.models import Tenant
from tenants.isolation.scope import in_tenant
opener = Unsealer()
tenant = Tenant.objects.get(slug={slug!r})
with in_tenant(tenant):
    told = [
        [e.action, e.outcome, e.occurred_at.isoformat(), e.target_name, e.data, opener.open(e.actor_id, e.actor_sealed),
         opener.open(e.actor_id, e.data_sealed), opener.open(e.subject_id, e.subject_sealed)]
        for e in AuditEvent.objects.filter(tenant_id=tenant.pk).order_by("id")
    ]
print(json.dumps(told))
"""

EVENT_NUMBERS = """
from audit.models import AuditEvent
from tenants.models import Tenant
from tenants.isolation.scope import in_tenant
tenant = Tenant.objects.get(slug={slug!r})
with in_tenant(tenant):
    print(list(AuditEvent.objects.filter(tenant_id=tenant.pk).order_by("id").values_list("id", flat=True)))
"""

GRANT = """
from knowledge.permissions.grants import give
from knowledge.models import Collection
from tenants.models import Membership, Tenant
from tenants.isolation.scope import in_tenant
tenant = Tenant.objects.get(slug={slug!r})
with in_tenant(tenant):
    members = Membership.objects.for_tenant(tenant).select_related("user", "tenant")
    give(Collection.objects.for_tenant(tenant).get(), "read", members.get(user__email={reader!r}), by=members.get(role="owner"))
"""

TOGETHER = """
import io
import json
from django.core.management import call_command
said = []
for words in {commands!r}:
    out = io.StringIO()
    call_command(*words, stdout=out)
    said.append(out.getvalue())
print(json.dumps(said))
"""


def _answer(told: dict) -> dict:
    cited = [
        {name: each[name] for name in ("document_id", "title", "page", "quote", "start", "end")}
        for each in told["citations"]
    ]
    return {"answer": told["answer"], "refused": told["refused"], "citations": cited}


@dataclass
class Installation:
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """What a command says. It fails the test unless it ends with this exit code."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("PORTAL_", "DJANGO_", "DATABASE_"))}
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=REPOSITORY, input=stdin, capture_output=True, text=True, timeout=300,
            env={**kept, "PORTAL_DATA_DIR": str(self.folder), "LOG_LEVEL": "ERROR", **self.environment}, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def make(self) -> None:
        """Empty, with keys of its own."""
        self.script("from portal.operations.processes.prepare import make_database; make_database()")

    def script(self, text: str) -> str:
        return self.run("shell", "-v", "0", "-c", text)

    def trail(self, slug: str) -> list:
        return json.loads(self.script(TRAIL.format(slug=slug)).splitlines()[-1])

    def event_numbers(self, slug: str) -> list[int]:
        return json.loads(self.script(EVENT_NUMBERS.format(slug=slug)).splitlines()[-1])

    def run_together(self, *commands: tuple[str, ...]) -> list[str]:
        """What each of these commands says. One process runs them all: to start one takes a second."""
        said = self.script(TOGETHER.format(commands=commands))
        return json.loads(next(line for line in said.splitlines() if line.startswith('["')))

    def ask(self, *questions: tuple[str, str], slug: str = "acme") -> list[dict]:
        """What the reader gets for each (question, reader): the words, and where each comes from."""
        told = self.run_together(
            *(("ask", question, "--tenant", slug, "--user", reader, "--json") for question, reader in questions)
        )
        return [_answer(json.loads(out[out.index("{") :])) for out in told]

    def company(self, slug: str, documents: Path) -> None:
        """A company whose owner put documents on a shelf that Alice may read, and Bob may not."""
        self.run("create_tenant", slug, "--name", slug.title())
        people = (("olga", "owner"), ("alice", "member"), ("bob", "member"))
        added = "add_member --tenant {slug} --email {name}@{slug}.example --role {role} --name {title}"
        self.run_together(
            *(
                tuple(added.format(slug=slug, name=name, role=role, title=name.title()).split())
                for name, role in people
            ),
            (
                "ingest",
                str(documents),
                *f"--tenant {slug} --collection Handbook --user olga@{slug}.example --wait".split(),
            ),
        )
        self.script(GRANT.format(slug=slug, reader=f"alice@{slug}.example"))
