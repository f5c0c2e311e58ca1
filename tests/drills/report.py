"""The drills as a table for people, and as JSON."""

from __future__ import annotations

from tests.drills.hold import Result

HEAD = "| fault | what people saw | what was lost |\n| --- | --- | --- |"


def table(results: list[Result]) -> str:
    return "\n".join([HEAD, *(f"| {each.fault} | {_seen(each)} | {_lost(each)} |" for each in results)])


def _seen(result: Result) -> str:
    if result.skipped:
        return f"not held: {result.skipped}"
    refused = sum(result.refusals.values())
    words = [f"{refused} of {result.requests} requests had to be tried again" if refused else "nothing but answers"]
    by_code: dict[str, int] = {}
    for key, times in result.refusals.items():
        code = " ".join(key.split()[1:])
        by_code[code] = by_code.get(code, 0) + times
    if by_code:
        words.append("(" + ", ".join(f"{times} × {code}" for code, times in sorted(by_code.items())) + ")")
    said = " ".join(words)
    unfinished = [
        f"{times} answer{'' if times == 1 else 's'} {state}"
        for state, times in result.answers.items()
        if state in ("interrupted", "failed")
    ]
    return "; ".join(
        [said, *unfinished, f"longest wait {result.longest:.1f} s", f"at most {result.away:.1f} s without any answer",
         f"all settled {result.settled_after:.0f} s later"]
    )  # fmt: skip


def _lost(result: Result) -> str:
    if result.skipped:
        return ""
    if result.broken:
        return f"**{len(result.broken)} promises broken**: {'; '.join(result.broken[:3])}"
    failed = f"; {result.failed} failed with a reason" if result.failed else ""
    return f"nothing: {result.documents} documents, each with one set of passages{failed}"
