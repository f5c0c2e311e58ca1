"""The test settings on PostgreSQL, for what SQLite does not show: its SQL, and row-level security in every request.

Tests make their rows as DATABASE_ADMIN_URL's role, which no wall holds back; while a request is answered, the test
client's connection is the application's (tests/servers/enforced.py).
"""

import os

from django.core.exceptions import ImproperlyConfigured

from portal import env
from portal.settings.test import *  # noqa: F403
from portal.settings.test import MIDDLEWARE

_admin = env.database("DATABASE_ADMIN_URL")
if _admin is None:
    raise ImproperlyConfigured("Tests on PostgreSQL need DATABASE_ADMIN_URL: the address of a server's administrator.")
_name = f"portal_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
# A database that is migrated already; without one the tests migrate theirs from nothing.
_template = os.environ.get("TEST_DATABASE_TEMPLATE")
DATABASES = {"default": _admin | {"TEST": {"NAME": _name, "TEMPLATE": _template}}}
DATABASE_ROLE_IS_CHECKED = False
MIDDLEWARE = ["tests.servers.enforced.as_the_application", *MIDDLEWARE]
