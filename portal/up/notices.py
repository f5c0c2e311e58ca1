"""What an operator should know when the portal starts. One line each."""

from __future__ import annotations

from django.db import DatabaseError

from tenants.owners import ownerless_notices


def notices_for_operators() -> list[str]:
    """Empty while the database is unavailable: a web process may start before it."""
    try:
        return ownerless_notices()
    except DatabaseError:
        return []
