"""After the fault: is every promise kept? Each question is put to the database and the store themselves."""

from __future__ import annotations

from collections.abc import Iterator

from tests.drills import store
from tests.drills.column import Column
from tests.drills.crowd import Company, Crowd

LONGEST = 20.0  # seconds that anybody may wait for an answer, of whatever kind
UNFINISHED = ("queued", "parsing", "embedding", "indexing")
FULL = 507  # no room left: as clear as a 503, where the disk is what is drilled


def faults(
    column: Column, crowd: Crowd, *, connections_may_break: bool = False, may_fail: tuple[str, ...] = ()
) -> list[str]:
    """Everything that is not as promised, in words. Empty: the portal survived."""
    found = [*_of_answers(crowd, connections_may_break), *dict.fromkeys(crowd.breaches)]
    if not crowd.own:
        found.append("nobody ever saw their own company's word, so that looking for the other's proves nothing")
    for company in crowd.companies:
        found += (f"{company.slug}: {each}" for each in _of_company(column, crowd, company, may_fail))
    return found


def unsettled(column: Column, companies: list[Company]) -> int:
    """Versions and jobs on their way."""
    ids = [company.id for company in companies]
    return column.sql(
        "SELECT (SELECT count(*) FROM knowledge_version WHERE status = ANY(%s) AND tenant_id = ANY(%s::uuid[]))"
        " + (SELECT count(*) FROM knowledge_job WHERE state IN ('waiting', 'running') AND tenant_id = ANY(%s::uuid[]))",
        list(UNFINISHED), ids, ids,
    )[0][0]  # fmt: skip


def what_is_left(column: Column, companies: list[Company]) -> str:
    rows = column.sql(
        "SELECT j.state, v.status, count(*), max(j.attempts), max(j.held_up), round(extract(epoch FROM max(j.run_after) - now()))"
        " FROM knowledge_job j JOIN knowledge_version v ON v.id = j.version_id"
        " WHERE v.status = ANY(%s) AND v.tenant_id = ANY(%s::uuid[]) GROUP BY 1, 2",
        list(UNFINISHED), [company.id for company in companies],
    )  # fmt: skip
    return "; ".join(
        f"{count} {status} ({state}, attempt {attempts}, held up {held}, due in {due} s)"
        for state, status, count, attempts, held, due in rows
    )


def running_answers(column: Column, companies: list[Company]) -> int:
    return column.sql(
        "SELECT count(*) FROM answers_answer WHERE state = 'running' AND tenant_id = ANY(%s::uuid[])",
        [company.id for company in companies],
    )[0][0]


def _of_answers(crowd: Crowd, connections_may_break: bool) -> Iterator[str]:
    for met in crowd.met:
        if met.good:
            pass
        elif met.status == 0 and not connections_may_break:
            yield f"{met.what}: the connection ended without an answer ({met.said})"
        elif not met.clear or (met.status and met.status not in (503, FULL)):
            yield f"{met.what}: {met.status} {met.said}"
    longest = max(crowd.met, key=lambda met: met.took)
    if longest.took > LONGEST:
        yield f"{longest.what}: somebody waited {longest.took:.1f} s"


def _of_company(column: Column, crowd: Crowd, company: Company, may_fail: tuple[str, ...]) -> Iterator[str]:
    yield from _documents(column, crowd, company, may_fail)
    yield from _passages(column, company)
    yield from _trail(column, crowd, company)


def _documents(column: Column, crowd: Crowd, company: Company, may_fail: tuple[str, ...]) -> Iterator[str]:
    rows = column.sql(
        "SELECT d.id::text, v.status, v.error_code, v.error_message, d.filename FROM knowledge_document d"
        " JOIN knowledge_version v ON v.document_id = d.id WHERE d.tenant_id = %s",
        company.id,
    )
    answered = crowd.uploaded[company.slug]
    there = [document for document, *_ in rows]
    if missing := set(answered) - set(there):
        yield f"{len(missing)} documents that were taken are not there"
    if extra := set(there) - set(answered):
        yield f"{len(extra)} documents are there of which nobody was told"
    if len(there) != len(set(there)):
        yield "a document has two versions, and was uploaded once"
    failed = [row for row in rows if row[1] == "failed"]
    for _, status, code, message, name in rows:
        if status in UNFINISHED:
            yield f"{name} is still {status}"
        elif status == "failed" and not (code and message):
            yield f"{name} failed without a reason"
    if failed := [row for row in failed if not row[-1].startswith(may_fail)]:
        told = ", ".join(f"{name} ({code})" for *_, code, _, name in failed[:3])
        yield f"{len(failed)} documents failed that can be read: {told}"


