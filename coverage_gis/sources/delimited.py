"""Rows of a CSV file whose lines may be shorter or longer than its header."""

from __future__ import annotations

import csv
import io

import pandas as pd

from coverage_gis.errors import InputError
from coverage_gis.sources.tabular import read_rows


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
