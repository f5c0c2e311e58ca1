"""E-mail files to pieces: the headers a person reads, then the body."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from knowledge.parsers.archives import damaged
from knowledge.parsers.base import ParseFailed
from knowledge.parsers.decode import decode
from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, one_line
from knowledge.parsers.formats.html import read_html
from knowledge.parsers.formats.plain import read_text

SHOWN_HEADERS = ("From", "To", "Cc", "Date")
ENCRYPTED_TYPES = {"multipart/encrypted", "application/pgp-encrypted"}
SMIME_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
MAX_PARTS = 500
# Characters. The time that Python's parser needs for a header grows with the square of its length.
LONGEST_HEADER = 4_000  # about a hundred addresses
LONGEST_OF_PART = 1_000  # of those that each part has: Content-Type and the like


class _ShortHeaders(email.policy.EmailPolicy):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: LONGEST_OF_PART if name.lower().startswith("content-") else LONGEST_HEADER]


POLICY = _ShortHeaders()


def encrypted_mail() -> ParseFailed:
    return ParseFailed(
        "encrypted_mail",
        "The message is encrypted.",
        "Open it in your mail program, where it can be read, and save it there without encryption.",
    )


def read_mail(text: str) -> DocumentDraft:
    try:
        message = email.message_from_string(text.lstrip("\ufeff\r\n"), policy=POLICY)
        parts = list(_parts(message))
        draft = _headers(message)
        body = _body(parts)
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise damaged("The message") from error
    if any(part.get_content_type() in ENCRYPTED_TYPES or _is_enveloped(part) for part in parts):
        raise encrypted_mail()
    if any("-----BEGIN PGP MESSAGE-----" in piece.text for piece in body.pieces if isinstance(piece, DocumentElement)):
        raise encrypted_mail()
    draft.pieces += body.pieces
    draft.warnings += body.warnings
    if not body.pieces and not draft.title:
        draft.pieces.clear()
    if attached := [one_line(part.get_filename() or part.get_content_type()) for part in parts if part.is_attachment()]:
        draft.warn("attachments_not_read", f"Attachments are not read with the message: {', '.join(attached[:10])}.")
    return draft


def _parts(message: EmailMessage) -> list[EmailMessage]:
    parts: list[EmailMessage] = []
    for part in message.walk():
        parts.append(part)
        if len(parts) > MAX_PARTS:
            raise damaged("The message")
    return parts


def _is_enveloped(part: EmailMessage) -> bool:
    kind = (part.get_param("smime-type") or "enveloped-data") if part.get_content_type() in SMIME_TYPES else ""
    return bool(kind) and str(kind).lower() not in {"signed-data", "certs-only"}


def _headers(message: EmailMessage) -> DocumentDraft:
    draft = DocumentDraft(title=one_line(_header(message, "Subject")), author=one_line(_header(message, "From")))
    if draft.title:
        draft.pieces.append(DocumentElement("heading", draft.title, 1))
    lines = [f"{name}: {one_line(value)}" for name in SHOWN_HEADERS if (value := _header(message, name))]
    if lines:
        draft.pieces.append(DocumentElement("paragraph", "\n".join(lines)))
    try:
        draft.created = parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        draft.created = ""
    return draft


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message[name] or "")
    except Exception:  # the header parser has raised nearly everything on hostile headers
        return ""


def _body(parts: list[EmailMessage]) -> DocumentDraft:
    """The plain text, or the HTML where there is none."""
    body = DocumentDraft()
    texts = [part for part in parts if part.get_content_maintype() == "text" and not part.is_attachment()]
    for subtype, read in (("plain", read_text), ("html", read_html)):
        for part in texts:
            if part.get_content_subtype() == subtype:
                found = read(_content(part))
                body.pieces += found.pieces
                body.warnings += found.warnings
        if body.pieces:
            break
    return body


def _content(part: EmailMessage) -> str:
    """The text of a part. What the charset label cannot decode is decoded by what the bytes look like."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload())
    raw = part.get_payload()
    if (
        isinstance(raw, str)
        and not raw.isascii()
        and str(part.get("Content-Transfer-Encoding", "7bit")).lower() not in {"base64", "quoted-printable"}
    ):
        return raw  # the file was decoded as a whole already
    try:
        return payload.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return decode(payload)[0]
