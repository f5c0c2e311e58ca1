"""What is done for answers behind people's backs. Each run can be lost or doubled: the next one does it."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

EVENT_LIFETIME = timedelta(days=1)  # how long the events of a finished answer can be followed again
ROWS_PER_TRANSACTION = 2_000  # rows in one transaction, so that nobody waits long for it


@shared_task(ignore_result=True, acks_late=False)
def rescue() -> None:
    """Answers whose writer died say so, also when no reader comes back to notice."""
    from answers.live.recovery import rescue_all
    from tenants.isolation.scope import each_tenant

    for tenant in each_tenant():
        rescue_all(tenant)


@shared_task(ignore_result=True, acks_late=False)
def forget_events() -> None:
    """What was streamed of an answer stands in the answer by now."""
    from django.utils import timezone

    from answers.models import AnswerEvent, State
    from tenants.isolation.scope import each_tenant

    for tenant in each_tenant():
        finished = AnswerEvent.objects.for_tenant(tenant).exclude(answer__state=State.RUNNING)
        old = finished.filter(answer__finished_at__lt=timezone.now() - EVENT_LIFETIME)
        while some := list(old.values_list("pk", flat=True)[:ROWS_PER_TRANSACTION]):
            AnswerEvent.objects.for_tenant(tenant).filter(pk__in=some).delete()
