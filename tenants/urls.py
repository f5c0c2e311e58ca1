from __future__ import annotations

from django.urls import path

from tenants import account
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
pages = []
api = []
