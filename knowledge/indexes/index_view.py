"""How a tenant's indexes are told to people, on the page and by the command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from knowledge import backends
from knowledge.indexes.missing_documents import lacking
from knowledge.indexes.versions import configured, spec_of
from knowledge.models import Generation
from tenants.models import Tenant

State = Generation.State
ORDER = [State.ACTIVE, State.BUILDING, State.READY, State.RETIRED, State.LEAVING]


@dataclass(frozen=True, slots=True)
class IndexView:
    name: str
    state: str
    words: str  # the state, as people read it
    model: str
    passages: str
    done: int
    all: int
    switches: bool
    error: str
    since: datetime | None
    behind: int  # documents that came or changed since it was complete; it catches up before it answers
    embeds: bool  # questions can be asked by meaning; otherwise by words alone
    is_asked_for: bool  # by the settings

    @property
    def share(self) -> int:
        """Of a hundred."""
        return 100 * self.done // self.all if self.all else 0

    @property
    def kind(self) -> str:
        """As states are drawn everywhere (tenants/formatting.py)."""
        if self.error:
            return "stalled"
        drawn = {State.ACTIVE: "ready", State.BUILDING: "embedding", State.READY: "done", State.LEAVING: "embedding"}
        return drawn.get(self.state, "idle")


def indexes(tenant: Tenant) -> list[IndexView]:
    """Of the company at work: the one that answers first."""
    rows = list(Generation.objects.for_tenant(tenant))
    rows.sort(key=lambda row: (ORDER.index(row.state), -(row.started_at or row.created_at).timestamp()))
    return [_shown(row) for row in rows]


def _shown(row: Generation) -> IndexView:
    made_with = spec_of(row)
    model = "all-MiniLM-L6-v2, on this machine"
    if made_with.embedder != "minilm":
        model = f"{made_with.model}, at {made_with.base_url}" if made_with.base_url else made_with.model
    since = {State.ACTIVE: row.switched_at or row.created_at, State.BUILDING: row.started_at}
    return IndexView(
        name=row.name,
        state=row.state,
        words=_words(row),
        model=model,
        passages=f"{made_with.words} words, {made_with.overlap} of them overlapping",
        done=row.documents_done,
        all=row.documents_all,
        switches=row.switches,
        error=row.error,
        behind=lacking(row.tenant_id, row.name).count() if row.state in (State.READY, State.RETIRED) else 0,
        since=since.get(row.state, row.finished_at),
        embeds=backends.embedder_of(made_with) is not None,
        is_asked_for=row.name == configured().name,
    )


def _words(row: Generation) -> str:
    if row.state == State.BUILDING:
        if row.error:
            return "Delayed"
        return "Catching up" if row.switched_at else "Building"
    return State(row.state).label
