"""Excel workbooks to pieces: each sheet a page, its rows as a person sees them, without hidden rows and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from knowledge.parsers.archives import Archive, attribute, damaged, local_name
from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, Page, one_line, table
from knowledge.parsers.formats.ooxml import OFF, main_part, note_properties, relationships
from knowledge.parsers.formats.xlsx_numbers import Formats
from knowledge.parsers.read import ParseContext
from knowledge.parsers.safe_xml import iterate_xml

MAX_CELLS = 2_000_000

Row = dict[int, str]  # column, from 0, to what it shows

_reference = re.compile(r"([A-Z]{1,3})(\d+)$")


def read_xlsx(reading: ParseContext) -> DocumentDraft:
    archive = Archive(reading.source, reading.limits)
    try:
        return _read(archive, reading)
    finally:
        archive.close()


def _read(archive: Archive, reading: ParseContext) -> DocumentDraft:
    draft = DocumentDraft(headings_name_it=False)
    part = main_part(archive, "xl/workbook.xml")
    workbook, relations = archive.xml(part), relationships(archive, part)
    by_kind = dict(relations.values())
    strings = _strings(archive, by_kind.get("sharedStrings", "xl/sharedStrings.xml"))
    properties = next((element for element in workbook if local_name(element.tag) == "workbookPr"), None)
    since_1904 = properties is not None and attribute(properties, "date1904", "0").lower() not in OFF
    formats = Formats(archive.optional_xml(by_kind.get("styles", "xl/styles.xml")), since_1904=since_1904)
    note_properties(archive, draft)
    sheets = [element for element in workbook.iter() if local_name(element.tag) == "sheet"]
    shown = 0
    for sheet in sheets:
        kind, target = relations.get(attribute(sheet, "id"), ("", ""))
        if attribute(sheet, "state") in {"hidden", "veryHidden"}:
            draft.warn("hidden_sheets", "Sheets that are hidden in the workbook were read as well.")
        if kind != "worksheet" or target not in archive:
            continue
        shown += 1
        name = one_line(attribute(sheet, "name"))
        draft.pieces += [Page(shown, sheet_label(name)), DocumentElement("heading", name, 2)]
        rows = list(_rows(archive.read(target), strings, formats, draft))
        draft.pieces += sheet_pieces(rows)
        reading.on_progress(shown, len(sheets))
    if not any(isinstance(piece, DocumentElement) and piece.kind != "heading" for piece in draft.pieces):
        draft.pieces.clear()
    return draft


def sheet_label(name: str) -> str:
    return name if re.match(r"(?:sheet|tabelle|hoja|feuil|blatt)", name, re.IGNORECASE) else f"Sheet {name}"


def sheet_pieces(rows: list[Row]) -> Iterator[DocumentElement]:
    """Tables of a sheet are parted by empty rows. A lone cell above a table is its caption."""
    group: list[Row] = []
    for row in [*rows, {}]:
        if row:
            group.append(row)
        elif group:
            while len(group) > 1 and len(group[0]) == 1 and any(len(other) > 1 for other in group):
                yield DocumentElement("paragraph", *group.pop(0).values())
            columns = sorted({column for row in group for column in row})
            yield from table([[row.get(column, "") for column in columns] for row in group])
            group = []


def _strings(archive: Archive, part: str) -> list[str]:
    tree = archive.optional_xml(part)
    return [_text(item) for item in tree if local_name(item.tag) == "si"] if tree is not None else []


def _text(item: Element) -> str:
    """The runs of a string, without the reading aids of East Asian text."""
    parts = []
    for child in item:
        name = local_name(child.tag)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts += [text.text or "" for text in child if local_name(text.tag) == "t"]
    return "".join(parts)


def _rows(data: bytes, strings: list[str], formats: Formats, draft: DocumentDraft) -> Iterator[Row]:
    """In order of the file; empty ones in between are given as empty, so that tables can be told apart."""
    hidden: set[int] = set()
    cells, last = 0, 0
    try:
        for element in iterate_xml(data):
            name = local_name(element.tag)
            if name == "col" and attribute(element, "hidden", "0") not in OFF:
                first, final = int(attribute(element, "min", "1")), int(attribute(element, "max", "1"))
                if final - first < 1000:  # "every column from here on" only trims the view
                    hidden.update(range(first - 1, final))
            elif name == "row":
                number = int(attribute(element, "r", str(last + 1)))
                row = {column: value for column, value in _cells(element, strings, formats) if value}
                cells += len(row)
                if cells > MAX_CELLS:
                    raise damaged("The workbook")
                unseen = set(row) if attribute(element, "hidden", "0") not in OFF else set(row) & hidden
                if unseen:
                    draft.warn_hidden()
                row = {column: value for column, value in row.items() if column not in unseen}
                if row:
                    if number > last + 1:
                        yield {}
                    yield row
                    last = number
                element.clear()
    except (ValueError, OverflowError) as error:
        raise damaged("The workbook") from error


def _cells(row: Element, strings: list[str], formats: Formats) -> Iterator[tuple[int, str]]:
    column = -1
    for cell in row:
        if local_name(cell.tag) != "c":
            continue
        reference = _reference.match(attribute(cell, "r"))
        column = _column(reference.group(1)) if reference else column + 1
        parts = {local_name(child.tag): child for child in cell}
        value = parts["v"].text or "" if "v" in parts else ""
        match attribute(cell, "t", "n"):
            case "s":
                yield column, strings[int(value)] if value.isdigit() and int(value) < len(strings) else ""
            case "inlineStr":
                yield column, _text(parts["is"]) if "is" in parts else ""
            case "b":
                yield column, {"1": "TRUE", "0": "FALSE"}.get(value, value)
            case "n":
                yield column, formats.shown(value, attribute(cell, "s", "0"))
            case _:
                yield column, value


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
