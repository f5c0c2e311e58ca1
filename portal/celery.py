"""Celery, configured by Django's settings. The queue carries bells; rows carry the work."""

from __future__ import annotations

import os
from functools import partial

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import worker_init
from django.db import transaction

from portal.infrastructure import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")


class Task(DjangoTask):
    def delay_on_commit(self, *args, **kwargs) -> None:
        """The rows are saved when the queue is told. One that is away is logged, and is no error of the page."""
        transaction.on_commit(partial(self.delay, *args, **kwargs), robust=True)

    def apply_async_on_commit(self, *args, **kwargs) -> None:
        transaction.on_commit(partial(self.apply_async, *args, **kwargs), robust=True)


file_broker.use()
app = Celery("portal", task_cls=Task)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _require_serving_role(**_) -> None:
    from tenants.isolation.rls import serving_role

    serving_role.require_serving_role()
