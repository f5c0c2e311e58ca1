"""The embedded settings with a throw-away data folder, quick password hashing, and a `flush` that the audit trail does not
refuse. Nothing else differs."""

import atexit
import os
import shutil
import tempfile

# Each test process has a folder of its own: two that shared a cache would clear each other's counters. What a test
# starts inherits its folder unless the test names another.
_process = os.environ.get("PYTEST_XDIST_WORKER", "main")
if os.environ.get("PORTAL_TEST_FOLDER_OF") != _process and (
    "PORTAL_DATA_DIR" not in os.environ or "PORTAL_TEST_FOLDER_OF" in os.environ
):
    os.environ["PORTAL_TEST_FOLDER_OF"] = _process
    os.environ["PORTAL_DATA_DIR"] = tempfile.mkdtemp(prefix="portal-test-")
    atexit.register(shutil.rmtree, os.environ["PORTAL_DATA_DIR"], ignore_errors=True)

from portal.settings.base import *  # noqa: E402, F403
from portal.settings.base import DATA_DIR, INSTALLED_APPS  # noqa: E402
from portal.settings.services import *  # noqa: E402, F403
from portal.settings.services import SQLITE, STORAGES  # noqa: E402

EVEN_STEP = 0
INSTALLED_APPS = [*INSTALLED_APPS, "tests.flushing"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES = {"default": SQLITE | {"TEST": {"NAME": DATA_DIR / "test.sqlite3"}}}  # a file: others take part
# The test client renders pages of processes that collected no static files.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
