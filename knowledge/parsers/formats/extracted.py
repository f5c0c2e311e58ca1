"""Formats that kreuzberg reads for us: RTF, Outlook messages, old Office files, other spreadsheets and slides."""

from __future__ import annotations

from typing import Any

from knowledge.parsers.archives import damaged
from knowledge.parsers.base import ParseFailed
from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, Page, table
from knowledge.parsers.formats.html import iso_date
from knowledge.parsers.formats.mail import encrypted_mail
from knowledge.parsers.formats.plain import read_text
from knowledge.parsers.formats.xlsx import sheet_label, sheet_pieces
from knowledge.parsers.read import ParseContext
from knowledge.parsers.sniff import MSG, ODS, XLS, XLSB, password_protected

SHEETS = {XLS, XLSB, ODS}
ENCRYPTED_ATTACHMENTS = ("pgp-encrypted", ".pgp", "smime.p7m", ".p7m")


def read_extracted(reading: ParseContext) -> DocumentDraft:
    from kreuzberg import ExtractionConfig, KreuzbergError, extract_bytes_sync

    config = ExtractionConfig(
        use_cache=False, output_format="plain", include_document_structure=True, enable_quality_processing=False
    )
    try:
        result = extract_bytes_sync(reading.source.read(), reading.media_type, config)
    except (KreuzbergError, Exception) as error:  # its typed errors share no base with those of its core
        raise _failure(error) from error
    draft = DocumentDraft()
    _note_properties(result.metadata, draft)
    if reading.media_type == MSG:
        _refuse_encrypted(result)
        draft.pieces.append(DocumentElement("heading", draft.title, 1))
    if reading.media_type in SHEETS:
        _sheets(result, draft)
    else:
        for node in (result.document or {}).get("nodes", []):
            draft.pieces += _pieces(node["content"], draft)
        if not draft.pieces:
            draft.pieces += read_text(result.content).pieces
    return draft


def _failure(error: Exception) -> ParseFailed:
    words = str(error).lower()
    if "password" in words or "encrypt" in words:
        return password_protected()
    return damaged()


def _note_properties(metadata: dict[str, Any], draft: DocumentDraft) -> None:
    draft.title = str(
        metadata.get("subject") if metadata.get("format_type") == "email" else metadata.get("title") or ""
    )
    draft.title = "" if draft.title == "None" else draft.title
    draft.author = ", ".join(str(name) for name in metadata.get("authors") or [])
    draft.created = iso_date(str(metadata.get("created_at") or ""))
    if attached := metadata.get("attachments"):
        names = ", ".join(str(name) for name in attached[:10]) if isinstance(attached, list) else str(attached)
        draft.warn("attachments_not_read", f"Attachments are not read with the message: {names}.")


def _refuse_encrypted(result: Any) -> None:
    names = [str(name).lower() for name in result.metadata.get("attachments") or []]
    says_little = not any(node["content"].get("text", "").strip() for node in (result.document or {}).get("nodes", []))
    if "-----BEGIN PGP MESSAGE-----" in result.content or (
        says_little and any(name.endswith(ENCRYPTED_ATTACHMENTS) for name in names)
    ):
        raise encrypted_mail()


def _sheets(result: Any, draft: DocumentDraft) -> None:
    draft.headings_name_it = False
    names = result.metadata.get("sheet_names") or []
    tables = {found.page_number: found.cells for found in result.tables}
    for number in sorted(set(tables) | set(range(1, len(names) + 1))):
        name = names[number - 1] if number <= len(names) else ""
        draft.pieces += [Page(number, sheet_label(name)), DocumentElement("heading", name, 2)]
        draft.pieces += sheet_pieces(
            [{i: cell for i, cell in enumerate(row) if cell.strip()} for row in tables.get(number, [])]
        )


def _pieces(content: dict[str, Any], draft: DocumentDraft) -> list[Any]:
    kind, text = content["node_type"], content.get("text") or ""
    if kind == "heading":
        return [DocumentElement("heading", text, min(max(int(content.get("level") or 1), 1), 6))]
    if kind == "table":
        return list(table(_grid(content["grid"])))
    if kind == "metadata_block":
        lines = [
            f"{name}: {value}" for name, value in content.get("entries", []) if name in {"From", "To", "Cc", "Date"}
        ]
        return [DocumentElement("paragraph", "\n".join(lines))]
    if kind == "slide":
        return [
            Page(int(content.get("number") or 1), f"Slide {content.get('number') or 1}"),
            DocumentElement("heading", content.get("title") or "", 2),
        ]
    if kind in {"list_item", "code"}:
        return [DocumentElement(kind, text)]
    return list(read_text(text).pieces) if text else []


def _grid(grid: dict[str, Any]) -> list[list[str]]:
    rows = [[""] * grid["cols"] for _ in range(grid["rows"])]
    for cell in grid["cells"]:
        if cell["row"] < grid["rows"] and cell["col"] < grid["cols"]:
            rows[cell["row"]][cell["col"]] = cell["content"]
    return rows
