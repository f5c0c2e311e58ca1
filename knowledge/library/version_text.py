"""The text of a version as people read it: some leaves of it at a time.

A long text is never computed as a whole while somebody waits for a page of it: its leaves were stored when it was read,
and its words come from the database by their offsets.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import transaction
from django.db.models.functions import Substr

from knowledge.models import Content, TextLeaf, Version
from knowledge.text.leaves import Entry, Leaf, contents, headings, leaves

# Characters; the leaves of a shorter text are computed when it is shown, in at most 10 ms
MAX_SHORT_TEXT_CHARACTERS = 60_000
MANY = 1_600  # blocks, likewise
WINDOW_CHARACTERS = 60_000  # that are sent with a page; the rest follows as it is reached
WINDOW_WEIGHT = 1_200  # elements that show them
WINDOW_LEAVES = 60

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class LeafWindow:
    """Leaves that are shown together, and what is before and after them."""

    leaves: Sequence[Leaf]
    next_leaf: int | None
    next_page: int | None
    previous_page: int | None


@dataclass(frozen=True, slots=True)
class LeafSpan:
    """A leaf without its blocks."""

    number: int
    page: int
    start: int
    end: int
    weight: int


class VersionText:
    """The text of one version. `pages` as Content keeps them, at least one."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.pages = content.pages or [[1, 0, self.length, ""]]

    @property
    def length(self) -> int:
        """Of the text, in characters."""
        raise NotImplementedError

    def text(self, start: int, end: int) -> str:
        raise NotImplementedError

    def contents(self, title: str = "") -> list[Entry]:
        """The lines of the contents."""
        raise NotImplementedError

    def places(self, first: int = 0, count: int | None = None) -> list[LeafSpan]:
        """Of the leaves from `first` on."""
        raise NotImplementedError

    def leaves(self, first: int, count: int) -> list[Leaf]:
        raise NotImplementedError

    def leaf_at(self, page: int, offset: int | None) -> int:
        """The number of the first leaf of a page, or of the one in which the offset is. 0 if there is none."""
        raise NotImplementedError

    def window(self, first: int) -> LeafWindow:
        """As many leaves from `first` on as are shown at once."""
        places = self.places(first, WINDOW_LEAVES + 1)
        shown = size = weight = 0
        for place in places[:WINDOW_LEAVES]:
            size, weight = size + place.end - place.start, weight + place.weight
            if shown and (size > WINDOW_CHARACTERS or weight > WINDOW_WEIGHT):
                break
            shown += 1
        after = places[shown] if shown < len(places) else None
        before = self.places(max(0, first - 3), 1) if first and places else []
        return LeafWindow(
            self.leaves(first, shown),
            after.number if after else None,
            after.page if after else None,
            before[0].page if before else None,
        )


class ShortText(VersionText):
    """Everything is in memory."""

    def __init__(self, content: Content) -> None:
        super().__init__(content)
        self._all = leaves(content.text, content.pages, content.blocks)

    @property
    def length(self) -> int:
        return len(self.content.text)

    def text(self, start: int, end: int) -> str:
        return self.content.text[start:end]

    def contents(self, title: str = "") -> list[Entry]:
        found = headings(self.content.text, self.content.pages, self.content.blocks)
        return contents(found, self.pages, title=title)

    def places(self, first: int = 0, count: int | None = None) -> list[LeafSpan]:
        last = len(self._all) if count is None else min(len(self._all), first + count)
        rows = ((n, self._all[n]) for n in range(first, last))
        return [LeafSpan(n, leaf.page, leaf.start, leaf.end, leaf.weight) for n, leaf in rows]

    def leaves(self, first: int, count: int) -> list[Leaf]:
        return self._all[first : first + count]

    def leaf_at(self, page: int, offset: int | None) -> int:
        found = (n for n, leaf in enumerate(self._all) if leaf.page == page and (offset is None or offset < leaf.end))
        return next(found, 0)


