"""A shelf of Erin's with documents that were read, for tests of the pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.test import Client

from knowledge.library.collections import create_collection
from knowledge.models import Collection, Document

TRAVEL = """# Travel policy

## Class of travel

Economy is the standard for all air travel. Business class may be booked where a flight takes seven hours or longer.

## Hotels

| City | Limit |
| --- | --- |
| Osaka | 140 |
| Brno | 95 |
"""


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def chunks(self):
        yield self.data


@dataclass
class Shelf:
    collection: Collection
    owner: object

    def add(self, name: str = "travel-policy.md", text: str | bytes = TRAVEL, *, read: bool = True) -> Document:
        from knowledge.ingestion import pipeline
        from knowledge.library import uploads

        data = text.encode() if isinstance(text, str) else text
        document = uploads.upload(self.owner, self.collection, Bytes(data), filename=name).document
        if read:
            pipeline.drain(inline=True)
        document.refresh_from_db()
        return document


def shelf_of(member, name: str = "Finance and travel") -> Shelf:
    return Shelf(create_collection(member, name), member)


def path(tail: str) -> str:
    return f"/t/acme/{tail}"


def text_of(client: Client, tail: str, **query) -> str:
    response = client.get(path(tail), query)
    assert response.status_code == 200, (tail, response.status_code)
    return response.content.decode()
