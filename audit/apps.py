from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        from audit import checks, field_changes, walls  # noqa: F401

        post_migrate.connect(walls.remake, dispatch_uid="audit.walls")
        field_changes.connect()
