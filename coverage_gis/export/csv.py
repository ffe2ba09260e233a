"""CSV for Excel in Japan: UTF-8 with BOM, CRLF, numbers without noise, no formulas.

A spreadsheet that opens a CSV by double-click turns codes such as 01100 into numbers; the file
holds them as they are, and a reader that takes columns as text gets them back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis.errors import OutputError
from coverage_gis.export.text import is_text, no_formula, plain
from coverage_gis.store.atomic import write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BOM: Final = b"\xef\xbb\xbf"

_DECIMALS: Final = (  # first match of a column's ending
    (("_m",), 1),
    (("_s",), 1),
    (("_rate_0to14", "_rate_15to64"), 6),
    (("population", "_0to14", "_15to64", "population_65plus", "population_75plus"), 3),
    (("population_unreachable", "population_no_road"), 3),
    (("_rate", "_share"), 6),
    (("lon", "lat"), 8),
    (("_km2",), 6),
)
_DEFAULT_DECIMALS: Final = 6


_SPECIAL: Final = re.compile('[,"\r\n]')
_EXACT_DIGITS: Final = 16
"""Characters of a number whose digits a float surely holds (15, and a point)."""


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV.

    Numbers are rounded to what their unit carries (people 3 decimals, rates 6, metres and
    seconds 1, degrees 8) and have no trailing zeros and no exponent; null is an empty cell. In
    text, control characters become spaces and a leading ``= + - @`` gets an apostrophe
    (:mod:`coverage_gis.export.text`).

    Raises
    ------
    OutputError
        If a number is infinite, or the file cannot be written.
    """
    write_bytes(path, csv_bytes(frame))


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return the bytes of :func:`write_csv`."""
    columns = [_cells(frame[c], str(c)) for c in frame.columns]
    if len(columns) == 1:  # a line that is empty would be no row
        columns = [[text or '""' for text in columns[0]]]
    head = [_quoted(str(c)) for c in frame.columns]
    lines = [",".join(row) for row in (head, *zip(*columns, strict=True))]
    return BOM + "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _quoted(text: str) -> str:
    """Return ``text`` as a field: in quotes where it has a comma, a quote or a line break."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if _SPECIAL.search(text) else text


def decimals_of(column: str) -> int:
    """Return how many decimals a column of that name is given."""
    for endings, decimals in _DECIMALS:
        if column.endswith(endings):
            return decimals
    return _DEFAULT_DECIMALS


def number(value: float, decimals: int) -> str:
    """Return ``value`` rounded to ``decimals``, without trailing zeros or an exponent."""
    text = f"{value:.{decimals}f}"
    if len(text) > _EXACT_DIGITS:  # more digits than a float has: the shortest that mean it
        text = np.format_float_positional(
            np.float64(text), unique=True, trim="-", precision=decimals
        )
    elif decimals:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _cells(series: pd.Series, name: str) -> Sequence[str]:
    """Return a column as text; each distinct value is written once, for they repeat."""
    code, distinct = pd.factorize(series)
    if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_integer_dtype(series.dtype):
        texts = [str(v) for v in distinct]
    elif is_text(series):
        texts = [_quoted(no_formula(plain(str(v)))) for v in distinct]
    else:
        values = np.asarray(distinct, dtype=np.float64)
        if np.isinf(values).any():
            raise OutputError(f"Column {name} holds an infinite value, which no file of ours may.")
        decimals = decimals_of(name)
        texts = [number(v, decimals) for v in values.tolist()]
    texts.append("")  # code -1: null
    return [texts[c] for c in code.tolist()]
