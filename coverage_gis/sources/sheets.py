"""Sheets of text cells from what offices call a CSV or an Excel file.

The content decides, not the name: an ``.xlsx`` saved as ``.csv`` and a CSV called ``.xlsx`` are
both read. Sizes are bounded, so that no forged workbook can fill the memory.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import struct
import warnings
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import openpyxl

from coverage_gis.errors import InputError
from coverage_gis.sources.tabular import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openpyxl.workbook import Workbook

MAX_CELLS: Final = 20_000_000
"""A list of a whole country has about 250,000 rows of 60 columns."""
MAX_COLUMNS: Final = 1_000
MAX_WORKBOOK_BYTES: Final = 1024**3
"""Of a workbook, unpacked."""
_BLANK_RUN: Final = 20_000
"""After so many blank rows a sheet is over: formatted but empty rows reach to 1,048,576."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BROKEN_ZIP = (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError, struct.error)
_SEPARATORS = (",", "\t", ";")


@dataclass(frozen=True)
class Sheet:
    """A sheet: its title ("" for a CSV) and its rows of text, the first being row 1."""

    title: str
    rows: list[list[str]]


def is_workbook(data: bytes) -> bool:
    """Tell whether a file's first bytes are those of an ``.xlsx``."""
    return data.startswith(_ZIP)


def read_sheets(data: bytes, what: str, *, max_rows: int | None = None) -> list[Sheet]:
    """Return the sheets of a CSV (one) or a workbook.

    Parameters
    ----------
    data
        The whole file.
    what
        Its name, for messages.
    max_rows
        Read no more rows of each sheet, to recognise it; all by default.

    Raises
    ------
    InputError
        If it is neither, damaged, or larger than any list of facilities.
    """
    if is_workbook(data):
        return _workbook(data, what, max_rows)
    if data.startswith(_OLE):
        raise InputError(
            f"{what} is an Excel file of the old format or protected by a password; save it as "
            ".xlsx or CSV UTF-8, without a password."
        )
    return [Sheet("", _rows(_delimited(decode(data, what), what), what, max_rows))]


def read_head(head: bytes, *, whole: bool, max_rows: int = 40) -> list[Sheet]:
    """Return the first rows of a delimited file of which only the beginning was read.

    A last line that may be cut is left out. Nothing readable gives [].
    """
    if not whole:
        head = head[: head.rfind(b"\n") + 1] or head
    try:
        return read_sheets(head, "", max_rows=max_rows)
    except InputError:
        return []


def _delimited(text: str, what: str) -> Iterator[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise InputError(
            f"{what} cannot be read as CSV ({error}); open it and look at its quotes."
        ) from error


def _workbook(data: bytes, what: str, max_rows: int | None) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except _BROKEN_ZIP as error:
        raise _damaged(what) from error
    if size > MAX_WORKBOOK_BYTES:
        raise InputError(f"{what} unpacks to {size // 1024**2} MB, which no list of places does.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on styles and extensions that cells do not depend on
        book: Workbook | None = None
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheets = []
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # some writers state A1, and rows would end there
                rows = ([_text(v) for v in row] for row in sheet.iter_rows(values_only=True))
                sheets.append(Sheet(sheet.title, _rows(rows, what, max_rows)))
        except InputError:
            raise
        except Exception as error:  # openpyxl on damaged XML raises whatever it hits
            raise _damaged(what) from error
        finally:
            if book is not None:
                book.close()
    return sheets


def _damaged(what: str) -> InputError:
    return InputError(f"{what} is a damaged Excel file; get it again or save it as CSV UTF-8.")


def _rows(rows: Iterable[list[str]], what: str, max_rows: int | None) -> list[list[str]]:
    """Return rows without outer spaces, and without the blank ones at the end."""
    out: list[list[str]] = []
    cells = filled = 0
    for row in itertools.islice(rows, max_rows):
        cells += len(row)
        if cells > MAX_CELLS or len(row) > MAX_COLUMNS:
            # Formatting can fill a row with blanks to the last column; only values count.
            row = row[: max((i + 1 for i, v in enumerate(row) if v), default=0)]  # noqa: PLW2901 - the same row, cut
            if cells > MAX_CELLS or len(row) > MAX_COLUMNS:
                raise InputError(f"{what} is larger than any list of places.")
        out.append([value.strip() for value in row])
        if any(out[-1]):
            filled = len(out)
        elif len(out) - filled > _BLANK_RUN:
            break
    return out[:filled]


def _text(value: object) -> str:
    """Return a cell's value as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value)
