"""Office files are zip archives: written again with fixed times, so that the same source gives the same bytes."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from pathlib import Path


def at_noon(iso: str) -> datetime:
    return datetime.fromisoformat(iso).replace(hour=12)


def settle(path: Path, iso: str) -> None:
    moment = at_noon(iso)
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, info.compress_type, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, compression, body in members:
            if name == "docProps/core.xml":  # openpyxl stamps the time of writing itself
                stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                body = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, body)
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.compress_type = compression
            archive.writestr(info, body)
