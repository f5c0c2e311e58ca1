"""What the role that serves may do: rows, and no more. Given by `setup_database`, narrowed again after each migration."""

from __future__ import annotations

from tenants.isolation.rls import functions, tables


def narrow(connection) -> None:
    """After migrating, as the tables' owner: takes from every other role what its default privileges gave too much, and
    lets those that may read the jobs call the portal's functions."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table in sorted(tables.RIGHTS.keys() & there):
            for role in _others(cursor, table):
                cursor.execute(f'REVOKE {", ".join(refused(table))}, TRUNCATE ON "{table}" FROM "{role}"')
        if there.issuperset(functions.OWNER_READS):
            for role in _others(cursor, "knowledge_job"):
                for signature in functions.signatures():
                    cursor.execute(f'GRANT EXECUTE ON FUNCTION {signature} TO "{role}"')


def refused(table: str) -> list[str]:
    return sorted(tables.EVERY_RIGHT - tables.RIGHTS.get(table, tables.EVERY_RIGHT))


def problems(connection) -> list[str]:
    """What the role of this connection may do beyond `tables.RIGHTS`, in words."""
    pairs = [(table, right) for table in sorted(tables.RIGHTS) for right in refused(table)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.table_name, w.privilege FROM unnest(%s::text[], %s::text[]) AS w (table_name, privilege) "
            "WHERE to_regclass(w.table_name) IS NOT NULL AND has_table_privilege(w.table_name, w.privilege)",
            [[table for table, _ in pairs], [right for _, right in pairs]],
        )
        return [f"the role that serves may {right} in {table}" for table, right in cursor.fetchall()]


def _others(cursor, table: str) -> list[str]:
    """Who else has been given something on this table."""
    cursor.execute(
        "SELECT DISTINCT r.rolname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE c.relname = %s AND c.relnamespace = current_schema()::regnamespace AND a.grantee <> c.relowner",
        [table],
    )
    return [role for (role,) in cursor.fetchall()]
