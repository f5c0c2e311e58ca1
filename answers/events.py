"""What happens while a question is answered: plain data, numbered by the runner, the same on every door."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Asked:
    """The question is kept. What follows can be left and taken up again by the answer's id."""

    kind: ClassVar[str] = "asked"
    answer_id: str
    conversation_id: str
    question: str


@dataclass(frozen=True, slots=True)
class Step:
    """`text` is for the one line, `detail` for the list that it opens to."""

    kind: ClassVar[str] = "step"
    key: str  # search, passages, read, write
    text: str
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    document_id: str
    title: str
    page: int


@dataclass(frozen=True, slots=True)
class Sources:
    """What is being read."""

    kind: ClassVar[str] = "sources"
    read: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Token:
    kind: ClassVar[str] = "token"
    text: str


@dataclass(frozen=True, slots=True)
class PartBegun:
    """The words that follow are for this part of the question; for none of them when `label` is empty."""

    kind: ClassVar[str] = "part"
    label: str


@dataclass(frozen=True, slots=True)
class CitationFound:
    """A quote that was found again in its passage, at its first use."""

    kind: ClassVar[str] = "citation"
    id: str
    number: int
    document_id: str
    version_id: str
    version_number: int
    passage_id: str
    title: str
    heading: str
    page: int
    quote: str
    start: int
    end: int
    context: str
    context_start: int
    url: str
    freshness: str = ""
    freshness_words: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class SentenceFinished:
    """`start` and `end` are code points into the text of all tokens so far. `citations` are numbers."""

    kind: ClassVar[str] = "sentence"
    start: int
    end: int
    text: str
    citations: tuple[int, ...]
    supported: bool
    claims: bool
    label: str = ""  # of the part of the question that it is for


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """All text and citations so far are taken back. What replaces them, if anything, follows."""

    kind: ClassVar[str] = "withdrawn"
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    kind: ClassVar[str] = "done"
    state: str
    mode: str
    refused: bool
    confidence: float
    not_covered: tuple[str, ...] = ()
    message: str = ""
    model: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    kind: ClassVar[str] = "error"
    code: str
    message: str
    retry: bool = True


Event = Asked | Step | Sources | Token | PartBegun | CitationFound | SentenceFinished | Withdrawn | Done | Failed
LAST = frozenset({Done.kind, Failed.kind})


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event in its place. Followers say after which number they want to go on."""

    number: int
    kind: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def is_last(self) -> bool:
        return self.kind in LAST


@dataclass(frozen=True, slots=True)
class Retry:
    """The story goes on, or was cut off, elsewhere: come again in a moment."""

    after_ms: int = 2000


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing happened for a while; whoever follows may want to show that it is still there."""


Followed = Numbered | Retry | Quiet


def numbered(number: int, event: Event) -> Numbered:
    return Numbered(number, event.kind, _data(event))


def _data(event: Any) -> dict[str, Any]:
    """As JSON would give it back, so that a follower cannot tell the buffer from the rows."""
    return {each.name: _plain(getattr(event, each.name)) for each in fields(event)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return _data(value) if is_dataclass(value) else value
