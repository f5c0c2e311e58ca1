from __future__ import annotations

from django.core.checks import Error, Tags, register
from django.db import connections

from tenants.rls import functions, policies, role


@register(Tags.database)
def tenants_are_kept_apart(app_configs=None, databases=None, **_):
    """On PostgreSQL. On SQLite the guard on querysets and the triggers of tenants/walls.py stand alone."""
    found = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        if why := role.problem(connection):
            found.append(Error(why, hint=role.HINT, id="tenants.E001"))
        if "knowledge_job" not in connection.introspection.table_names():
            continue  # not migrated yet
        if open_ := policies.problems(connection) + functions.problems(connection):
            found.append(
                Error(
                    f"Tenants are not kept apart in the database: {'; '.join(open_)}.",
                    hint="Run `manage.py migrate`, which makes the walls again.",
                    id="tenants.E002",
                )
            )
    return found
