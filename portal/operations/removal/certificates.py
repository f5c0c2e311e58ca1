"""The certificate of a removal: what was removed, when, by whom. Signed, so that it can be checked far from here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.operations.backup.manifest import write_private
from portal.security import signing
from portal.security.keys import private_folder

KIND = "knowledge-portal-removal-certificate"


@dataclass(frozen=True, slots=True)
class Certificate:
    json: Path
    text: Path


def issue(content: dict[str, Any]) -> Certificate:
    """Two files: one for programs, which is signed, and the same in words."""
    folder = private_folder(Path(settings.DATA_DIR) / "certificates")
    path = folder / f"{content['tenant']['slug']}-{content['finished_at'][:10]}-{content['id'][:8]}.json"
    envelope = signing.sign({"kind": KIND, "format": 1, **content})
    write_private(path.with_suffix(".txt"), in_words(envelope).encode())
    write_private(path, json.dumps(envelope, ensure_ascii=False, indent=1).encode())
    return Certificate(path, path.with_suffix(".txt"))


def verify(path: Path, *, signed_by: str = "") -> dict[str, Any]:
    """The envelope, if it is a certificate that was signed by that key and not altered since. Raises BadSignature."""
    try:
        envelope = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise signing.BadSignature(f"It cannot be read: {error}.") from None
    content = signing.opened(envelope, signed_by=signed_by)
    if content.get("kind") != KIND:
        raise signing.BadSignature("It is signed, but it is no certificate of a removal.")
    return envelope


def in_words(envelope: dict[str, Any]) -> str:
    certificate, signature = envelope["signed"], envelope["signature"]
    tenant, removed = certificate["tenant"], certificate["removed"]
    tables = [f"  {each['rows']:>9}  {table}" for table, each in removed["rows"].items() if each["rows"]]
    lines = [
        "Certificate of removal",
        "",
        f"Company      {tenant['name']} ({tenant['slug']}, {tenant['id']})",
        f"Removed by   {certificate['by']['name'] or certificate['by']['kind']}",
        f"Asked        {certificate['asked_at']}",
        f"Rows gone    {certificate['removed_at']}",
        f"Finished     {certificate['finished_at']}",
        f"Certificate  {certificate['id']}",
        "",
        "What was removed",
        f"  {sum(each['rows'] for each in removed['rows'].values()):>9}  rows of the database:",
        *("  " + line for line in tables),
        f"  {removed['files']['count']:>9}  files, {removed['files']['bytes']} bytes",
        f"  {sum(removed['index'].values()):>9}  passages of the search index",
        f"  {removed['people']:>9}  people who belonged to no other company: their accounts, and the keys that "
        "made their names in the audit trail readable",
        f"  {removed['sessions']:>9}  sessions",
        f"  {removed['cached']:>9}  entries of the cache",
        "",
        "What was kept",
        f"  {certificate['kept']['audit_events']:>9}  events of the audit trail, unaltered, without the names of these people",
        "",
        "Where the database kept it",
        f"  {certificate['database']}",
        "",
        "Backups",
        *_backups(certificate["backups"]),
        "",
        f"Signed with {signature['algorithm']}, key {signing.fingerprint(signature['public_key'])}",
        f"Public key {signature['public_key']}",
        "The file of the same name ending in .json carries the signature. To check it:",
        "  manage.py verify_certificate FILE --signed-by KEY",
        "",
    ]
    return "\n".join(lines)


def _backups(reached: list[dict[str, str]]) -> list[str]:
    lines = []
    for each in reached:
        if each["outcome"] == "removed":
            lines.append(f"  Removed from {each['folder']}")
        else:
            lines.append(f"  NOT REACHED: {each['folder']} of {each['made_at'][:10]}. {each['reason']}")
    known = "Backups that were made elsewhere, or copied from here, are not known to this installation."
    return [*(lines or ["  None were known."]), f"  {known}"]
