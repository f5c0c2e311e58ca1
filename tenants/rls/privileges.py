"""What the role that serves may do: rows, and no more. Given by `setup_database`, narrowed again after each migration."""

from __future__ import annotations

from tenants.rls import functions, tables


def narrow(connection) -> None:
    """After migrating, as the tables' owner: takes from every other role what its default privileges gave too much, and
    lets those that may read the jobs call the portal's functions."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table in sorted((tables.APPEND_ONLY | tables.READ_ONLY) & there):
            refused = "UPDATE, DELETE" if table in tables.APPEND_ONLY else "INSERT, UPDATE, DELETE"
            for role in _others(cursor, table):
                cursor.execute(f'REVOKE {refused}, TRUNCATE ON "{table}" FROM "{role}"')
        if there.issuperset(functions.OWNER_READS):
            for role in _others(cursor, "knowledge_job"):
                for signature in functions.signatures():
                    cursor.execute(f'GRANT EXECUTE ON FUNCTION {signature} TO "{role}"')


def _others(cursor, table: str) -> list[str]:
    """Who else has been given something on this table."""
    cursor.execute(
        "SELECT DISTINCT r.rolname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE c.relname = %s AND c.relnamespace = current_schema()::regnamespace AND a.grantee <> c.relowner",
        [table],
    )
    return [role for (role,) in cursor.fetchall()]
