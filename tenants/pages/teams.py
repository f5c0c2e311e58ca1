"""Teams: who is given rights together."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tenants.members.teams import add_to_team, change_team, create_team, remove_from_team, remove_team
from tenants.models import Membership, Team, TeamMember
from tenants.pages.forms import TeamForm
from tenants.pages.people import colleague
from tenants.requests.gates import member_view
from tenants.roles import ADMINS


@require_http_methods(["GET", "POST"])
@member_view(roles=ADMINS)
def teams(request: HttpRequest, member: Membership) -> HttpResponse:
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        team = create_team(form.cleaned_data["name"], description=form.cleaned_data["description"], by=member)
        messages.success(request, f"{team} created.", extra_tags="Add the people who belong to it.")
        return redirect("tenants:team", member.tenant.slug, team.pk)
    active = Q(members__member__is_active=True)
    rows = Team.objects.for_tenant(member.tenant).annotate(size=Count("members", filter=active))
    context = {"room": "people", "teams": rows.order_by("-everyone", "name"), "form": form}
    return render(request, "tenants/teams.html", context, status=200 if request.method == "GET" else 400)


@require_http_methods(["GET", "POST"])
@member_view(roles=ADMINS)
def team(request: HttpRequest, member: Membership, team_id: UUID) -> HttpResponse:
    team = _team(member, team_id)
    form = TeamForm(request.POST or None, initial={"name": team.name, "description": team.description})
    if request.method == "POST" and form.is_valid():
        change_team(team, **form.cleaned_data, by=member)
        messages.success(request, "Saved.")
        return redirect("tenants:team", member.tenant.slug, team.pk)
    inside = TeamMember.objects.for_tenant(member.tenant).filter(team=team, member__is_active=True)
    inside = list(inside.select_related("member__user").order_by("member__user__name", "member__user__email"))
    others = Membership.objects.for_tenant(member.tenant).filter(is_active=True).select_related("user")
    context = {
        "room": "people",
        "team": team,
        "inside": inside,
        "others": others.exclude(pk__in=[row.member_id for row in inside]).order_by("user__name", "user__email"),
        "form": form,
    }
    return render(request, "tenants/team.html", context, status=200 if request.method == "GET" else 400)


@require_POST
@member_view(roles=ADMINS)
def members(request: HttpRequest, member: Membership, team_id: UUID) -> HttpResponse:
    team, other = _team(member, team_id), colleague(member, request.POST.get("member", ""))
    add_to_team(team, other, by=member)
    messages.success(request, f"{other} was added to {team}.", extra_tags="They can now read what the team can read.")
    return redirect("tenants:team", member.tenant.slug, team.pk)


@require_POST
@member_view(roles=ADMINS)
def member_removal(request: HttpRequest, member: Membership, team_id: UUID, member_id: UUID) -> HttpResponse:
    team, other = _team(member, team_id), colleague(member, member_id)
    remove_from_team(team, other, by=member)
    messages.success(request, f"{other} was removed from {team}.", extra_tags="This takes effect now.")
    return redirect("tenants:team", member.tenant.slug, team.pk)


@require_POST
@member_view(roles=ADMINS)
def removal(request: HttpRequest, member: Membership, team_id: UUID) -> HttpResponse:
    team = _team(member, team_id)
    remove_team(team, by=member)
    messages.success(request, f"{team.name} was removed.", extra_tags="Its permissions ended.")
    return redirect("tenants:teams", member.tenant.slug)


def _team(member: Membership, team_id: UUID) -> Team:
    return get_object_or_404(Team.objects.for_tenant(member.tenant), pk=team_id)
