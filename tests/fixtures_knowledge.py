"""Shelves with documents on them, read for real: parser child, embedder, LanceDB. A pytest plugin (tests/conftest.py)."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

TRAVEL = """# Travel

The daily meal allowance is 42 euros. Taxis are reimbursed after 22:00.

## Hotels

Rooms up to 140 euros a night are paid without asking.
"""


@pytest.fixture
def shelf(erin):
    """A collection of Erin's that nobody else reads yet."""
    from knowledge.library.collections import create_collection

    return create_collection(erin, "Handbook")


@pytest.fixture
def bring(erin, shelf):
    """`bring("travel.md", "# Travel …")` uploads; nothing is read yet. In Erin's name, onto her shelf, unless told."""
    from django.core.files.base import ContentFile

    from knowledge.library import uploads

    def upload(name: str, text: str | bytes = TRAVEL, *, by=None, to=None, **options):
        content = text.encode() if isinstance(text, str) else text
        return uploads.upload(by or erin, to or shelf, ContentFile(content), filename=name, **options)

    return upload


@pytest.fixture
def read_all():
    """Reads what waits, here and now, and follows up on the store."""
    from knowledge import maintenance
    from knowledge.ingestion import pipeline

    def work() -> None:
        with as_the_application():
            maintenance.do_store_work()
            pipeline.drain(inline=True)

    return work


def as_the_application():
    """The portal's own work is held by row-level security too, where there is one."""
    from django.db import connection

    from tests.servers.enforced import held_by_the_walls

    return held_by_the_walls() if connection.vendor == "postgresql" else nullcontext()


@pytest.fixture
def upload(bring, read_all):
    """`upload("travel.md", "# Travel …")` gives the document, ready to be found."""

    def ready(name: str, text: str | bytes = TRAVEL, *, by=None, to=None, **options):
        document = bring(name, text, by=by, to=to, **options).document
        read_all()
        document.refresh_from_db()
        assert document.current_version is not None, document.latest_version.error_message
        return document

    return ready


@pytest.fixture
def titles():
    """`titles(alice, "meals")`: the titles of what she finds."""
    from knowledge.retrieval.search import find

    def search(member, query: str, **filters) -> set[str]:
        from knowledge.retrieval.search import SearchFilters

        return {found.title for found in find(member, [query], limit=50, filters=SearchFilters(**filters))}

    return search
