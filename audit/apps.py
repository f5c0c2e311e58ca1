from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        from audit.ledger import append_only_triggers, checks, field_changes  # noqa: F401

        post_migrate.connect(append_only_triggers.remake, dispatch_uid="audit.walls")
        field_changes.connect()
