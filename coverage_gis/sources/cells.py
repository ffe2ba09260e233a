"""Cell tables as read: names of columns, mesh codes, counts of people, repeated cells.

Errors name the row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis.codes import mesh
from coverage_gis.errors import InputError
from coverage_gis.schema import (
    MESH_CODE,
    POPULATION,
    POPULATION_0TO14,
    POPULATION_15TO64,
    POPULATION_65PLUS,
    POPULATION_75PLUS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUPPRESSED = "*"
_NONE = "-"
_JAPANESE: Final = {
    MESH_CODE: ("メッシュコード", "地域メッシュコード", "標準地域メッシュコード"),
    POPULATION: ("人口", "総人口", "人口総数"),
    POPULATION_0TO14: ("0~14歳人口", "0～14歳人口", "年少人口"),
    POPULATION_15TO64: ("15~64歳人口", "15～64歳人口", "生産年齢人口"),
    POPULATION_65PLUS: ("65歳以上人口", "65歳以上", "老年人口"),
    POPULATION_75PLUS: ("75歳以上人口", "75歳以上"),
}
_SCIENTIFIC = re.compile(r"\d+(\.\d+)?[eE]\+?\d+")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_MOST = 1e7
"""No cell has this many people; a larger number is a code in the wrong column."""


def mesh_csv_columns(names: Iterable[object]) -> list[str]:
    """Return the names of a plain mesh CSV's columns as this program knows them.

    Small letters; what lists in Japanese call code and people (メッシュコード, 人口 ...) is theirs
    if it is there once.
    """
    out = [str(name).strip().lower() for name in names]
    for column, japanese in _JAPANESE.items():
        there = [i for i, name in enumerate(out) if name in japanese]
        if column not in out and len(there) == 1:
            out[there[0]] = column
    return out


def checked_codes(codes: pd.Series, what: str) -> pd.Series:
    """Return mesh codes of one population level, as they are.

    Parameters
    ----------
    codes
        Texts, indexed by their row in the file.
    what
        The file's name.

    Raises
    ------
    InputError
        Naming the first row whose code is none, or is of another level than the first row's.
    """
    if codes.empty:
        return codes
    bad = ~mesh.valid(codes.to_numpy(dtype=object))
    bad |= ~codes.str.len().isin([level.digits for level in mesh.POPULATION_LEVELS]).to_numpy()
    if bad.any():
        code = str(codes[bad].iloc[0])
        raise InputError(
            f"{what}, row {codes.index[bad][0]}: '{code}' is not a mesh code of "
            f"8 to 11 digits ({int(bad.sum())} such row(s)){_code_advice(code)}."
        )
    other = codes.str.len() != len(codes.iloc[0])
    if other.any():
        raise InputError(
            f"{what}, row {codes.index[other][0]}: mesh code '{codes[other].iloc[0]}' is of "
            f"another level than '{codes.iloc[0]}'; keep one mesh level in a file."
        )
    return codes


def _code_advice(code: str) -> str:
    """Return what to do about a code, as far as its looks tell, after a colon."""
    if _SCIENTIFIC.fullmatch(code):
        return ": a spreadsheet has shortened it; take the file anew, its codes imported as text"
    if not any(c.isdigit() for c in code):
        return ": take out rows of headings and totals"
    return ""


def counts(
    values: pd.Series, what: str, *, required: bool = False, whole: bool = True
) -> pd.Series:
    """Return counts of people as floats; "" and ``*`` are null, ``-`` is 0.

    Parameters
    ----------
    values
        Texts, indexed by their row in the file and named as their column.
    what
        The file's name.
    required
        Null is an error.
    whole
        Fractions are an error.

    Raises
    ------
    InputError
        Naming the first row whose value is not a number of people.
    """
    text = values.str.strip().where(values != _NONE, "0")
    unknown = text.isin(["", _SUPPRESSED]) & (not required)
    numbers = pd.to_numeric(text.where(~unknown), errors="coerce").astype("float64")
    bad = ~unknown & ~(numbers.ge(0) & numbers.lt(_MOST))
    if whole:
        bad |= ~unknown & (numbers != np.floor(numbers))
    if bad.any():
        row = values.index[bad.to_numpy()][0]
        separated = _THOUSANDS.fullmatch(str(values[row]).strip())
        advice = ": write it without separators of thousands" if separated else ""
        raise InputError(
            f"{what}, row {row}: {values.name} is '{values[row]}', which is not a number of "
            f"people ({int(bad.sum())} such row(s)){advice}."
        )
    return numbers


def without_repeats(cells: pd.DataFrame, what: str) -> tuple[pd.DataFrame, int]:
    """Return cells with each code once, and how many identical rows went.

    Raises
    ------
    InputError
        If a code is there twice with different values: which is right cannot be told.
    """
    unique = cells.loc[~cells.duplicated()]
    repeated = unique[MESH_CODE].duplicated()
    if repeated.any():
        raise InputError(
            f"{what}: mesh code {unique.loc[repeated, MESH_CODE].iloc[0]} is there more than "
            "once with different people; keep one row."
        )
    return unique, len(cells) - len(unique)