def _passages(column: Column, company: Company) -> Iterator[str]:
    for name, said, counted, first, last in column.sql(
        "SELECT d.filename, v.passage_count, count(p.id), min(p.ordinal), max(p.ordinal) FROM knowledge_version v"
        " JOIN knowledge_document d ON d.id = v.document_id LEFT JOIN knowledge_passage p ON p.version_id = v.id"
        " WHERE v.tenant_id = %s AND v.status LIKE 'ready%%' GROUP BY d.filename, v.id, v.passage_count",
        company.id,
    ):
        if not counted or counted != said or first != 0 or last != counted - 1:
            yield f"{name} says {said} passages and has {counted}, numbered {first} to {last}"
    of_failed = column.sql(
        "SELECT count(*) FROM knowledge_passage p JOIN knowledge_version v ON v.id = p.version_id"
        " WHERE p.tenant_id = %s AND v.status NOT LIKE 'ready%%'",
        company.id,
    )[0][0]
    if of_failed:
        yield f"{of_failed} passages belong to versions that are not ready"
    rows = {
        passage for (passage,) in column.sql("SELECT id::text FROM knowledge_passage WHERE tenant_id = %s", company.id)
    }
    stored = store.passages(column.weaviate, company.id)
    if lacking := rows - set(stored):
        yield f"{len(lacking)} of {len(rows)} passages are not in the store"
    if strange := set(stored) - rows:
        yield f"{len(strange)} passages are in the store and not in the rows"
    if doubled := [passage for passage, times in stored.items() if times > 1]:
        yield f"{len(doubled)} passages are in the store more than once"


def _trail(column: Column, crowd: Crowd, company: Company) -> Iterator[str]:
    def events(*actions: str) -> dict[str, int]:
        return dict(
            column.sql(
                "SELECT target_id, count(*) FROM audit_auditevent WHERE tenant_id = %s AND action = ANY(%s) GROUP BY 1",
                company.id, list(actions),
            )
        )  # fmt: skip

    uploads, answered = events("document:uploaded"), crowd.uploaded[company.slug]
    if set(uploads) != set(answered) or any(times != 1 for times in uploads.values()):
        yield f"{len(set(answered))} uploads were answered, and the trail has {sum(uploads.values())}"
    endings = events("document:ready", "document:failed") | dict.fromkeys(crowd.retried & set(answered), 1)
    if set(endings) != set(answered) or any(times != 1 for times in endings.values()):
        doubled = sum(times > 1 for times in endings.values())
        yield f"{len(set(answered) - set(endings))} documents ended without an event, {doubled} with more than one"
    states = dict(column.sql("SELECT id::text, state FROM answers_answer WHERE tenant_id = %s", company.id))
    if running := [answer for answer, state in states.items() if state == "running"]:
        yield f"{len(running)} answers never ended"
    told = crowd.answered[company.slug]
    if lost := set(told) - set(states):
        yield f"{len(lost)} answers that were given are not kept"
    if other := [answer for answer, state in told.items() if answer in states and not _agree(state, states[answer])]:
        how = ", ".join(f"{told[answer]} is kept as {states[answer]}" for answer in other[:3])
        yield f"{len(other)} answers are kept otherwise than they were told: {how}"
    asked, ended = events("question:asked"), events("question:answered", "question:refused", "answer:stopped")
    for name, counted in (("asked", asked), ("ended", ended)):
        if set(counted) != set(states) or any(times != 1 for times in counted.values()):
            yield f"{len(states)} questions are kept, and the trail has {sum(counted.values())} that {name}"


def _agree(told: str, kept: str) -> bool:
    """What could not be saved when it broke is ended later by whoever finds it."""
    return told == kept or (told, kept) == ("failed", "interrupted")
