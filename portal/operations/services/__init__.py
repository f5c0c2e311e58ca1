"""Real PostgreSQL, Redis, Weaviate and PgBouncer on loopback, for development, tests and drills.

`python -m portal.services up | down | status`. Nothing here needs Django, or runs in an installation that is given its
services by address.
"""

from portal.services.base import Missing, NotStarted, Server
from portal.services.pgbouncer import PgBouncer
from portal.services.postgres import Postgres
from portal.services.redis import Redis
from portal.services.weaviate import Weaviate, WeaviateCluster

__all__ = ["Missing", "NotStarted", "PgBouncer", "Postgres", "Redis", "Server", "Weaviate", "WeaviateCluster"]
