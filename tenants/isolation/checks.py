from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connections

from tenants.isolation.rls import functions, policies, privileges, serving_role


@register(Tags.database)
def tenants_are_isolated(app_configs=None, databases=None, **_):
    """On PostgreSQL. On SQLite the guard on querysets and the triggers of tenants/isolation/tenant_constraints.py stand
    alone."""
    problems = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        if why := serving_role.problem(connection):
            problems.append(Error(why, hint=serving_role.HINT, id="tenants.E001"))
        if "knowledge_job" not in connection.introspection.table_names():
            continue  # not migrated yet
        too_much = [] if why else privileges.problems(connection)  # a role that may do everything was named above
        if open_ := policies.problems(connection) + functions.problems(connection) + too_much:
            problems.append(
                Error(
                    f"Tenants are not kept apart in the database: {'; '.join(open_)}.",
                    hint="Run `manage.py migrate`, which restores the row-level security policies.",
                    id="tenants.E002",
                )
            )
    return problems


@register(Tags.security)
def sessions_are_rows(app_configs=None, **_):
    """Open responses are ended when the row of their session is gone (tenants/requests/credentials.py)."""
    if hasattr(import_module(settings.SESSION_ENGINE).SessionStore, "get_model_class"):
        return []
    hint = "Use django.contrib.sessions.backends.db or cached_db."
    return [
        Error("Signing out would not end what a session has open: sessions are no rows.", hint=hint, id="tenants.E003")
    ]
