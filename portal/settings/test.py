"""The embedded settings with a throw-away data folder and quick password hashing. Nothing else differs."""

import atexit
import os
import shutil
import tempfile

# Each test process has a folder of its own: two that shared a cache would clear each other's counters. Servers that a
# test starts inherit its folder unless the test names another.
if os.environ.get("PORTAL_TEST_PROCESS") != str(os.getpid()) and (
    "PORTAL_DATA_DIR" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ
):
    os.environ["PORTAL_TEST_PROCESS"] = str(os.getpid())
    os.environ["PORTAL_DATA_DIR"] = tempfile.mkdtemp(prefix="portal-test-")
    atexit.register(shutil.rmtree, os.environ["PORTAL_DATA_DIR"], ignore_errors=True)

from portal.settings.base import *  # noqa: F403
from portal.settings.base import DATA_DIR
from portal.settings.services import *  # noqa: F403
from portal.settings.services import DATABASES

EVEN_STEP = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}  # a file: other processes and threads take part
