"""Why a model gave no answer, and whether asking again can help."""

from __future__ import annotations


class ModelError(Exception):
    """`retry` says whether the same request may succeed later; `status` is the endpoint's HTTP status, 0 if none."""

    retry = False
    message = "The answer model gave no answer."

    def __init__(self, detail: str = "", *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(detail or self.message)
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


class ModelUnavailable(ModelError):
    """Not reachable, failing, or its answer broke off."""

    retry = True
    message = "The answer model cannot be reached."


class ModelTimeout(ModelError):
    retry = True
    message = "The answer model took too long."


class ModelOverloaded(ModelError):
    """Told us to slow down. `retry_after` holds the seconds it asked for, when it did."""

    retry = True
    message = "The answer model is overloaded."


class ModelRefused(ModelError):
    """Will not answer this request: a wrong key, an unknown model, a request it rejects, filtered content."""

    retry = False
    message = "The answer model refused the request."
