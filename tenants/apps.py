from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from audit.ledger.field_changes import watch
        from tenants.isolation import checks, tenant_constraints  # noqa: F401
        from tenants.models import Membership, Team, Tenant

        pre_migrate.connect(tenant_constraints.drop_triggers, dispatch_uid="tenants.walls.step_aside")
        post_migrate.connect(tenant_constraints.remake, dispatch_uid="tenants.walls")
        watch(Tenant, "slug", "name", "is_active", "is_sample")
        watch(Membership, "role", "is_active")
        watch(Team, "name", "description")
