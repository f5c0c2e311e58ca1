"""Real PostgreSQL, Redis, Weaviate and PgBouncer on loopback (`python -m portal.operations.services`); needs no Django.
Imported by Makefile, tests and drills; not by an installation that is given its services by address.
Start reading: stack.py, then base.py.
"""

from portal.operations.services.base import NotStarted, ProgramMissing, Server
from portal.operations.services.pgbouncer import PgBouncer
from portal.operations.services.postgres import Postgres
from portal.operations.services.redis import Redis
from portal.operations.services.weaviate import Weaviate, WeaviateCluster

__all__ = ["NotStarted", "PgBouncer", "Postgres", "ProgramMissing", "Redis", "Server", "Weaviate", "WeaviateCluster"]
