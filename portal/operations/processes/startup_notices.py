"""What an operator should know when the portal starts. One line each."""

from __future__ import annotations

from django.db import DatabaseError

from tenants.members.ownerless_companies import ownerless_notices
from tenants.signin import first_run, setup_code


def notices_for_operators() -> list[str]:
    """Empty while the database is unavailable: a web process may start before it."""
    try:
        return _setup_notices() if first_run.is_empty() else ownerless_notices()
    except DatabaseError:
        return []


def _setup_notices() -> list[str]:
    return [
        "This portal is empty. Open its address to set up your company.",
        f"From another machine, or through a proxy, enter this setup code: {setup_code.make_code()}",
    ]
