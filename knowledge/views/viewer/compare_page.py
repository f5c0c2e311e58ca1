"""Two versions of a document beside each other in one column: what was taken out, what was put in, where."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from knowledge.library import reading_log
from knowledge.library.version_text import TextStretch, VersionText, text_of_version
from knowledge.models import Document, Version
from knowledge.models.grant import Right
from knowledge.permissions.access import access_document, rights_on
from knowledge.views.file_kinds import kind_of
from knowledge.views.viewer import text_comparison
from knowledge.views.viewer.text_comparison import ChangedPlace, ComparedBlock, Comparison
from tenants.models import Membership
from tenants.requests.gates import member_view

OFFERED = 50  # versions to choose from
MAX_PLACES = 150  # places
SHOWN_WEIGHT = 1_000  # elements that show them
COMPARED_CHARACTERS = 500_000  # of each state: about 250 pages. Longer ones are compared from their first difference on
COMPARED_WEIGHT = 3_000  # blocks and cells, likewise
MIN_CACHED_STEPS = 50_000  # steps, 4 ms: how versions fit together is stored when finding it took so many
CACHE_SECONDS = 24 * 3600  # seconds


@require_safe
@member_view()
def compare(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    """?from=6&to=7. Without them, or with what is not there: the newest that was read, and the one before it."""
    document = access_document(member, document_id)
    versions = comparable(document)
    old, new = _chosen(versions, request.GET.get("from", ""), request.GET.get("to", ""))
    context = {
        "room": "knowledge",
        "document": document,
        "kind": kind_of(document.filename),
        "versions": versions,
        "old": old,
        "new": new,
        "may_write": Right.WRITE in rights_on(member, document),
    }
    if old and new:
        reading_log.note_opening(member, document, new.number, compared_with=old.number)
        found, is_cut = _compared(text_of_version(old), text_of_version(new))
        places = _shown(found)
        context |= {"found": found, "places": places, "is_cut": is_cut, "shown": len(places)}
        context["all_shown"] = sum(len(p.rows) for p in places) == sum(len(p.rows) for p in found.places)
    else:
        reading_log.note_list(member, "document", document)
    return render(request, "knowledge/compare.html", context)


def comparable(document: Document) -> list[Version]:
    """Those that were read, the newest first."""
    read = Version.objects.for_tenant(document.tenant_id).filter(document=document, content__isnull=False)
    return list(read.select_related("created_by__user").order_by("-number")[:OFFERED])


def compared_with(document: Document, version: Version | None) -> tuple[int, int] | None:
    """The numbers that "Compare 6 and 7" beside this version means; None while there is nothing to compare."""
    if version is None:
        return None
    read = Version.objects.for_tenant(document.tenant_id).filter(document=document, content__isnull=False)
    numbers = sorted(read.values_list("number", flat=True))
    if version.number not in numbers or len(numbers) < 2:
        return None
    at = max(1, numbers.index(version.number))
    return numbers[at - 1], numbers[at]


def _chosen(versions: list[Version], first: str, second: str) -> tuple[Version | None, Version | None]:
    """In the order of the versions, whichever way round they were asked for."""
    versions_by_number = {str(version.number): version for version in versions}
    new = versions_by_number.get(second) or next(iter(versions), None)
    old = versions_by_number.get(first)
    if new is not None and (old is None or old == new):
        older = [version for version in versions if version.number < new.number]
        old = next(iter(older), None)
    if old is None and len(versions) > 1:  # the first one was asked for: against the next
        old, new = versions[-1], versions[-2]
    return (new, old) if old and new and old.number > new.number else (old, new)


def _compared(old: VersionText, new: VersionText) -> tuple[Comparison, bool]:
    """The comparison, and whether it ends before the texts do."""
    first, last, is_cut = _stretches(old, new)
    before, after = _blocks(old, first[0], last[0]), _blocks(new, first[1], last[1])
    # Numbers alone are stored, and no words: what is erased is nowhere else.
    key = f"comparison:1:{old.content.pk}:{new.content.pk}"
    plan = cache.get(key)
    if plan is None:
        plan = text_comparison.planned(before, after)
        if plan.steps > MIN_CACHED_STEPS:
            cache.set(key, plan, timeout=CACHE_SECONDS)
    above = ""
    if first[1]:
        start = new.places(first[1], 1)[0].start
        above = next((entry.title for entry in reversed(new.contents()) if entry.start < start), "")
    return text_comparison.compare(before, after, plan, above[:120]), is_cut


def _stretches(old: VersionText, new: VersionText) -> tuple[tuple[int, int], tuple[int, int], bool]:
    """Of long texts only the leaves between the first and the last difference, as far as the limits allow: the first
    leaf of each state, the one after the last, and whether that is less than what differs."""
    places = old.places(), new.places()
    if all(_fits(each) for each in places):
        return (0, 0), (len(places[0]), len(places[1])), False
    texts = old.text(0, old.length), new.text(0, new.length)
    start, end = _shared(*texts)
    first, last, is_cut = [], [], False
    for own, text in zip(places, texts, strict=True):
        differs = [place.number for place in own if place.end > start and place.start < len(text) - end]
        low = max(0, (differs[0] if differs else len(own)) - 1)
        high = min(len(own), (differs[-1] if differs else low) + 2)
        stop, size, weight = low, 0, 0
        while stop < high:
            size, weight = size + own[stop].end - own[stop].start, weight + own[stop].weight
            if stop > low and (size > COMPARED_CHARACTERS or weight > COMPARED_WEIGHT):
                is_cut = True
                break
            stop += 1
        first.append(low)
        last.append(stop)
    return tuple(first), tuple(last), is_cut


def _fits(places: list) -> bool:
    if not places:
        return True
    return places[-1].end <= COMPARED_CHARACTERS and sum(place.weight for place in places) <= COMPARED_WEIGHT


def _shared(a: str, b: str) -> tuple[int, int]:
    """How many characters two texts share at their beginning, and of the rest at their end."""
    start = _equal(lambda low, high: a[low:high] == b[low:high], min(len(a), len(b)))
    left = min(len(a), len(b)) - start
    end = _equal(lambda low, high: a[len(a) - high : len(a) - low] == b[len(b) - high : len(b) - low], left)
    return start, end


def _equal(same, max_steps: int) -> int:
    """The largest n up to `max_steps` for which the first n are the same, where `same(low, high)` compares a part."""
    low, high = 0, max_steps
    while low < high:
        middle = (low + high + 1) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _blocks(reading: VersionText, first: int, last: int) -> list[ComparedBlock]:
    found = reading.leaves(first, last - first)
    return text_comparison.blocks_of_leaves(TextStretch(reading, found[0].start, found[-1].end), found) if found else []


def _shown(comparison: Comparison) -> list[ChangedPlace]:
    """The first places, as far as a page can show them; the last one may be cut."""
    places: list[ChangedPlace] = []
    left = SHOWN_WEIGHT
    for place in comparison.places[:MAX_PLACES]:
        rows = []
        for row in place.rows:
            left -= 1 + sum(len(cell) for cell in row.cells)
            if left < 0 and (rows or places):
                break
            rows.append(row)
        if rows:
            places.append(place if len(rows) == len(place.rows) else replace(place, rows=tuple(rows)))
        if left < 0:
            break
    return places
