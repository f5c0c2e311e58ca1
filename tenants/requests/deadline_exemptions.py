"""Which views the deadline of a request (portal/http/deadline.py) does not hold for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable)

_MARK = "may_take_longer"


def may_take_longer(view: View) -> View:
    """Marks a view, or the class of one, that has a deadline of its own or receives large files."""
    setattr(view, _MARK, True)
    return view


def has_own_limit(view: Callable | None) -> bool:
    """Whether the view, or the class that it was made of, is marked."""
    return getattr(view, _MARK, False) or getattr(getattr(view, "cls", None), _MARK, False)
