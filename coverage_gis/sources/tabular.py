"""Text of delimited files, whatever encoding the publisher chose."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import warnings
from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSES = ("utf-8", "cp932")


def decode(data: bytes, what: str) -> str:
    """Return ``data`` as text: UTF-8 (BOM or not), UTF-16 with a BOM, or CP932 (Shift_JIS).

    UTF-8 is tried first, since Japanese text in CP932 is next to never valid UTF-8.

    Parameters
    ----------
    data
        The whole content of a text file.
    what
        The file's name, for the message.

    Raises
    ------
    InputError
        If it is none of these; the message says where.
    """
    if b"\0" in data[:4096] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{what} is not a text file: it holds binary zeros.")
    encodings = next(((name,) for bom, name in _BOMS if data.startswith(bom)), _GUESSES)
    position = 0
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            position = max(position, error.start)
    line = data.count(b"\n", 0, position) + 1
    raise InputError(
        f"{what} is neither UTF-8 nor CP932 (Shift_JIS) text: line {line} cannot be read; "
        "save it again as CSV UTF-8."
    )


def first_lines(head: bytes, count: int) -> list[list[str]]:
    """Return the fields of the first lines of a file, [] if it is not text.

    For recognition only: quoted commas are not looked at, white space and quotes around fields
    are removed. ``head`` may be cut anywhere; a line that is cut is left out unless it is the
    only one.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        whole = head[: len(head) // 2 * 2]
    else:
        lines = head.split(b"\n", count)
        whole = b"\n".join(lines[:count] if len(lines) > count else lines[: max(1, len(lines) - 1)])
    try:
        text = decode(whole, "")
    except InputError:
        return []
    rows = text.splitlines()[:count]
    if not rows:
        return []
    separator = "\t" if "\t" in rows[0] and "," not in rows[0] else ","
    return [[field.strip().strip('"').strip() for field in row.split(separator)] for row in rows]


def header(head: bytes) -> list[str]:
    """Return the first line's fields, as :func:`first_lines`."""
    return next(iter(first_lines(head, 1)), [])


def split_lines(text: str, count: int) -> list[list[str]]:
    """Return the fields of the first lines of a decoded CSV, without outer spaces."""
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        return [[field.strip() for field in row] or [""] for row in itertools.islice(rows, count)]
    except csv.Error:
        return []


def read_rows(text: str, what: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the rows of a decoded CSV as text without outer spaces, "" where empty.

    Parameters
    ----------
    text
        The content.
    what
        The file's name, for the message.
    columns
        Columns to read, all by default.

    Returns
    -------
    DataFrame
        Indexed by the row in the file, the header being row 1: what messages name.

    Raises
    ------
    InputError
        If it is empty, a row has more fields than the header, or a quote is not closed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            rows = pd.read_csv(
                io.StringIO(text),
                dtype="str",
                na_filter=False,
                skip_blank_lines=False,
                skipinitialspace=True,
                index_col=False,
                usecols=None if columns is None else list(columns),
            )
    except (pd.errors.EmptyDataError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = str(error).splitlines()[0].removeprefix("Error tokenizing data. C error: ")
        raise InputError(f"{what} cannot be read as CSV ({reason.rstrip('.')}).") from error
    except ValueError as error:
        raise InputError(f"{what} cannot be read as CSV ({error}).") from error
    rows.columns = pd.Index([str(name).strip() for name in rows.columns])
    rows = rows.loc[:, ~rows.columns.duplicated()]  # names that differ in spaces: the first counts
    rows.index = pd.RangeIndex(2, len(rows) + 2)
    stripped: pd.DataFrame = rows.fillna("").apply(lambda column: column.str.strip())
    return stripped
