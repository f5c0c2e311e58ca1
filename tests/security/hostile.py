"""Inputs of at most 100 kB that were made to be expensive. The suite and `make bench` (part `worst`) use the same ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from uuid import UUID

LARGEST = 100_000  # bytes
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Hostile:
    """`{document}` in the path stands for the id of the document that `versions` are uploaded as, oldest first."""

    name: str
    method: str
    path: str  # below /t/<company>/, or from the root where it begins with a slash
    body: bytes = b""
    type: str = ""
    sender: str = "session"  # session, key, nobody
    filename: str = ""
    versions: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        assert max(map(len, (self.body, *self.versions))) <= LARGEST, self.name


def _repeated(text: str, size: int = 95_000) -> str:
    return text * (size // len(text.encode()))


def _compare(name: str, old: str, new: str, ending: str = "txt") -> Hostile:
    filename = f"{name.replace(' ', '-')}.{ending}"
    versions = (old.encode(), new.encode())
    return Hostile(f"compare: {name}", "GET", "documents/{document}/compare/", filename=filename, versions=versions)


def _view(name: str, text: str, tail: str = "", ending: str = "txt") -> Hostile:
    filename = f"{name.replace(' ', '-')}.{ending}"
    return Hostile(
        f"read: {name}", "GET", f"documents/{{document}}/{tail}", filename=filename, versions=(text.encode(),)
    )


def _api(name: str, path: str, data: object) -> Hostile:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Hostile(name, "POST", f"api/v1/{path}", body, JSON, "key")


IDS = [str(UUID(int=n, version=4)) for n in range(2_400)]

HOSTILE = (
    _compare("one word again and again", "yes no " * 400, "no yes yes " * 270),
    _compare("lines that repeat", _repeated("yes\n\nno\n\n"), _repeated("no\n\nyes\n\nyes\n\n")),
    _compare(
        "paragraphs that are alike",
        "\n\n".join(" ".join(f"w{n * k % 1009}" for n in range(400)) for k in range(2, 42)),
        "\n\n".join(" ".join(f"w{n * k % 1009}" for n in range(400)) + f" {k}" for k in range(2, 42)),
    ),
    _compare(
        "a change below each heading",
        "\n\n".join(f"# {n}\n\nold {n}" for n in range(4_000)),
        "\n\n".join(f"# {n}\n\nnew {n}" for n in range(4_000)),
        "md",
    ),
    _compare("rows of equal cells", _repeated("a,b,1\n"), _repeated("a,b,1\na,c,1\n"), "csv"),
    _view("lines of one letter", _repeated("a\n\n")),
    _view("one long paragraph", _repeated("word "), "leaf/?leaf=3"),
    _view("a row of very many cells", f"{_repeated('a,', 45_000)}b\n{_repeated('c,', 45_000)}d\n", ending="csv"),
    _view("headings and nothing else", _repeated("###### a\n\n"), ending="md"),
    _view("a list in a list", "\n".join(f"{' ' * (2 * (n % 40))}- item {n}" for n in range(1_800)), ending="md"),
    _api("search: one word again and again", "search/", {"query": _repeated("policy ", 19_900)}),
    _api("search: no spaces", "search/", {"query": "请假怎么办" * 3_900}),
    _api("search: thousands of collections", "search/", {"query": "leave", "filters": {"collection": IDS}}),
    _api("search: very many wrong collections", "search/", {"query": "a", "filters": {"collection": [""] * 24_000}}),
    _api("ask: very many wrong collections", "ask/", {"question": "Who?", "filters": {"collections": [""] * 24_000}}),
    _api("ask: very many wrong types", "ask/", {"question": "Who?", "filters": {"types": [[]] * 24_000}}),
    _api("search: JSON nested deeply", "search/", b"[" * 50_000 + b"]" * 50_000),
    _api("search: a number of many digits", "search/", b'{"query": "a", "k": ' + b"9" * 90_000 + b"}"),
    _api("ask: a question of 95 kB", "ask/", {"question": _repeated("and who approves it? ")}),
    _api("ask: thousands of collections", "ask/", {"question": "Who?", "filters": {"collections": IDS}}),
    _view("brackets that never close", _repeated("[![a]("), ending="md"),
    _view("quotes in quotes", _repeated("> " * 40 + "a\n\n"), ending="md"),
    _view("who could read it on an earlier day", "Leave is 25 days.", "readers/?on=2026-01-01"),
    _api("search: words that all differ", "search/", {"query": " ".join(f"w{n}ing" for n in range(2_600))}),
    _api("search: letters with marks", "search/", {"query": "a" + "\u0301" * 19_000}),
    Hostile("documents: hundreds of ids", "POST", "documents/chosen/", ("act=retry&" + "&".join(f"ids={i}" for i in IDS[:500])).encode(), FORM),
    Hostile("documents: hundreds of ids to another page", "POST", "documents/chosen/", ("act=remove&" + "&".join(f"ids={i}" for i in IDS[:500])).encode(), FORM),
    Hostile("a form of a thousand fields", "POST", "teams/", "&".join(f"name{n}={n}" for n in range(999)).encode(), FORM),
    Hostile("a form of ten thousand fields", "POST", "teams/", "&".join(f"n{n}=" for n in range(12_000)).encode(), FORM),
    Hostile("teams: a description of 90 kB", "POST", "teams/", b"name=a&description=" + b"a%20" * 22_000, FORM),
    Hostile("people: a search of 30 kB", "GET", f"people/?q={'a%25' * 7_500}"),
    Hostile("sign-in: a password of 90 kB", "POST", "/sign-in/", b"email=nobody@example.com&password=" + b"a" * 90_000, FORM, "nobody"),
    Hostile("the description of the API", "GET", "/api/schema/", sender="nobody"),
    Hostile("a key that is not valid", "GET", "api/v1/me/", sender="wrong key"),
)  # fmt: skip
