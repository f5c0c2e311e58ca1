"""One machine, nothing to install: SQLite, files, LanceDB, Celery on the filesystem."""

from portal.settings.base import *  # noqa: F403
from portal.settings.services import *  # noqa: F403
