"""What an act does, without a clock: its queries, and the lines of the portal that it runs, in their order."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

REPOSITORY = Path(__file__).resolve().parents[2]
APPS = tuple(f"{REPOSITORY / app}/" for app in ("answers", "audit", "knowledge", "portal", "tenants"))
VALUES = re.compile(r'"s\d+_x\d+"|' r"'(?:[^']|'')*'|\b[0-9a-f]{32}\b|\b\d+\b")


@dataclass(frozen=True, slots=True)
class Steps:
    result: Any
    error: type[Exception] | None
    queries: list[str]  # without the values
    lines: list[str]  # "access.py:54"


def steps_of(act: Callable[[], Any]) -> Steps:
    lines: list[str] = []

    def trace(frame: FrameType, event: str, _) -> Callable | None:
        if not frame.f_code.co_filename.startswith(APPS):
            return None
        if event == "line":
            lines.append(f"{frame.f_code.co_filename.removeprefix(f'{REPOSITORY}/')}:{frame.f_lineno}")
        return trace

    result = error = None
    former = sys.gettrace()
    with CaptureQueriesContext(connection) as queries:
        sys.settrace(trace)
        try:
            result = act()
        except Exception as raised:
            error = type(raised)
        finally:
            sys.settrace(former)
    return Steps(result, error, [VALUES.sub("?", each["sql"]) for each in queries.captured_queries], lines)
