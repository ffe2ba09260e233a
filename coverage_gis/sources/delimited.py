"""Rows of a CSV file whose lines may be shorter or longer than its header."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis.errors import InputError
from coverage_gis.sources.archive import open_member
from coverage_gis.sources.tabular import decode, read_rows
from coverage_gis.store import mapped

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.sources.found import Found

_ROWS = "rows"


def read_listed(found: Found, *, keep_numbers: bool = False) -> pd.DataFrame:
    """Return all rows of a CSV file as text, as :func:`read_ragged` does.

    They are taken from where the file was decoded for many prefectures, if it was
    (``found.kept``).

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    if found.kept is None:
        text = decode(open_member(found), found.label)
        return read_ragged(text, found.label, keep_numbers=keep_numbers)
    frame = mapped.load(found.kept, _ROWS)
    return frame if keep_numbers else frame.reset_index(drop=True)


def keep_listed(found: Found, folder: Path) -> None:
    """Decode a CSV file into an existing folder, for :func:`read_listed` with ``found.kept``.

    Raises
    ------
    InputError
        If the file cannot be read.
    ValueError
        If two columns have one name; it is then read by everybody.
    """
    mapped.save(folder, _ROWS, read_listed(found, keep_numbers=True))


def read_ragged(text: str, what: str, *, keep_numbers: bool = False) -> pd.DataFrame:
    """Return all rows of a decoded CSV as text, however its lines are cut.

    As :func:`coverage_gis.sources.tabular.read_rows`, but rows that are too short are filled
    with "", fields beyond the header are left out, and rows of nothing are no rows. The index
    is 0, 1, 2 ..., or with ``keep_numbers`` the row in the file, the header being row 1.

    Raises
    ------
    InputError
        If there is no header or a quote is not closed.
    """
    try:
        frame = read_rows(text, what)
    except InputError:
        frame = _row_by_row(text, what)
    blank = pd.Series(data=True, index=frame.index)
    for name in frame:
        blank &= frame[name] == ""
    return frame[~blank] if keep_numbers else frame[~blank].reset_index(drop=True)


def _row_by_row(text: str, what: str) -> pd.DataFrame:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(
            f"{what} cannot be read as CSV ({error}); open it and look at its quotes."
        ) from error
    if not rows or not any(rows[0]):
        raise InputError(f"{what} is empty: its header is missing.")
    # Of columns with one name the first counts.
    names = {name.strip(): i for i, name in reversed(list(enumerate(rows[0])))}
    return pd.DataFrame(
        {
            name: pd.Series(
                [row[i].strip() if i < len(row) else "" for row in rows[1:]], dtype="str"
            )
            for name, i in sorted(names.items(), key=lambda item: item[1])
        },
    ).set_axis(pd.RangeIndex(2, len(rows) + 1), axis=0)
