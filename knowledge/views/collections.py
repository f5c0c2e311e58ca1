"""Collections: made, renamed, removed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from knowledge.library import collections
from knowledge.models import Document
from knowledge.models.grant import Right
from knowledge.permissions.access import access_collection, rights_on
from knowledge.views.forms import CollectionForm
from knowledge.views.library.library_page import library_url, navigation_context
from tenants.errors import NotAllowed
from tenants.models import Membership
from tenants.requests.gates import member_view


@member_view()
def new(request: HttpRequest, member: Membership) -> HttpResponse:
    if not member.is_editor:
        raise NotAllowed("Your role cannot create collections.", hint="Ask an editor or an admin of your company.")
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = collections.create_collection(
            member, form.cleaned_data["name"], description=form.cleaned_data["description"]
        )
        messages.success(request, f"{made} created", "Only you can read it until you share it.")
        return HttpResponseRedirect(reverse("knowledge:collection-readers", args=[member.tenant.slug, made.pk]))
    context = navigation_context(member) | {"form": form}
    return render(request, "knowledge/collection_new.html", context, status=400 if form.errors else 200)


@member_view()
def settings(request: HttpRequest, member: Membership, collection_id: UUID) -> HttpResponse:
    collection = access_collection(member, collection_id, Right.WRITE)
    manages = Right.MANAGE in rights_on(member, collection)
    initial = {"name": collection.name, "description": collection.description}
    form = CollectionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        collections.change_collection(member, collection, **form.cleaned_data)
        messages.success(request, f"{form.cleaned_data['name']} was changed")
        return HttpResponseRedirect(library_url(member, collection))
    context = navigation_context(member, collection) | {"form": form, "manages": manages}
    return render(request, "knowledge/collection_settings.html", context, status=400 if form.errors else 200)


@member_view()
def remove(request: HttpRequest, member: Membership, collection_id: UUID) -> HttpResponse:
    collection = access_collection(member, collection_id, Right.MANAGE)
    held = Document.objects.visible_to(member).filter(collection=collection).count()
    if request.method == "POST":
        collections.remove_collection(member, collection, with_documents=request.POST.get("documents") == "with")
        more = (
            "Its documents are in the trash, and the collection is removed when the last of them is erased."
            if held
            else ""
        )
        messages.success(request, f"{collection} was removed", more)
        return HttpResponseRedirect(library_url(member))
    return render(request, "knowledge/collection_remove.html", navigation_context(member, collection) | {"held": held})
