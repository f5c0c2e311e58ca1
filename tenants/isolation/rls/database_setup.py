"""Database and roles, made with an administrator's credentials. May be run again at any time; needs no Django settings.

Three roles: the owner migrates and never serves; the backup role may read past row-level security; the application's
role serves, owns nothing, and may select, insert, update and delete.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

OWNER, BACKUP, APP = "portal_owner", "portal_backup", "portal_app"
DATABASE = "portal"
TIMEOUTS = {
    "owner": {"lock_timeout": "5s"},  # a migration that waits for a lock makes everybody behind it wait
    "app": {"idle_in_transaction_session_timeout": "10min"},
}


class NotPossible(RuntimeError):
    """One sentence for the operator."""


@dataclass(frozen=True, slots=True)
class DatabaseRole:
    kind: str  # owner, backup, app
    name: str
    password: str
    made_up: bool  # nobody gave a password: it must be told


def roles_from(app_url: str, owner_url: str, backup_url: str) -> list[DatabaseRole]:
    given = {"owner": (owner_url, OWNER), "backup": (backup_url, BACKUP), "app": (app_url, APP)}
    roles = []
    for kind, (url, name) in given.items():
        parts = urlsplit(url)
        password = unquote(parts.password or "")
        roles.append(
            DatabaseRole(
                kind, unquote(parts.username or "") or name, password or secrets.token_urlsafe(24), not password
            )
        )
    if len({role.name for role in roles}) < len(roles):
        raise NotPossible("Owner, backup and application must be three different roles.")
    return roles


def url_for(role: DatabaseRole, admin_url: str, database: str) -> str:
    """The address that role uses, on the administrator's server."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(
        parts._replace(
            netloc=f"{quote(role.name, safe='')}:{quote(role.password, safe='')}@{host}", path=f"/{database}"
        )
    )


def set_up(admin_url: str, database: str, roles: list[DatabaseRole]) -> Iterator[str]:
    """Yields what it did, one line at a time."""
    import psycopg

    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as server:
            yield from _roles(server, roles)
            yield from _database(server, database, roles)
        inside = urlunsplit(urlsplit(admin_url)._replace(path=f"/{database}"))
        with psycopg.connect(inside, connect_timeout=10) as server:
            yield from _privileges(server, database, roles)
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotPossible(f"The administrator's role may not do that: {error.diag.message_primary}.") from error
    except psycopg.OperationalError as error:
        raise NotPossible(f"The database server does not let the administrator in: {str(error).strip()}") from error


def _roles(server, roles: list[DatabaseRole]) -> Iterator[str]:
    from psycopg import sql

    for role in roles:
        # Owner and application are held by the walls; said again, in case somebody changed it.
        bypass = "BYPASSRLS" if role.kind == "backup" else "NOBYPASSRLS"
        there = server.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s", [role.name]
        ).fetchone()
        if there and there[0]:
            raise NotPossible(f"The role {role.name} is a superuser, which no row-level security holds back.")
        attributes = [] if there and there[1:] == (role.kind == "backup", False, False) else [bypass]
        if there and attributes:
            attributes += ["NOCREATEDB", "NOCREATEROLE"]
        server.execute(
            sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                sql.SQL("ALTER" if there else "CREATE"),
                sql.Identifier(role.name),
                sql.SQL(" ".join(attributes)),
                sql.Literal(role.password),
            )
        )
        for name, value in TIMEOUTS.get(role.kind, {}).items():
            server.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role.name), sql.Identifier(name), sql.Literal(value)
                )
            )
        yield f"{'Kept' if there else 'Created'} the role {role.name} ({_words(role.kind)})"


def _words(kind: str) -> str:
    return {
        "owner": "owns the tables, migrates, never serves",
        "backup": "reads every row, for backups",
        "app": "serves; row-level security holds it",
    }[kind]


def _database(server, database: str, roles: list[DatabaseRole]) -> Iterator[str]:
    from psycopg import sql

    owner = next(role for role in roles if role.kind == "owner")
    row = server.execute(
        "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    if row is None:
        _become_member(server, owner.name)
        server.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                sql.Identifier(database), sql.Identifier(owner.name)
            )
        )
        yield f"Created the database {database}"
        return
    if row[1] != "UTF8":
        raise NotPossible(f"The database {database} is encoded as {row[1]}; the portal needs UTF8.")
    if row[0] != owner.name:
        _become_member(server, owner.name)
        server.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), sql.Identifier(owner.name))
        )
    yield f"Kept the database {database}"


def _become_member(server, owner: str) -> None:
    """An administrator who is no superuser may act for the owner only as its member."""
    from psycopg import sql

    is_super = server.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()[0]
    if not is_super:
        server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))


def _privileges(server, database: str, roles: list[DatabaseRole]) -> Iterator[str]:
    from psycopg import sql

    name = {role.kind: sql.Identifier(role.name) for role in roles}
    parts = {"db": sql.Identifier(database), **name}
    _become_member(server, next(role.name for role in roles if role.kind == "owner"))
    for statement in _STATEMENTS:
        server.execute(sql.SQL(statement).format(**parts))
    have = {
        row[0] for row in server.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    }
    from tenants.isolation.rls import privileges, tables

    for table in sorted(tables.RIGHTS.keys() & have):
        taken = sql.SQL(", ").join(map(sql.SQL, privileges.refused(table)))
        server.execute(sql.SQL("REVOKE {} ON {} FROM {}").format(taken, sql.Identifier(table), name["app"]))
    yield "Gave the application's role rows to read and write, and nothing else"


_STATEMENTS = (
    "REVOKE ALL ON DATABASE {db} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {db} TO {app}, {backup}",
    "GRANT CONNECT, TEMPORARY ON DATABASE {db} TO {owner}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
    "GRANT USAGE ON SCHEMA public TO {app}, {backup}",
    # What is there already …
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {backup}",
    "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {backup}",
    # … and what migrations will make
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {backup}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON SEQUENCES TO {backup}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
)
