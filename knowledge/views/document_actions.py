"""What people do to documents that are there: another try, other facts, another shelf, the trash."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from knowledge.erasure import deletion
from knowledge.library import documents, reading_log
from knowledge.models import Collection, Document, Status
from knowledge.models.grant import Right
from knowledge.permissions.access import access_collection, access_document, access_documents, rights_on
from knowledge.views.forms import DetailsForm
from knowledge.views.library import selection
from knowledge.views.library.library_page import library_url, navigation_context
from tenants.errors import Invalid, Problem
from tenants.formatting import counted, short_date
from tenants.models import Membership
from tenants.requests.gates import member_view

MAX_SELECTED_DOCUMENTS = 500  # documents one press may concern


@require_POST
@member_view()
def chosen(request: HttpRequest, member: Membership) -> HttpResponse:
    """The bulk bar: what needs another page goes there with the chosen ones, what does not is done at once."""
    values = request.POST.getlist("ids")
    if not values:
        raise Invalid("Nothing was selected, so nothing was changed.", hint="Select one or more documents first.")
    if len(values) > MAX_SELECTED_DOCUMENTS:
        raise Invalid(
            f"More than {MAX_SELECTED_DOCUMENTS} documents were selected, so nothing was changed.",
            hint="Select fewer of them.",
        )
    ids = _ids(values)
    act = request.POST.get("act", "")
    if act == "retry":
        _retry_all(request, member, documents_with(member, ids, Right.WRITE))
        return HttpResponseRedirect(return_url(request, member))
    pages = {"move": "knowledge:move", "remove": "knowledge:remove", "readers": "knowledge:readers"}
    if act not in pages:
        raise Invalid("This action is not available for documents.")
    return HttpResponseRedirect(f"{reverse(pages[act], args=[member.tenant.slug])}?{selection.query(request, ids)}")


@require_POST
@member_view()
def retry(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id, Right.WRITE)
    documents.retry(member, document)
    messages.success(request, f"{document.title} is being read again", "Its row shows the progress.")
    return HttpResponseRedirect(return_url(request, member, document.collection_id))


@member_view()
def details(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id, Right.WRITE)
    initial = {name: getattr(document, name) for name in DetailsForm.base_fields}
    form = DetailsForm(request.POST or None, member=member, document=document, initial=initial)
    if request.method == "POST" and form.is_valid():
        documents.change_document(member, document, **form.cleaned_data)
        messages.success(request, f"{document.title} was changed", "Answers use the change at once.")
        return HttpResponseRedirect(return_url(request, member, document.collection_id))
    reading_log.note_list(member, "document", document)
    context = navigation_context(member, document.collection) | {
        "document": document,
        "form": form,
        "back": return_url(request, member),
    }
    return render(request, "knowledge/details.html", context, status=400 if form.errors else 200)


@member_view()
def move(request: HttpRequest, member: Membership) -> HttpResponse:
    moving = documents_with(member, asked_ids(request), Right.MANAGE)
    targets = list(Collection.objects.allowing(member, Right.WRITE).order_by("name"))
    if request.method == "POST":
        to = access_collection(member, _id(request.POST.get("collection", "")), Right.WRITE)
        for document in moving:
            documents.move_document(member, document, to)
        messages.success(
            request, f"{counted(len(moving), 'document')} moved to {to}", f"Readers of {to} can read them from now on."
        )
        return HttpResponseRedirect(library_url(member, to))
    reading_log.note_list(member, "chosen")
    return render(
        request,
        "knowledge/move.html",
        navigation_context(member) | {"documents": moving, "choices": targets, "back": return_url(request, member)},
    )


@member_view()
def remove(request: HttpRequest, member: Membership) -> HttpResponse:
    removing = documents_with(member, asked_ids(request), Right.WRITE)
    if request.method == "POST":
        for document in removing:
            last = deletion.put_in_trash(member, document)
        one = len(removing) == 1
        messages.success(
            request,
            f"{removing[0].title if one else counted(len(removing), 'document')} removed",
            f"Answers have stopped using {'it' if one else 'them'}. In the trash until {short_date(last.erase_after)}.",
        )
        return HttpResponseRedirect(library_url(member, removing[0].collection_id))
    reading_log.note_list(member, "chosen")
    context = navigation_context(member) | {
        "documents": removing,
        "grace": settings.TRASH_GRACE,
        "back": return_url(request, member),
    }
    return render(request, "knowledge/remove.html", context)


@require_safe
@member_view()
def trash(request: HttpRequest, member: Membership) -> HttpResponse:
    rows = list(deletion.trash_of(member)[:200])
    managed = set(
        Document.objects.allowing(member, Right.MANAGE)
        .filter(pk__in=[row.pk for row in rows])
        .values_list("pk", flat=True)
    )
    reading_log.note_list(member, "trash")
    listed = [{"document": row, "can_erase": row.pk in managed} for row in rows]
    return render(
        request, "knowledge/trash.html", navigation_context(member) | {"listed": listed, "empty_words": _trash_words()}
    )


def _trash_words() -> str:
    days = settings.TRASH_GRACE.days
    stay = (
        f"Removed documents stay here for {counted(days, 'day')}"
        if days
        else "Removed documents stay here for a short time"
    )
    return f"{stay} and can be restored with the same readers."


@require_POST
@member_view()
def restore(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id, Right.WRITE, in_trash=True)
    deletion.restore(member, document)
    messages.success(
        request, f"{document.title} was restored", f"In {document.collection}, with the same readers as before."
    )
    return HttpResponseRedirect(reverse("knowledge:trash", args=[member.tenant.slug]))


@member_view()
def erase(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id, Right.WRITE, in_trash=True)
    if Right.MANAGE not in rights_on(member, document):
        deletion.erase_from_trash(member, document)  # says why not
    if request.method == "POST":
        deletion.erase_from_trash(member, document)
        messages.success(
            request, f"{document.title} is being erased", "The audit trail keeps a record of where it was stored."
        )
        return HttpResponseRedirect(reverse("knowledge:trash", args=[member.tenant.slug]))
    reading_log.note_list(member, "document", document)
    return render(request, "knowledge/erase.html", navigation_context(member) | {"document": document})


def _retry_all(request: HttpRequest, member: Membership, chosen_ones: Sequence[Document]) -> None:
    failed = [
        d for d in chosen_ones if d.latest_version and d.latest_version.status in (Status.FAILED, Status.QUARANTINED)
    ]
    for document in failed:
        documents.retry(member, document)
    if not failed:
        messages.info(request, "None of the selected documents has failed", "Nothing was changed.")
        return
    others = len(chosen_ones) - len(failed)
    more = (
        f"{counted(others, 'other')} had not failed and {'was' if others == 1 else 'were'} left as they are."
        if others
        else ""
    )
    messages.success(request, f"Reading {counted(len(failed), 'document')} again", more)


def documents_with(member: Membership, ids: Sequence[UUID], right: Right) -> list[Document]:
    """All or none: Http404 when one may not be known, and a refusal that names the first one lacking the right."""
    if not ids:
        raise Http404
    try:
        return access_documents(member, ids, right)
    except Problem as refusal:
        rows = Document.objects.allowing(member, right).filter(pk__in=ids)
        allowed = set(rows.values_list("pk", flat=True))
        lacking = next(pk for pk in ids if pk not in allowed)
        refusal.message = f"{access_document(member, lacking).title}: {refusal.message}"
        raise


def asked_ids(request: HttpRequest) -> list[UUID]:
    """Of the address or form, and those that the bulk bar stored because they are too many for an address."""
    return _ids([*_asked(request).getlist("ids"), *selection.stored(request)])


def _asked(request: HttpRequest):
    return request.POST if request.method == "POST" else request.GET


def _ids(values: Sequence[str]) -> list[UUID]:
    return [_id(value) for value in dict.fromkeys(values)][:MAX_SELECTED_DOCUMENTS]


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise Http404 from None


def return_url(request: HttpRequest, member: Membership, collection: UUID | None = None) -> str:
    """Where the person came from, when that is a page of ours."""
    asked = _asked(request).get("back", "")
    if asked.startswith(f"/t/{member.tenant.slug}/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return library_url(member, collection)
