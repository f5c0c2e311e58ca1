"""The base of everything that belongs to one tenant, and the guard on its querysets."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Func
from django.db.models.lookups import Exact


class MissingTenantFilter(RuntimeError):
    """A tenant-owned queryset was evaluated without saying for which tenant."""


class _Unindexed(Func):
    """A column by which SQLite does not look for rows, but only judges those it has found by another one."""

    template = "%(expressions)s"

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


class TenantQuerySet(models.QuerySet):
    """Raises when evaluated, unless narrowed by `for_tenant()` (or a `visible_to()` built on it).

    Crossing tenants is an explicit, greppable call: `across_tenants(reason)`, for system jobs only. The guard does not
    see subqueries, unions or joins from other models; a test reads the code for these, and PostgreSQL's row-level
    security is the wall behind it. Django's own machinery (cascades, refresh, forward keys) uses the base manager.
    """

    _narrowed = False

    def for_tenant(self, tenant: Any) -> Self:
        narrowed = self.filter(tenant=tenant)
        narrowed._narrowed = True
        return narrowed

    def for_tenant_by_key(self, tenant: Any, **keys: Any) -> Self:
        """Rows of one tenant that are named by keys: `for_tenant_by_key(tenant, pk__in=ids)`. `for_tenant` is for all
        others.

        SQLite holds three keys for more work than everything that a tenant has, and walks through that; here it cannot.
        """
        narrowed = self.filter(Exact(_Unindexed("tenant_id"), getattr(tenant, "pk", tenant)), **keys)
        narrowed._narrowed = True
        return narrowed

    def across_tenants(self, reason: str) -> Self:
        if not reason:
            raise ValueError("Say why this job needs every tenant.")
        crossing = self._chain()
        crossing._narrowed = True
        return crossing

    def _clone(self) -> Self:
        clone = super()._clone()
        clone._narrowed = self._narrowed
        return clone

    def require_tenant_filter(self) -> None:
        if not self._narrowed:
            raise MissingTenantFilter(
                f"{self.model.__name__} was read without for_tenant(), visible_to() or across_tenants(reason)."
            )

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self.require_tenant_filter()
        super()._fetch_all()

    def iterator(self, *args, **kwargs):
        self.require_tenant_filter()
        return super().iterator(*args, **kwargs)

    def aiterator(self, *args, **kwargs):
        self.require_tenant_filter()
        return super().aiterator(*args, **kwargs)

    def count(self) -> int:
        self.require_tenant_filter()
        return super().count()

    def exists(self) -> bool:
        self.require_tenant_filter()
        return super().exists()

    def aggregate(self, *args, **kwargs):
        self.require_tenant_filter()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs) -> int:
        self.require_tenant_filter()
        return super().update(**kwargs)

    update.alters_data = True

    def delete(self):
        self.require_tenant_filter()
        return super().delete()

    delete.alters_data = True
    delete.queryset_only = True

    def _raw_delete(self, using):
        # Django's collector uses this on the base manager's plain queryset; on ours it would pass the guard by.
        self.require_tenant_filter()
        return super()._raw_delete(using)


TenantManager = models.Manager.from_queryset(TenantQuerySet, "TenantManager")


class TenantOwned(models.Model):
    """A row of one tenant. Foreign keys between such rows cannot cross tenants
    (tenants/isolation/tenant_constraints.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")

    objects = TenantManager()
    plain = models.Manager()  # noqa: DJ012 - Django's own machinery only

    class Meta:
        abstract = True
        base_manager_name = "plain"
