from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from tenants import walls

        post_migrate.connect(walls.remake, dispatch_uid="tenants.walls")
