"""The same time for every answer, so that a clock does not tell what the words keep quiet: if an address is known."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def evenly() -> Iterator[None]:
    """Leaves at the next full step after it was entered. The work inside differs by less than a step."""
    began = time.monotonic()
    try:
        yield
    finally:
        wait(began)


def wait(began: float) -> None:
    step = settings.EVEN_STEP
    if step:
        spent = time.monotonic() - began
        time.sleep(math.ceil(spent / step) * step - spent)
