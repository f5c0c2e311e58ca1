"""Who this process is to the database. A role that the walls do not hold back must not serve."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.signals import connection_created

HINT = "Let DATABASE_URL name the role that setup_database made for serving (portal_app)."
_checked_roles: set[str] = set()


def problem(connection) -> str:
    """Why this role may not serve, or nothing."""
    if connection.vendor != "postgresql" or not settings.DATABASE_ROLE_IS_CHECKED:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, EXISTS (SELECT 1 FROM pg_class "
            "  WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace"
            "  AND pg_has_role(current_user, relowner, 'MEMBER')) "
            "FROM pg_roles WHERE rolname = current_user"
        )
        superuser, bypasses, owns = cursor.fetchone()
    why = "is a superuser" if superuser else "may pass row-level security by" if bypasses else "owns tables"
    if not (superuser or bypasses or owns):
        return ""
    return f"The database role {connection.settings_dict['USER']!r} {why}, so nothing would separate the tenants."


def require_serving_role() -> None:
    """From now on, in this process, the first connection as each role is looked at. For processes that serve: their
    database may not be there yet when they start."""
    connection_created.connect(_check_role, dispatch_uid="tenants.rls.role")
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            _check_role(type(connection), connection)


def _check_role(sender, connection, **_) -> None:
    user = connection.settings_dict.get("USER", "")
    if user in _checked_roles:
        return
    role_problem = problem(connection)
    if role_problem:
        connection.close()
        raise ImproperlyConfigured(f"{role_problem} {HINT}")
    _checked_roles.add(user)
