"""Who belongs to the company, in which role, and who is invited."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tenants.errors import Invalid
from tenants.formatting import counted
from tenants.members import invitations
from tenants.members.handover import belongings_of
from tenants.members.members import change_role, end_membership
from tenants.members.rank import may_manage
from tenants.models import Invitation, Membership, TeamMember
from tenants.pages.forms import InviteForm, roles_for
from tenants.requests.absolute_urls import base_of
from tenants.requests.gates import member_view
from tenants.roles import ADMINS, PRIVILEGED, Role
from tenants.signin import passwords

PER_PAGE = 100


@require_http_methods(["GET", "POST"])
@member_view(roles=ADMINS)
def people(request: HttpRequest, member: Membership) -> HttpResponse:
    form, fresh = InviteForm(request.POST or None, by=member), None
    if request.method == "POST" and form.is_valid():
        # The link is shown in this very answer and nowhere else: a redirect would have to keep it somewhere.
        fresh = invitations.invite(**form.cleaned_data, by=member, base=base_of(request))
        fresh.link = "" if settings.EMAIL_HOST else invitations.show_link(fresh, by=member)
        form = InviteForm(by=member)
    status = 200 if request.method == "GET" or fresh else 400
    context = _page(request, member) | {"form": form, "fresh": fresh}
    return render(request, "tenants/people.html", context, status=status)


@require_POST
@member_view(roles=ADMINS)
def role(request: HttpRequest, member: Membership, member_id: UUID) -> HttpResponse:
    other = colleague(member, member_id)
    wished = request.POST.get("role", "")
    if wished not in dict(roles_for(member)) and wished != other.role:
        raise Invalid("You cannot give this role.", hint="Choose one from the list.")
    ended = change_role(other, wished, by=member)
    more = {"extra_tags": f"{counted(ended, 'API key')} of theirs revoked. They can create new ones."} if ended else {}
    messages.success(request, f"{other} is now {other.get_role_display().lower()}.", **more)
    return redirect(_here(member))


@require_http_methods(["GET", "POST"])
@member_view(roles=ADMINS)
def removal(request: HttpRequest, member: Membership, member_id: UUID) -> HttpResponse:
    """A page that asks, and says what goes to whom."""
    other = colleague(member, member_id)
    if request.method == "POST":
        heir_id = request.POST.get("heir")
        end_membership(other, by=member, heir=colleague(member, heir_id) if heir_id else None)
        messages.success(request, f"{other} no longer belongs to {member.tenant}.", extra_tags="This takes effect now.")
        return redirect(_here(member))
    heirs = _active(member).exclude(pk=other.pk)
    context = {"room": "people", "other": other, "heirs": heirs, "belongings": list(belongings_of(other))}
    return render(request, "tenants/removal.html", context)


@require_POST
@member_view(roles=ADMINS)
def password_link(request: HttpRequest, member: Membership, member_id: UUID) -> HttpResponse:
    written = passwords.make_link_for(colleague(member, member_id), by=member, base=base_of(request))
    messages.success(request, "A password link is in the outbox.")
    return redirect("tenants:outbox-mail", member.tenant.slug, written.pk)


@require_POST
@member_view(roles=ADMINS)
def withdrawal(request: HttpRequest, member: Membership, invitation_id: UUID) -> HttpResponse:
    invitation = _invitation(member, invitation_id)
    invitations.withdraw(invitation, by=member)
    messages.success(
        request, f"The invitation of {invitation.email} was withdrawn.", extra_tags="Its link no longer works."
    )
    return redirect(f"{_here(member)}#invitations")


@require_POST
@member_view(roles=ADMINS)
def sending(request: HttpRequest, member: Membership, invitation_id: UUID) -> HttpResponse:
    invitation = invitations.send_again(_invitation(member, invitation_id), by=member, base=base_of(request))
    messages.success(request, f"{invitation.email} has a new link.", extra_tags="The previous link no longer works.")
    if settings.EMAIL_HOST:
        return redirect(f"{_here(member)}#invitations")
    return redirect("tenants:outbox-mail", member.tenant.slug, invitation.mails.first().pk)


def colleague(member: Membership, member_id: UUID | str) -> Membership:
    """An active member of the same company, or Http404."""
    try:
        parsed_id = UUID(str(member_id))
    except ValueError:
        raise Invalid("This person is not in your company.") from None
    return get_object_or_404(_active(member), pk=parsed_id)


def _active(member: Membership):
    found = Membership.objects.for_tenant(member.tenant).filter(is_active=True)
    return found.select_related("user", "tenant").order_by("user__name", "user__email")


def _invitation(member: Membership, invitation_id: UUID) -> Invitation:
    found = Invitation.objects.for_tenant(member.tenant).select_related("tenant", "invited_by__user")
    return get_object_or_404(found, pk=invitation_id)


def _page(request: HttpRequest, member: Membership) -> dict:
    query = request.GET.get("q", "").strip()[:200]  # SQLite refuses long patterns
    members = _active(member)
    if query:
        members = members.filter(Q(user__name__icontains=query) | Q(user__email__icontains=query))
    teams = TeamMember.objects.for_tenant(member.tenant).filter(team__everyone=False).select_related("team")
    page = Paginator(
        members.prefetch_related(Prefetch("teams", queryset=teams.order_by("team__name"), to_attr="in_teams")), PER_PAGE
    ).get_page(request.GET.get("page"))
    for person in page:
        person.is_manageable = may_manage(member, person.role)
        person.may_get_link = person.is_manageable and (
            member.role == Role.OWNER or not person.was_privileged_since(timezone.now() - passwords.PRIVILEGE_LASTS)
        )
    waiting = list(invitations.open_invitations(member).select_related("invited_by__user").order_by("-created_at"))
    for invitation in waiting:
        invitation.is_manageable = may_manage(member, invitation.role)
    return {
        "room": "people",
        "page": page,
        "wanted": query,
        "roles": roles_for(member),
        "gives_privileged_roles": may_manage(member, *PRIVILEGED),
        "waiting": waiting,
    }


def _here(member: Membership) -> str:
    from django.urls import reverse

    return reverse("tenants:people", args=[member.tenant.slug])
