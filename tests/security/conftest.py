"""The database as it is installed, for tests that speak to it as the role that serves."""

from tests.servers.portal_database import as_app, portal_database

__all__ = ["as_app", "portal_database"]
