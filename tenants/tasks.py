"""Bells of this app. The outbox row is the message; a lost bell is rung again from the outbox page."""

from __future__ import annotations

from smtplib import SMTPException, SMTPRecipientsRefused
from uuid import UUID

from celery import shared_task

MAX_DELIVERY_ATTEMPTS = 6  # with doubling pauses from 30 s: for a quarter of an hour


@shared_task(bind=True, max_retries=MAX_DELIVERY_ATTEMPTS - 1)
def deliver(self, mail_id: str, tenant_id: str = "") -> None:
    """Send one mail of the outbox. What the server said stands on its row until it is sent."""
    from django.core.mail import EmailMessage
    from django.utils import timezone

    from audit.ledger.rls_context import TENANT, rls_setting
    from tenants.mail.mail import link_of
    from tenants.models import OutboxMail

    outbox = UUID(tenant_id) if tenant_id else None  # of a company, or the installation's
    with rls_setting(TENANT, outbox):
        mail = OutboxMail.objects.filter(pk=mail_id, sent_at=None).first()
    link = link_of(mail) if mail else ""
    if not link:
        return  # sent, used or withdrawn since
    try:
        EmailMessage(mail.subject, mail.body.replace("{link}", link), to=[mail.to]).send()
    except (SMTPException, OSError) as error:
        with rls_setting(TENANT, outbox):
            OutboxMail.objects.filter(pk=mail.pk).update(error=_words(error))
        if isinstance(error, SMTPRecipientsRefused):
            return  # the address is wrong; asking again does not mend it
        raise self.retry(exc=error, countdown=30 * 2**self.request.retries) from error
    with rls_setting(TENANT, outbox):
        OutboxMail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), error="", link_sealed="")


def _words(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        return "The mail server refused this address."
    if isinstance(error, SMTPException):
        return f"The mail server said: {error}"[:300]
    return f"The mail server could not be reached: {error}"[:300]


@shared_task
def record_refusals(tenant_id: str, member_id: str, code: str, key: str) -> None:
    """One event for the refusals of a member that came after the first one within a minute. A lost message loses their
    number, not the first."""
    from audit.ledger.actions import Action, Outcome
    from audit.ledger.record import record
    from tenants.isolation.scope import in_tenant
    from tenants.models import Membership, Tenant
    from tenants.requests.refusal_log import take_repeats

    repeats = take_repeats(key)
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if not repeats or tenant is None:
        return
    with in_tenant(tenant):
        member = Membership.objects.for_tenant(tenant).select_related("user").filter(pk=member_id).first()
        if member is not None:
            record(Action.REQUEST_REFUSED, member, outcome=Outcome.REFUSED, code=code, count=repeats)


@shared_task(ignore_result=True, acks_late=False)
def forget_sessions() -> None:
    """Deletes the rows of sessions that have expired. Signing out deletes a session's row; most people close the window."""
    from importlib import import_module

    from django.conf import settings

    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
