"""Numbers of a workbook as its formats show them: dates, percentages, currencies, decimals."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from knowledge.parsers.archives import attribute, local_name

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm", 19: "h:mm:ss", 20: "h:mm", 21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00",
    40: "#,##0.00",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss",
}  # fmt: skip
DATES_ELSEWHERE = {*range(27, 37), *range(50, 59)}
LAST_DAY = 2_958_465  # the 31st of December 9999

_quoted = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]')
_ignored = re.compile(r"\[[^\]]*\]|[_*].")
_date_letters = re.compile(r"[ymdhs]|am/pm", re.IGNORECASE)


class Formats:
    def __init__(self, tree: Element | None, *, since_1904: bool) -> None:
        self._first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)
        codes = dict(BUILT_IN) | dict.fromkeys(DATES_ELSEWHERE, "yyyy-mm-dd")
        self._styles: list[str] = []
        for element in tree if tree is not None else ():
            if local_name(element.tag) == "numFmts":
                codes |= {int(attribute(form, "numFmtId", "0")): attribute(form, "formatCode") for form in element}
            elif local_name(element.tag) == "cellXfs":
                self._styles = [codes.get(int(attribute(style, "numFmtId", "0")), "") for style in element]

    def shown(self, value: str, style: str) -> str:
        if not value:
            return ""
        try:
            number = float(value)
            code = self._styles[int(style)] if int(style) < len(self._styles) else ""
            return self._formatted(number, code)
        except (ValueError, OverflowError):
            return value

    def _formatted(self, number: float, code: str) -> str:
        code = code.split(";")[0]
        bare = _ignored.sub("", _quoted.sub("", code))
        if not code or code.lower() == "general" or "@" in code or "e+" in bare.lower():
            return plain(number)
        if _date_letters.search(bare) and not re.search(
            r"[0#]", bare.replace("0", "", 0) if "." not in bare else re.sub(r"\.0+", "", bare)
        ):
            return self._date(number, bare.lower())
        return _decorated(number, code, bare)

    def _date(self, number: float, bare: str) -> str:
        if not 0 <= number <= LAST_DAY:
            return plain(number)
        moment = self._first + timedelta(seconds=round(number * 86_400))
        has_day, has_time = bool(re.search(r"[yd]|mmm", bare)), bool(re.search(r"[hs:]", bare))
        if has_time and not has_day:
            if number >= 1:
                seconds = round(number * 86_400)
                return f"{seconds // 3600}:{seconds // 60 % 60:02}"
            return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
        midnight = moment.hour == moment.minute == moment.second == 0
        return f"{moment:%Y-%m-%d %H:%M}" if has_time and not midnight else f"{moment:%Y-%m-%d}"


def plain(number: float) -> str:
    """As a workbook shows a number without a format: no noise of binary fractions."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else f"{number:.10g}"


def _decorated(number: float, code: str, bare: str) -> str:
    decimals = re.search(r"\.([0#?]+)", bare)
    places = len(decimals.group(1)) if decimals else 0
    percent = "%" in bare
    if not re.search(r"[0#?]", bare):
        return plain(number)
    grouped = bool(re.search(r"[#0],[#0]", bare))
    shown = f"{number * 100 if percent else number:{',' if grouped else ''}.{min(places, 10)}f}"
    if decimals and "0" not in decimals.group(1) and "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    literal = _ignored.sub(
        "", _quoted.sub(lambda match: next(part for part in (*match.groups(), "") if part is not None), code)
    )
    body = re.search(r"[0#?][0#?,.]*(?:\s*%)?", literal)
    before, after = (literal[: body.start()], literal[body.end() :]) if body else ("", "")
    return f"{before}{shown}{'%' if percent else ''}{after}".strip()
