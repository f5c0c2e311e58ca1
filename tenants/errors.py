"""Errors that a person can act on. portal/errors/handlers.py turns them into pages and problem details; nobody else
does."""

from __future__ import annotations


class Problem(Exception):
    """`message` says what happened and what is kept, `hint` what to do. Both are shown as they are."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, *, hint: str = "", code: str = "", **extra: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.code
        self.extra = extra


class Invalid(Problem):
    pass


class SignedOut(Problem):
    """Nobody is signed in, or not any more. portal/errors/handlers.py keeps what was sent and leads to signing in."""

    status = 401
    code = "signed_out"

    def __init__(self) -> None:
        super().__init__("You are signed out.", hint="Sign in again.")


class NotAllowed(Problem):
    """The door is known to exist, but not for this role or key. What may not be known about is Http404 instead."""

    status = 403
    code = "not_allowed"


class Conflicting(Problem):
    status = 409
    code = "conflict"


class TooLarge(Problem):
    status = 413
    code = "too_large"


class TooMany(Problem):
    """`retry_after` in seconds. Only the `first` refusal of a window is recorded: a flood must not become rows."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after: int, hint: str = "", first: bool = True) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        self.first = first


class Unavailable(Problem):
    status = 503
    code = "unavailable"


class DiskFull(Problem):
    """The disk is full. Nothing that was written before is lost."""

    status = 507
    code = "no_room"
