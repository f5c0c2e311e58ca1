from __future__ import annotations

from django.core.checks import Error, Tags, register
from django.db import connections

from audit.ledger import append_only_triggers


@register(Tags.database)
def the_trail_is_append_only(app_configs=None, databases=None, **_):
    problems = []
    for alias in databases or []:
        connection = connections[alias]
        tables = set(connection.introspection.table_names())
        if not tables.issuperset(append_only_triggers.TABLES):
            continue  # not migrated yet
        missing = append_only_triggers.expected(connection.vendor) - append_only_triggers.existing_triggers(connection)
        if missing:
            problems.append(
                Error(
                    f"The audit trail can be altered: {', '.join(sorted(missing))} missing.",
                    hint="Run `manage.py migrate`, which restores the triggers.",
                    id="audit.E001",
                )
            )
    return problems
