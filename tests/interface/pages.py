"""The frame around the sample answer, without people or a database: what the browser tests open."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

from portal import views
from portal.pages.sample_data import SAMPLE

ASK = (Path(__file__).parent / "ask.html").read_text()

HITS = "".join(f'<a class="search-hit" role="option" href="#{n.lower()}">{n}</a>' for n in ("First", "Second"))


def ask(request, slug):
    context = {
        "tenant": SimpleNamespace(name="Marlow Instruments", slug="marlow"),
        "member": "Dana Whitfield",
        "room": "ask",
        "rooms": [
            {"key": "ask", "label": "Ask", "icon": "ask", "url": "/t/marlow/"},
            {"key": "knowledge", "label": "Knowledge", "icon": "book", "url": "/t/marlow/#knowledge"},
        ],
        "other_tenants": [{"name": "Globex", "slug": "globex"}],
        "shortcuts": request.GET.get("shortcuts") != "off",
        "theme": request.GET.get("theme", ""),
        "sample": SAMPLE,
    }
    return HttpResponse(engines["django"].from_string(ASK).render(context, request))


def hits(request, slug):
    return HttpResponse(HITS)


answers = [path("", ask, name="ask")]
knowledge = [path("search/", ask, name="search"), path("search/dialog/", hits, name="search-dialog")]
urlpatterns = [
    path("components/", views.components),
    path("t/<slug:slug>/", include((answers, "answers"))),
    path("t/<slug:slug>/", include((knowledge, "knowledge"))),
]
