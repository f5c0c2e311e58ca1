"""Text in pictures, by rapidocr: upright again if the page lies on its side, words apart, lines in reading order.

Loading takes most of a second and half a gigabyte, so only the process that reads scans imports this module.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from knowledge.parsers.base import ParseFailed
from knowledge.parsers.formats.pdf_lines import PdfLine

LONGEST_SIDE = 2000  # dots; beyond it the recogniser gets slower, not better
FINDING_SIDE = 1440
SHORTEST_SIDE = 900  # a small picture is enlarged, since letters need some twenty dots
LEAST_SCORE = 0.55
TALL = 1.5  # a box that much higher than wide holds a line that runs upwards or downwards
SURE = 0.9
WORD_GAP = 0.2  # of the height of the ink
WIDE_WORD_GAP = 0.3


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A line of text and its box in dots from the upper left corner of the upright picture."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


class Recogniser:
    def __init__(self) -> None:
        try:
            with _without_messages():
                from rapidocr_onnxruntime import RapidOCR
            threads = max(1, min(2, os.cpu_count() or 1))
            self._engine = RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1, max_side_len=LONGEST_SIDE)
        except Exception as error:
            raise ParseFailed(
                "ocr_failed",
                "The text recognition could not be started.",
                "Try again later. If this continues, tell the operator of the portal.",
                permanent=False,
            ) from error

    def read(self, picture: np.ndarray) -> tuple[list[OcrLine], int, int]:
        """Lines in reading order, and width and height of the upright picture. `picture` has three colours a dot."""
        picture = _sized(picture)
        boxes = self._boxes(picture)
        if boxes and sum(_is_tall(box) for box in boxes) > len(boxes) / 2:
            picture = np.ascontiguousarray(np.rot90(picture))
            boxes = self._boxes(picture)
        height, width = picture.shape[:2]
        if not boxes:
            return [], width, height
        crops = self._engine.get_crop_img_list(picture, boxes)
        crops, turns, _ = self._engine.text_cls(crops)
        if sum(label == "180" and score > SURE for label, score in turns) > len(turns) / 2:
            boxes = [np.array([width, height]) - box for box in boxes]
        results, _ = self._engine.text_rec(crops, True)
        found = [
            _line_from_result(result, box, crop)
            for result, box, crop in zip(results, boxes, crops, strict=True)
            if result[1] >= LEAST_SCORE
        ]
        return _in_reading_order([line for line in found if line.text.strip()]), width, height

    def _boxes(self, picture: np.ndarray) -> list[np.ndarray]:
        """Where lines are shows in a smaller picture too, in less than half of the time."""
        small = _sized(picture, most=FINDING_SIDE)
        boxes, _ = self._engine.auto_text_det(small)
        scale = picture.shape[0] / small.shape[0]
        return [(box * scale).astype(np.float32) for box in boxes] if boxes is not None else []


def lines_of(recogniser: Recogniser, picture: np.ndarray, width: float, height: float) -> list[PdfLine]:
    """As lines of a page of this size, in points from the lower left corner."""
    found, across, down = recogniser.read(picture)
    x, y = max(width, 1) / max(across, 1), max(height, 1) / max(down, 1)
    return [
        PdfLine(line.text, line.left * x, (down - line.bottom) * y, line.right * x, (down - line.top) * y)
        for line in found
    ]


@contextmanager
def _without_messages() -> Iterator[None]:
    """ONNX Runtime looks for graphics cards when it is loaded, and complains that it may not."""
    before, nowhere = os.dup(2), os.open("/dev/null", os.O_RDONLY)  # for reading: writing to it fails, too
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def _sized(picture: np.ndarray, *, most: int = LONGEST_SIDE) -> np.ndarray:
    import cv2

    longest = max(picture.shape[:2])
    goal = most if longest > most else SHORTEST_SIDE if longest < SHORTEST_SIDE else longest
    if goal == longest:
        return picture
    scale = goal / longest
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _is_tall(box: np.ndarray) -> bool:
    return bool(np.ptp(box[:, 1]) > TALL * np.ptp(box[:, 0]))


def _line_from_result(result: Any, box: np.ndarray, crop: np.ndarray) -> OcrLine:
    text, _, positions = result[0], result[1], result[2]
    left, top = box.min(axis=0)
    right, bottom = box.max(axis=0)
    return OcrLine(_narrow(_spaced(text, positions, crop)), float(left), float(top), float(right), float(bottom))


def _spaced(text: str, positions: Any, crop: np.ndarray) -> str:
    """The recogniser often leaves out the spaces of a line; the gaps in its ink show where they belong."""
    columns, words, places = positions[0], positions[1], positions[2]
    width = crop.shape[1] / columns
    letters = [
        (letter, (place + 0.5) * width)
        for word, where in zip(words, places, strict=True)
        for letter, place in zip(word, where, strict=False)
        if letter != " "
    ]
    if "".join(letter for letter, _ in letters) != text.replace(" ", ""):
        return text
    spaced, at, gaps = "", 0, _word_gaps(crop, text)
    for number, (letter, x) in enumerate(letters):
        had_space = at < len(text) and text[at] == " "
        while at < len(text) and text[at] == " ":
            at += 1
        before = letters[number - 1] if number else None
        if before and (had_space or (_may_part(before[0], letter) and any(before[1] < gap < x for gap in gaps))):
            spaced += " "
        spaced += letter
        at += 1
    return spaced


def _narrow(text: str) -> str:
    """Among Latin letters the recogniser's full-width brackets and colons are its habit, not the page's."""
    return text if any(0x2E80 <= ord(letter) < 0xFF00 for letter in text) else unicodedata.normalize("NFKC", text)


def _may_part(before: str, after: str) -> bool:
    """Both of scripts that put spaces between words; within a number a narrow figure leaves a gap of its own."""
    if before.isdigit() and (after.isdigit() or after in ".,-/:%"):
        return False
    return ord(before) < 0x2E80 and ord(after) < 0x2E80 and not (before in ".,-/:" and after.isdigit())


def _word_gaps(crop: np.ndarray, text: str) -> list[float]:
    """The middles of the gaps that are as wide as a space."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY)
    _, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if ink.mean() > 0.5:  # light letters on a dark ground
        ink = 1 - ink
    ink = ink[ink.mean(axis=1) < 0.8]  # without the rules of a table
    rows = np.flatnonzero(ink.any(axis=1))
    columns = np.flatnonzero(ink.sum(axis=0) > 0)
    if len(rows) < 4 or len(columns) < 2:
        return []
    widths = np.diff(columns) - 1
    between = widths[widths > 0]
    if not len(between):
        return []
    least = _least_word_gap(between, float(rows[-1] - rows[0] + 1), text)
    return [float(columns[i] + columns[i + 1]) / 2 for i in np.flatnonzero(widths >= least)]


def _least_word_gap(widths: np.ndarray, height: float, text: str) -> float:
    """Capitals and figures stand wider apart, and their ink is less high, than small letters with their strokes."""
    if any(letter.islower() for letter in text):
        return WORD_GAP * height
    return max(WIDE_WORD_GAP * height, 2 * float(np.percentile(widths, 25)))


def _in_reading_order(lines: list[OcrLine]) -> list[OcrLine]:
    """Rows from top to bottom, each from left to right."""
    rows: list[list[OcrLine]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom) / 2):
        row = rows[-1] if rows else None
        if row and min(line.bottom, row[0].bottom) - max(line.top, row[0].top) > 0.5 * min(
            line.bottom - line.top, row[0].bottom - row[0].top
        ):
            row.append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]
