"""The embedded settings with a throw-away data folder and quick password hashing. Nothing else differs."""

import os
import tempfile

if "PORTAL_DATA_DIR" not in os.environ:
    os.environ["PORTAL_DATA_DIR"] = tempfile.mkdtemp(prefix="portal-test-")

from portal.settings.base import *  # noqa: F403
from portal.settings.base import DATA_DIR
from portal.settings.services import *  # noqa: F403
from portal.settings.services import DATABASES

EVEN_STEP = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}  # a file: other processes and threads take part
