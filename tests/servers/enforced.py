"""On PostgreSQL the test client's requests run as the application's role, so that row-level security holds them.

The rest of a test, its set-up above all, runs as the administrator, whom nothing holds.
"""

from __future__ import annotations

from contextlib import contextmanager

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils.decorators import sync_only_middleware

from tenants.isolation.rls import privileges

ROLE = "portal_app"


def prepare() -> None:
    """The role may do in the test's database what it may do in a real one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {ROLE} LOGIN NOBYPASSRLS")
        for what in (
            "USAGE ON SCHEMA public",
            "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public",
            "USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public",
            "EXECUTE ON ALL FUNCTIONS IN SCHEMA public",
        ):
            cursor.execute(f"GRANT {what} TO {ROLE}")
    privileges.narrow(connection)


def end_other_sessions() -> None:
    """Of threads that tests left behind: a database that somebody uses cannot be dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def held_by_the_walls():
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE}")
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")
        except (
            TransactionManagementError
        ):  # a rollback to before this request is on its way, and takes the role with it
            pass


@sync_only_middleware
def as_the_application(get_response):
    def answer(request):
        with held_by_the_walls():
            return get_response(request)

    return answer
