#!/usr/bin/env python
"""The portal's command line. `manage.py help` lists what it can do."""

import os
import sys

# These may be the first thing that anybody does here, so they make the database when there is none.
MAY_COME_FIRST = {
    "create_tenant",
    "add_member",
    "create_api_key",
    "ingest",
    "search",
    "ask",
    "evaluate",
    "set_password",
    "restore",
}


def make_database_at_first() -> None:
    import django

    django.setup()
    from portal.operations.processes.prepare import make_database

    make_database()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")
    from django.core.management import execute_from_command_line

    if MAY_COME_FIRST & set(sys.argv[1:2]):
        make_database_at_first()
    execute_from_command_line(sys.argv)
