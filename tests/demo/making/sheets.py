from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from making.archives import at_noon, settle
from making.markup import plain, read

HEAD = PatternFill("solid", fgColor="E3EDF1")
LINE = Border(bottom=Side(style="thin", color="C9C4B8"))


def write(source: str, about: dict, path: Path) -> None:
    """One sheet for each heading: its notes first, then its table."""
    title, parts = read(source)
    book = Workbook()
    book.remove(book.active)
    for part in parts:
        if part.kind == "heading":
            sheet = book.create_sheet(part.text)
            sheet.append([f"{title}: {part.text}"])
            sheet["A1"].font = Font(bold=True, size=14, color="0B4F6C")
        elif part.kind == "table":
            sheet.append([])
            _add_table(sheet, part.rows)
        else:
            sheet.append([plain(part.text)])
    book.properties.title, book.properties.creator = title, about["owner"]
    book.properties.created = book.properties.modified = at_noon(about["date"])
    book.save(path)
    settle(path, about["date"])


def _add_table(sheet, rows) -> None:
    first = sheet.max_row + 1 if sheet.max_row > 1 else 3
    for row in rows:
        sheet.append([_value(cell) for cell in row])
    for line in sheet.iter_rows(min_row=first):
        for cell in line:
            cell.border, cell.alignment = LINE, Alignment(vertical="top")
            if isinstance(cell.value, date):
                cell.number_format = "d mmm yyyy"
            elif isinstance(cell.value, float):
                cell.number_format = "0.00"
    for cell in next(sheet.iter_rows(min_row=first, max_row=first)):
        cell.font, cell.fill = Font(bold=True), HEAD
    for number in range(len(rows[0])):
        longest = max(len(row[number]) for row in rows)
        sheet.column_dimensions[get_column_letter(number + 1)].width = min(60, max(11, longest + 2))
    sheet.freeze_panes = sheet.cell(first + 1, 1)


def _value(cell: str):
    if re.fullmatch(r"\d+", cell):
        return int(cell)
    if re.fullmatch(r"\d+\.\d+", cell):
        return float(cell)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return date.fromisoformat(cell)
    return cell or None
