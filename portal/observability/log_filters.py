"""Log lines that an operator can read during an outage: each with its request, repetitions counted instead of written."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from django.core.exceptions import DisallowedHost

from audit.ledger.request_id import current_origin

WINDOW_SECONDS = 60.0
PLAIN_LINES_PER_WINDOW = 5  # of one message; a traceback is written once
MAX_REMEMBERED = 500  # different messages; the one not seen for longest is forgotten first


class AddRequestId(logging.Filter):
    """Sets `record.request` to ` request=…`, the id that `X-Request-ID` and the error page name, or to nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = current_origin().request_id
        record.request = f" request={request_id}" if request_id else ""
        return True


class DropExpectedUnavailable(logging.Filter):
    """Drops Django's own line for a 503 or 507: `portal.unavailable` has written a better one."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) not in (503, 507) or bool(record.exc_info)


class QuietRefusal(logging.Filter):
    """Turns Django's error with a traceback for a request that it refuses to read into one warning.

    Belongs on loggers of `django.security`. Whoever sends such requests chooses their words, so these are shortened,
    escaped and left out of the message that `CountRepetitions` compares.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, DisallowedHost):
            host = getattr(record, "request", None) and record.request.META.get("HTTP_HOST", "")
            record.msg, record.args = "Refused a request for a host that ALLOWED_HOSTS does not name: %.100a", (host,)
        else:
            record.msg, record.args = "Refused a request: %.100a", (record.getMessage(),)
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


@dataclass(slots=True)
class _Repetitions:
    since: float
    written: int = 0
    suppressed: int = 0


class CountRepetitions(logging.Filter):
    """Lets a traceback through once in WINDOW_SECONDS and any other warning PLAIN_LINES_PER_WINDOW times.

    What follows is counted. When the window ends the count is written as one line, by a timer, so that it appears even
    if nothing else is logged. Belongs on a handler. Loggers in `every_line` are exempt: their lines are data.
    """

    def __init__(self, every_line: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.every_line = every_line
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple, _Repetitions] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or record.name in self.every_line or hasattr(record, "is_count"):
            return True
        key, limit = _key_of(record), 1 if record.exc_info else PLAIN_LINES_PER_WINDOW
        with self._lock:
            repetitions = self._seen.get(key)
            now = time.monotonic()
            if repetitions is None or (now - repetitions.since > WINDOW_SECONDS and not repetitions.suppressed):
                repetitions = self._seen[key] = _Repetitions(now)
            self._seen.move_to_end(key)
            while len(self._seen) > MAX_REMEMBERED:
                self._seen.popitem(last=False)
            if repetitions.written < limit:
                repetitions.written += 1
                return True
            repetitions.suppressed += 1
            if repetitions.suppressed == 1:
                left = max(0.0, WINDOW_SECONDS - (now - repetitions.since))
                timer = threading.Timer(left, self._write_count, (key, record))
                timer.daemon = True
                timer.start()
            return False

    def _write_count(self, key: tuple, record: logging.LogRecord) -> None:
        with self._lock:
            repetitions = self._seen.pop(key, None)
        if repetitions is None:
            return
        logging.getLogger(record.name).log(
            record.levelno,
            "%d more times in %.0f s: %s%s",
            repetitions.suppressed,
            time.monotonic() - repetitions.since,
            record.getMessage().partition("\n")[0][:200],
            f" ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else "",
            extra={"is_count": True},
        )


def _key_of(record: logging.LogRecord) -> tuple:
    """Same logger, same message before its arguments are filled in, same exception from the same line."""
    if not record.exc_info or record.exc_info[0] is None:
        return record.name, record.levelno, str(record.msg)
    kind, _, traceback = record.exc_info
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = (traceback.tb_frame.f_code.co_filename, traceback.tb_lineno) if traceback else ()
    return record.name, record.levelno, str(record.msg), kind, where
