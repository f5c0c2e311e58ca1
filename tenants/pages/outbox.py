from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.models import Membership, OutboxMail
from tenants.requests.gates import member_view
from tenants.roles import ADMINS
from tenants.signin.link_handover import mails_of, send_again, show_link


@require_safe
@member_view(roles=ADMINS)
def outbox(request: HttpRequest, member: Membership) -> HttpResponse:
    return _page(request, member)


@never_cache
@require_http_methods(["GET", "POST"])
@member_view(roles=ADMINS)
def mail(request: HttpRequest, member: Membership, mail_id: UUID) -> HttpResponse:
    """One mail. Its link is shown on POST alone, and that is recorded."""
    written = get_object_or_404(mails_of(member), pk=mail_id)
    link = show_link(written, by=member) if request.method == "POST" else ""
    return _page(request, member, chosen=written, link=link)


@require_POST
@member_view(roles=ADMINS)
def sending(request: HttpRequest, member: Membership, mail_id: UUID) -> HttpResponse:
    send_again(get_object_or_404(mails_of(member), pk=mail_id), by=member)
    messages.success(request, "The e-mail is being sent again.")
    return redirect("tenants:outbox", member.tenant.slug)


def _page(
    request: HttpRequest, member: Membership, *, chosen: OutboxMail | None = None, link: str = ""
) -> HttpResponse:
    context = {
        "room": "people",
        "mails": mails_of(member)[:200],
        "chosen": chosen,
        "link": link,
        "sends": bool(settings.EMAIL_HOST),
        "now": timezone.now(),
    }
    return render(request, "tenants/outbox.html", context)