class LongText(VersionText):
    """Only what is asked for is read from the database."""

    @cached_property
    def _rows(self):
        return TextLeaf.objects.for_tenant(self.content.tenant_id).filter(content=self.content).order_by("number")

    @cached_property
    def _length(self) -> int:
        last = self._rows.values_list("end", flat=True).last()
        return max(last or 0, self.content.pages[-1][2] if self.content.pages else 0)

    @property
    def length(self) -> int:
        return self._length

    def text(self, start: int, end: int) -> str:
        if start >= end:
            return ""
        rows = Content.objects.for_tenant(self.content.tenant_id).filter(pk=self.content.pk)
        return rows.values_list(Substr("text", start + 1, end - start), flat=True).first() or ""

    def contents(self, title: str = "") -> list[Entry]:
        return contents([Entry(*entry) for entry in self.content.headings or ()], self.pages, title=title)

    def places(self, first: int = 0, count: int | None = None) -> list[LeafSpan]:
        rows = self._rows.filter(number__gte=first)
        rows = rows if count is None else rows.filter(number__lt=first + count)
        return [LeafSpan(*row) for row in rows.values_list("number", "page", "start", "end", "weight")]

    def leaves(self, first: int, count: int) -> list[Leaf]:
        return [
            Leaf(row.page, row.label, row.start, row.end, row.first, tuple(map(tuple, row.blocks)))
            for row in self._rows.filter(number__gte=first, number__lt=first + count)
        ]

    def leaf_at(self, page: int, offset: int | None) -> int:
        rows = self._rows.filter(page=page)
        rows = rows if offset is None else rows.filter(end__gt=offset)
        return rows.values_list("number", flat=True).first() or 0


class SpanReader:
    """The whole text, of which each `[start:end]` is read by itself."""

    def __init__(self, reading: VersionText) -> None:
        self._reading = reading

    def __getitem__(self, span: slice) -> str:
        return self._reading.text(span.start, span.stop)


class TextStretch:
    """The text from `start` to `end`, read at once; spans inside it are counted from the beginning of the whole text."""

    def __init__(self, reading: VersionText, start: int, end: int) -> None:
        self._start, self._words = start, reading.text(start, end)

    def __getitem__(self, span: slice) -> str:
        return self._words[max(0, span.start - self._start) : max(0, span.stop - self._start)]


def text_of_version(version: Version) -> VersionText | None:
    """None for a version that was not read."""
    light = Content.objects.for_tenant(version.tenant_id).filter(version=version).defer("text", "blocks").first()
    if light is None:
        return None
    if light.leaf_count is None:
        return _of_earlier(version)
    return LongText(light) if light.leaf_count else ShortText(_whole(version))


def prepare(contents: Iterable[Content]) -> list[TextLeaf]:
    """Sets what the texts that are about to be stored need for being shown; returns their leaves, to be stored after them."""
    rows: list[TextLeaf] = []
    for content in contents:
        content.leaf_count, content.headings = 0, None
        if not _is_long(content):
            continue
        found = leaves(content.text, content.pages, content.blocks)
        entries = headings(content.text, content.pages, content.blocks)
        content.leaf_count = len(found)
        content.headings = [[entry.title, entry.page, entry.level, entry.start] for entry in entries]
        rows += (
            TextLeaf(
                tenant_id=content.tenant_id,
                content=content,
                number=number,
                page=leaf.page,
                label=leaf.label[:300],
                start=leaf.start,
                end=leaf.end,
                first=leaf.first,
                weight=leaf.weight,
                blocks=leaf.blocks,
            )
            for number, leaf in enumerate(found)
        )
    return rows


def store_leaves(rows: Sequence[TextLeaf]) -> None:
    TextLeaf.objects.bulk_create(rows, batch_size=200)


def _is_long(content: Content) -> bool:
    return len(content.text) > MAX_SHORT_TEXT_CHARACTERS or len(content.blocks) > MANY


def _whole(version: Version) -> Content:
    return Content.objects.for_tenant(version.tenant_id).get(version=version)


def _of_earlier(version: Version) -> VersionText:
    """A text that was read before leaves were stored: once, and one at a time, for it takes up to 2 s of a long one."""
    with _one_at_a_time, transaction.atomic():
        rows = Content.objects.for_tenant(version.tenant_id).filter(version=version)
        content = rows.select_for_update().get()
        if content.leaf_count is None:
            fresh = prepare([content])
            rows.filter(pk=content.pk).update(leaf_count=content.leaf_count, headings=content.headings)
            store_leaves(fresh)
    return LongText(content) if content.leaf_count else ShortText(content)
