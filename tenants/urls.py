from __future__ import annotations

from django.urls import path

from tenants.api import views as rest
from tenants.pages import account, keys, outbox, people, settings, teams
from tenants.signin import link_views, views

public = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("first-run/", views.begin, name="first-run"),
    path("password/forgotten/", link_views.password_forgotten, name="password-forgotten"),
    path("password/<str:uid>/<str:token>/", link_views.password_reset, name="password-reset"),
    path("invitation/<str:token>/", link_views.invitation, name="invitation"),
    path("account/", account.account, name="account"),
]
pages = [
    path("people/", people.people, name="people"),
    path("people/<uuid:member_id>/role/", people.role, name="role"),
    path("people/<uuid:member_id>/removal/", people.removal, name="removal"),
    path("people/<uuid:member_id>/password-link/", people.password_link, name="password-link"),
    path("invitations/<uuid:invitation_id>/withdrawal/", people.withdrawal, name="invitation-withdrawal"),
    path("invitations/<uuid:invitation_id>/sending/", people.sending, name="invitation-sending"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<uuid:team_id>/", teams.team, name="team"),
    path("teams/<uuid:team_id>/removal/", teams.removal, name="team-removal"),
    path("teams/<uuid:team_id>/members/", teams.members, name="team-members"),
    path("teams/<uuid:team_id>/members/<uuid:member_id>/removal/", teams.member_removal, name="team-member-removal"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<uuid:key_id>/revocation/", keys.revocation, name="key-revocation"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<uuid:mail_id>/", outbox.mail, name="outbox-mail"),
    path("outbox/<uuid:mail_id>/sending/", outbox.sending, name="outbox-sending"),
    path("settings/", settings.settings, name="settings"),
    path("settings/company/", settings.company, name="company"),
    path("settings/leaving/", settings.leaving, name="leaving"),
]
api = [
    path("me/", rest.MeView.as_view(), name="me"),
    path("keys/", rest.KeysView.as_view(), name="keys"),
    path("keys/<uuid:key_id>/", rest.KeyView.as_view(), name="key"),
]
