"""Plain text, CSV, JSON and XML to pieces."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from typing import Any

from knowledge.parsers.archives import damaged
from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, one_line, table

WRAPPED = 45  # lines at least this long, but for the last, were broken by a program and belong together
MAX_DEPTH = 200

_blank = re.compile(r"\n[ \t]*\n")
_item = re.compile(r"^([ \t]*)(?:[-*+\u2022\u2023\u25aa\u25cf\u25e6]|(\d{1,3})[.)])[ \t]+(?=\S)")
_underline = re.compile(r"^([=\-~^])\1{2,}[ \t]*$")


def read_text(text: str) -> DocumentDraft:
    draft = DocumentDraft()
    for part in _blank.split(re.sub(r"\r\n?|[\f\v\u2028\u2029]", "\n", text)):
        lines = [line.rstrip() for line in part.split("\n") if line.strip()]
        if len(lines) > 1 and _underline.match(lines[1]) and abs(len(lines[0]) - len(lines[1])) <= 3:
            draft.pieces.append(DocumentElement("heading", lines[0], 1 if lines[1][0] == "=" else 2))
            lines = lines[2:]
        draft.pieces += _paragraphs(lines)
    return draft


def _paragraphs(lines: list[str]) -> list[DocumentElement]:
    pieces: list[DocumentElement] = []
    for line in lines:
        item = _item.match(line)
        if item:
            number = f"{item.group(2)}. " if item.group(2) else ""
            pieces.append(
                DocumentElement("list_item", number + line[item.end() :], min(8, len(item.group(1).expandtabs(4)) // 2))
            )
        elif pieces and (pieces[-1].kind == "paragraph" or line.startswith((" ", "\t"))):
            pieces[-1].text += "\n" + line.strip()
        else:
            pieces.append(DocumentElement("paragraph", line.strip()))
    for piece in pieces:
        inner = piece.text.split("\n")
        if piece.kind == "list_item" or all(len(line) >= WRAPPED for line in inner[:-1]):
            piece.text = " ".join(inner)
    return pieces


def read_csv(text: str) -> DocumentDraft:
    lines = text.replace("\0", "").lstrip("\ufeff")
    csv.field_size_limit(1_000_000)
    try:
        rows = list(csv.reader(re.split(r"(?<=\n)|\r(?!\n)", lines), delimiter=_delimiter(lines)))
    except csv.Error as error:
        raise damaged("The CSV file") from error
    return DocumentDraft(list(table(rows)))


def _delimiter(text: str) -> str:
    """The one that parts most of the first lines into the same number of cells."""
    sample = [line for line in text[:20_000].splitlines() if line.strip()][:30]
    if sample and (match := re.match(r"sep=(.)$", sample[0])):
        return match.group(1)

    def agreement(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter)]
        common = max(set(widths), key=widths.count)
        return (widths.count(common) if common > 1 else 0, common)

    return max(",;\t|", key=agreement) if sample else ","


def read_json(text: str) -> DocumentDraft:
    draft = DocumentDraft()
    try:
        data = json.loads(text.lstrip("\ufeff"))
    except ValueError:
        draft = read_text(text)
        draft.warn("read_as_text", "The file is not valid JSON, so it was read as plain text.")
        return draft
    except RecursionError as error:
        raise damaged("The JSON file") from error
    if isinstance(data, list) and len(data) > 1 and all(isinstance(row, dict) and _is_flat(row) for row in data):
        names = list(dict.fromkeys(name for row in data for name in row))
        if len(names) <= 40:
            draft.pieces += table([names, *([_scalar(row.get(name)) for name in names] for row in data)])
            return draft
    _walk(data, draft.pieces)
    return draft


def _walk(data: Any, pieces: list[Any]) -> None:
    """Each value on a line with its name, nested as the data are; without recursion."""
    waiting: list[tuple[str, Any, int]] = [("", data, 0)]
    while waiting:
        name, value, depth = waiting.pop()
        if isinstance(value, dict | list):
            if name:
                pieces.append(DocumentElement("list_item", f"{name}:", min(depth, 8)))
            children = (
                value.items()
                if isinstance(value, dict)
                else ((("" if not isinstance(v, dict | list) else str(i + 1)), v) for i, v in enumerate(value))
            )
            waiting += [(str(key), child, depth + bool(name)) for key, child in reversed(list(children))]
        elif (shown := _scalar(value)) or name:
            pieces.append(DocumentElement("list_item", f"{name}: {shown}" if name else shown, min(depth, 8)))


def _is_flat(row: dict[str, Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in row.values())


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def read_xml(text: str) -> DocumentDraft:
    reader = _XmlText()
    reader.feed(text)
    reader.close()
    reader.flush()
    return reader.draft


class _XmlText(HTMLParser):
    """The text of the elements, each on its own; XML of unknown vocabulary has no better structure."""

    CDATA_CONTENT_ELEMENTS = ()
    RCDATA_CONTENT_ELEMENTS = ()

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.draft = DocumentDraft()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.flush()

    def handle_endtag(self, tag: str) -> None:
        self.flush()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def unknown_decl(self, data: str) -> None:
        self.words.append(data.removeprefix("CDATA["))

    def flush(self) -> None:
        if text := one_line("".join(self.words)):
            self.draft.pieces.append(DocumentElement("paragraph", text))
        self.words.clear()
