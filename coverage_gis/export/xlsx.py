"""Workbooks for offices: frozen heads, number formats, inert text, the same bytes every time."""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from coverage_gis.export.text import no_formula, plain
from coverage_gis.store.atomic import write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

TEXT: Final = "@"
PEOPLE: Final = "#,##0"
RATE: Final = "0.0%"
METRES: Final = "#,##0"
NUMBER: Final = "0"
GINI: Final = "0.000"
CHANGE: Final = "+0.0%;-0.0%;0.0%"
"""A share more or less."""
POINTS: Final = "+0.0;-0.0;0.0"
"""Percentage points more or less."""

_STAMP: Final = (2020, 1, 1, 0, 0, 0)
_MODIFIED: Final = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_HEAD: Final = PatternFill("solid", fgColor="FFDCE6F1")
_LINE: Final = Border(bottom=Side(style="thin", color="FF808080"))
_WRAP: Final = Alignment(wrap_text=True, vertical="center", horizontal="center")
_WIDTH: Final = {
    TEXT: 16.0,
    PEOPLE: 11.0,
    RATE: 9.5,
    NUMBER: 8.0,
    GINI: 8.0,
    CHANGE: 9.5,
    POINTS: 9.5,
}
_TEXT_WIDTH: Final = 96
_A3: Final = 8
"""Excel's number of the paper that Japanese offices print wide tables on."""
_A4: Final = 9
_PAGE_WIDTH: Final = 360
"""Characters across one A3 page in print that can still be read; wider sheets take several."""
_LIST_WIDTH, _LIST_ROWS = 220, 60
"""A table as narrow and as long as this is a list, printed upright: more rows to a page."""


@dataclass(frozen=True)
class SheetColumn:
    """A column: its heads from top to bottom, its values and how they are shown.

    Equal heads side by side in all rows of heads but the last are one wide cell.
    """

    heads: tuple[str, ...]
    values: Sequence[Any]
    number_format: str = TEXT
    width: float | None = None


@dataclass(frozen=True)
class Sheet:
    """A sheet: sentences, or sentences above a table.

    Attributes
    ----------
    title
        At most 31 characters, no brackets, colons, slashes or ``*?``.
    notes
        Sentences above the table, which freezes below its heads.
    columns
        All of one length and with one number of heads.
    frozen
        How many columns at the left stay in view.
    bold
        Rows (from 0) in bold: totals.
    """

    title: str
    notes: Sequence[str] = ()
    columns: Sequence[SheetColumn] = ()
    frozen: int = 0
    bold: frozenset[int] = field(default_factory=frozenset)


def write_workbook(path: Path, sheets: Sequence[Sheet], *, title: str) -> None:
    """Write a workbook.

    Text is text, whatever it begins with: cells are typed, what looks like a formula also has
    the apostrophe that :mod:`coverage_gis.export.text` gives it. Null is an empty cell. Dates of
    the file and of its parts are fixed.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_bytes(path, workbook_bytes(sheets, title=title))


def workbook_bytes(sheets: Sequence[Sheet], *, title: str) -> bytes:
    """Return the bytes of :func:`write_workbook`."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = plain(title)
    book.properties.creator = "coverage_gis"
    book.properties.created = datetime(*_STAMP)  # noqa: DTZ001 - the format has no zone
    for sheet in sheets:
        _fill(book.create_sheet(sheet.title), sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_clock(buffer.getvalue())


def _fill(page: Worksheet, sheet: Sheet) -> None:
    for number, note in enumerate(sheet.notes, start=1):
        cell = page.cell(number, 1)
        _put(cell, note, TEXT)
        if number == 1:
            cell.font = Font(bold=True, size=12)
        elif not sheet.columns:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_setup.fitToHeight = 0
    page.oddFooter.center.text = "&A  &P / &N"
    if not sheet.columns:
        page.column_dimensions["A"].width = _TEXT_WIDTH
        page.page_setup.orientation = "portrait"
        page.page_setup.paperSize = _A4
        page.page_setup.fitToWidth = 1
        return
    top = len(sheet.notes) + (2 if sheet.notes else 1)
    heads = len(sheet.columns[0].heads)
    _heads(page, sheet.columns, top)
    first = top + heads
    for number, column in enumerate(sheet.columns, start=1):
        for row, value in enumerate(column.values):
            cell = page.cell(first + row, number)
            _put(cell, value, column.number_format)
            if row in sheet.bold:
                cell.font = Font(bold=True)
        width = column.width or _WIDTH.get(column.number_format, 10.0)
        page.column_dimensions[get_column_letter(number)].width = width
    page.freeze_panes = page.cell(first, sheet.frozen + 1)
    rows = len(sheet.columns[0].values)
    last = get_column_letter(len(sheet.columns))
    page.auto_filter.ref = f"A{first - 1}:{last}{first - 1 + rows}"
    wide = sum(c.width or _WIDTH.get(c.number_format, 10.0) for c in sheet.columns)
    upright = wide <= _LIST_WIDTH and rows >= _LIST_ROWS
    page.page_setup.orientation = "portrait" if upright else "landscape"
    page.page_setup.paperSize = _A3
    page.page_setup.fitToWidth = max(1, math.ceil(wide / _PAGE_WIDTH))
    if sheet.frozen:
        page.print_title_cols = f"A:{get_column_letter(sheet.frozen)}"
    page.print_title_rows = f"{top}:{first - 1}"


def _heads(page: Worksheet, columns: Sequence[SheetColumn], top: int) -> None:
    heads = len(columns[0].heads)
    for number, column in enumerate(columns, start=1):
        for level, text in enumerate(column.heads):
            cell = page.cell(top + level, number)
            _put(cell, text, TEXT)
            cell.font, cell.fill = Font(bold=True), _HEAD
            cell.alignment, cell.border = _WRAP, _LINE
    for level in range(heads - 1):
        start = 0
        for end in range(1, len(columns) + 1):
            above = columns[start].heads[: level + 1]
            if end < len(columns) and columns[end].heads[: level + 1] == above:
                continue
            if end - start > 1 and above[-1]:
                row = top + level
                page.merge_cells(start_row=row, end_row=row, start_column=start + 1, end_column=end)
            start = end


def _put(cell: Cell, value: object, number_format: str) -> None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return
    if isinstance(value, str):
        text = no_formula(plain(value))
        cell.value = text
        cell.data_type = "s"
    elif isinstance(value, (bool, np.bool_)):
        cell.value = bool(value)
    elif isinstance(value, (int, np.integer)):
        cell.value = int(value)
    else:
        # What no office reads, and what libraries differ in, is not written.
        cell.value = float(f"{float(value):.10g}")  # type: ignore[arg-type]  # a number by now
    cell.number_format = number_format


def _without_clock(data: bytes) -> bytes:
    """Return the workbook with fixed dates in its properties and its archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(rb"\g<1>2020-01-01T00:00:00Z\g<2>", part)
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            new.writestr(entry, part)
    return out.getvalue()
