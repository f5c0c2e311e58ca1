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
from audit.crypto import Unsealer
from audit.models import AuditEvent
from tenants.models import Tenant
from tenants.scope import in_tenant
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
from tenants.scope import in_tenant
tenant = Tenant.objects.get(slug={slug!r})
with in_tenant(tenant):
    print(list(AuditEvent.objects.filter(tenant_id=tenant.pk).order_by("id").values_list("id", flat=True)))
"""

GRANT = """
from knowledge.grants import give
from knowledge.models import Collection
from tenants.models import Membership, Tenant
from tenants.scope import in_tenant
tenant = Tenant.objects.get(slug={slug!r})
with in_tenant(tenant):
    members = Membership.objects.for_tenant(tenant).select_related("user", "tenant")
    give(Collection.objects.for_tenant(tenant).get(), "read", members.get(user__email={reader!r}), by=members.get(role="owner"))
"""


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

    def script(self, text: str) -> str:
        return self.run("shell", "-v", "0", "-c", text)

    def trail(self, slug: str) -> list:
        return json.loads(self.script(TRAIL.format(slug=slug)).splitlines()[-1])

    def event_numbers(self, slug: str) -> list[int]:
        return json.loads(self.script(EVENT_NUMBERS.format(slug=slug)).splitlines()[-1])

    def ask(self, question: str, user: str, slug: str = "acme") -> dict:
        """What the reader gets: the words, and where each comes from."""
        out = self.run("ask", question, "--tenant", slug, "--user", user, "--json")
        told = json.loads(out[out.index("{") :])
        cited = [
            {name: each[name] for name in ("document_id", "title", "page", "quote", "start", "end")}
            for each in told["citations"]
        ]
        return {"answer": told["answer"], "refused": told["refused"], "citations": cited}

    def company(self, slug: str, documents: Path) -> None:
        """A company whose owner put documents on a shelf that Alice may read, and Bob may not."""
        self.run("create_tenant", slug, "--name", slug.title())
        for name, role in (("olga", "owner"), ("alice", "member"), ("bob", "member")):
            email = f"{name}@{slug}.example"
            self.run("add_member", "--tenant", slug, "--email", email, "--role", role, "--name", name.title())
        owner = f"olga@{slug}.example"
        self.run("ingest", str(documents), "--tenant", slug, "--collection", "Handbook", "--user", owner, "--wait")
        self.script(GRANT.format(slug=slug, reader=f"alice@{slug}.example"))
