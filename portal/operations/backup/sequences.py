"""The numbers of the trail's rows. A full restore keeps them, so new rows must get numbers above all that are coming."""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.db import connection, transaction

from portal.operations.backup import tables
from portal.operations.backup.check import Backup

TAIL_BYTES = 1024 * 1024  # read from the end of a file of rows to find its last line


def reserve(backup: Backup) -> None:
    """Moves the counter of each table of the trail past the highest number in the backup.

    Each restored company records an event. Without this that event would take the number of another company's event.
    """
    folders = [part.folder for part in backup.parts] + ([backup.installation] if backup.installation else [])
    for model in tables.LEDGER:
        reserve_up_to(
            model, max((_highest(folder / "rows" / f"{model._meta.label}.jsonl") for folder in folders), default=0)
        )


def reserve_up_to(model: tables.Model, highest: int) -> None:
    """The next row of this table gets a number above `highest`."""
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Numbers are drawn, not set: that needs no right but to use the sequence.
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            sequence = cursor.fetchone()[0]
            cursor.execute("SELECT nextval(%s)", [sequence])
            drawn = cursor.fetchone()[0]
            if drawn < highest:
                cursor.execute("SELECT max(nextval(%s)) FROM generate_series(1, %s)", [sequence, highest - drawn])
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s", [highest, table])
        cursor.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT %s, %s"
            " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)",
            [table, highest, table],
        )


def _highest(path: Path) -> int:
    """Of a file of rows in the order of their numbers: that of its last line. 0 if it is empty or missing."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        lines = file.read().splitlines()
    return json.loads(lines[-1])["id"] if lines else 0
