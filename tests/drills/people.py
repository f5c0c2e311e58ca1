"""Two companies for a drill, made by the portal's own verbs: `python -m tests.drills.people SLUG …` prints them as JSON."""

from __future__ import annotations

import json
import secrets
import sys

CLIENTS = 4  # of each company


def make(slug: str) -> dict:
    from knowledge.library.collections import create_collection
    from knowledge.models.grant import Right
    from knowledge.permissions.grants import give
    from tenants.api_keys.api_keys import create_api_key
    from tenants.isolation.scope import in_tenant
    from tenants.members.members import add_member, create_tenant
    from tenants.models import Team

    tenant = create_tenant(slug, name=slug.title())
    with in_tenant(tenant):
        editor = add_member(tenant, email=f"editor@{slug}.example", role="editor", name="Erin", password=None)
        readers, passwords = [], []
        for number in range(CLIENTS):
            passwords.append(secrets.token_urlsafe(12))
            readers.append(
                add_member(
                    tenant, email=f"reader{number}@{slug}.example", role="member", name=f"Reader {number}",
                    password=passwords[-1],
                )
            )  # fmt: skip
        collection = create_collection(editor, "Everything")
        give(collection, Right.READ, Team.objects.for_tenant(tenant).get(everyone=True), by=editor)
        keys = [
            create_api_key(member, name="drill", scopes=scopes)[1]
            for member, scopes in [(editor, ["read", "write"]), *((reader, ["read", "ask"]) for reader in readers)]
        ]
        return {
            "id": str(tenant.pk),
            "slug": slug,
            "collection": str(collection.pk),
            "editor": keys[0],
            "readers": [
                {"email": reader.user.email, "password": password, "key": key}
                for reader, password, key in zip(readers, passwords, keys[1:], strict=True)
            ],
        }


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps([make(slug) for slug in sys.argv[1:]]))
