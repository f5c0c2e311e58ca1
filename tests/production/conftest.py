"""The fixtures of tests/servers/portal_database.py, for the tests of this folder."""

from tests.servers.portal_database import as_app, behind_a_proxy, own_portal_database, portal_database

__all__ = ["as_app", "behind_a_proxy", "own_portal_database", "portal_database"]
