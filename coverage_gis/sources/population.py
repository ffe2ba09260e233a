"""Population by mesh cell: e-Stat's census text files and plain CSVs, as published.

What secrecy moved between cells is given back by ``coverage_gis.population.secrecy``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis.errors import InputError
from coverage_gis.population.secrecy import CELL_COLUMNS, GASSAN, HTKSAKI, HTKSYORI
from coverage_gis.schema import (
    MESH_CODE,
    POPULATION,
    POPULATION_0TO14,
    POPULATION_15TO64,
    POPULATION_65PLUS,
    POPULATION_75PLUS,
)
from coverage_gis.sources import tabular
from coverage_gis.sources.archive import open_member
from coverage_gis.sources.cells import checked_codes, counts, mesh_csv_columns, without_repeats
from coverage_gis.sources.kept_result import kept_result
from coverage_gis.sources.result import ReadResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coverage_gis.sources.found import Found

NOBODY = "nobody lives in the cell"
EMPTY_ROW = "empty row"
IN_TWO_FILES = "same cell in two files"

_KEY = "KEY_CODE"
_SECRECY = {"HTKSYORI": HTKSYORI, "HTKSAKI": HTKSAKI, "GASSAN": GASSAN}
_AGES: Mapping[str, tuple[int, int | None]] = {
    POPULATION_0TO14: (0, 14),
    POPULATION_15TO64: (15, 64),
    POPULATION_65PLUS: (65, None),
    POPULATION_75PLUS: (75, None),
}
"""Column -> ages from and to, None without end."""
_TOTAL = re.compile(r"^(T\d{6})001$")
_AND_OVER = re.compile(r"^(\d+)歳以上(人口)?(総数)?$")
_BAND = re.compile(r"^(\d+)[~〜-](\d+)歳(人口)?(総数)?$")
# Columns of the ages in tables whose second header row is missing: one each in the tables with
# three-way totals, five-year bands from 0-4 to 95+, three columns each, in T001192 (e-Stat table
# definitions).
_FIVE_YEARS = tuple(f"{4 + 3 * band:03d}" for band in range(20))
_BY_TABLE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    **{
        table: dict(zip(_AGES, (("004",), ("010",), ("019",), ("022",)), strict=True))
        for table in ("T001140", "T001141", "T001142", "T001225", "T001100", "T001101", "T001102")
    },
    "T001192": {
        POPULATION_0TO14: _FIVE_YEARS[:3],
        POPULATION_15TO64: _FIVE_YEARS[3:13],
        POPULATION_65PLUS: _FIVE_YEARS[13:],
        POPULATION_75PLUS: _FIVE_YEARS[15:],
    },
}


def read_population(founds: Sequence[Found]) -> ReadResult[pd.DataFrame]:
    """Return the raw cells of all files of a population set, one below the other.

    Raises
    ------
    InputError
        If a file cannot be read, files differ in mesh level, or two give one cell different
        people.
    """
    if not founds:
        raise InputError("There is no population file to read.")
    results = [read_estat(f) if f.kind == "estat-mesh" else read_mesh_csv(f) for f in founds]
    dropped: dict[str, int] = {}
    for result in results:
        for reason, rows in result.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + rows
    cells = pd.concat([r.table for r in results], ignore_index=True)
    if len(set(cells[MESH_CODE].str.len())) > 1:
        names = ", ".join(f.label for f in founds)
        raise InputError(f"{names} have different mesh levels; keep the files of one level.")
    cells, repeated = without_repeats(cells, " and ".join(f.label for f in founds))
    if repeated:
        dropped[IN_TWO_FILES] = repeated
    return ReadResult(
        cells, sum(r.read for r in results), dropped, tuple(n for r in results for n in r.notes)
    )


def read_estat(found: Found) -> ReadResult[pd.DataFrame]:
    """Return the raw cells (``secrecy.CELL_COLUMNS``) of an e-Stat census mesh text file.

    The header's second row says which column is which; where it is missing, the table's
    definition does. ``*`` is null, ``-`` is nobody.

    Raises
    ------
    InputError
        If it is not such a file, or a row is cut off, has no mesh code or no total.
    """
    if found.kept is not None:
        return kept_result(found.kept)
    what = found.label
    text = tabular.decode(open_member(found), what)
    lines = tabular.split_lines(text, 2)
    names = lines[0] if lines else []
    total = next((n for n in names if _TOTAL.match(n)), None)
    if not names or names[0] != _KEY or total is None:
        raise InputError(f"{what} is not an e-Stat mesh file: its header lacks {_KEY} or T…001.")
    has_labels = len(lines) > 1 and not lines[1][0]
    labels = dict(zip(names, lines[1], strict=False)) if has_labels else {}
    ages = _age_columns(names, labels, total)
    secrecy = [n for n in _SECRECY if n in names]
    wanted = {_KEY, total, names[-1], *secrecy, *(n for parts in ages.values() for n in parts)}
    rows = tabular.read_rows(text, what, columns=[n for n in names if n in wanted])
    rows = rows.iloc[1:] if has_labels else rows
    rows, empty = _without_empty(rows, _KEY)
    cut = rows[names[-1]] == ""
    if cut.any():
        raise InputError(f"{what}, row {cut.idxmax()}: the row is cut off; get the file again.")
    cells = pd.DataFrame({MESH_CODE: checked_codes(rows[_KEY], what)})
    cells[POPULATION] = counts(rows[total], what, required=True)
    for column in _AGES:
        parts = [counts(rows[name], what) for name in ages[column]]
        cells[column] = sum(parts[1:], parts[0]) if parts else np.nan
    for name, column in _SECRECY.items():
        cells[column] = rows[name] if name in secrecy else "0" if column == HTKSYORI else ""
    notes = () if ages[POPULATION_65PLUS] else (f"{what} has no ages that this program knows.",)
    return _result(cells, what, empty, notes)


def read_mesh_csv(found: Found) -> ReadResult[pd.DataFrame]:
    """Return the raw cells of a CSV ``mesh_code,population`` with people by age, as far as known.

    Its columns of ages are ``population_0to14``, ``_15to64``, ``_65plus`` and ``_75plus``.

    Raises
    ------
    InputError
        Naming file and row of a code that is none, a number that is none or negative, more old
        people than people, or one cell with two populations.
    """
    what = found.label
    text = tabular.decode(open_member(found), what)
    rows = tabular.read_rows(text, what)
    rows = rows.set_axis(mesh_csv_columns(rows.columns), axis=1)
    missing = [n for n in (MESH_CODE, POPULATION) if n not in rows]
    if missing:
        raise InputError(f"{what} lacks the column(s) {', '.join(missing)} in its first row.")
    rows, empty = _without_empty(rows, MESH_CODE)
    # Spreadsheets turn codes into numbers, and some programs write those as 5437608942.0.
    codes = rows[MESH_CODE].str.removesuffix(".0")
    cells = pd.DataFrame({MESH_CODE: checked_codes(codes, what)})
    cells[POPULATION] = counts(rows[POPULATION], what, required=True, whole=False)
    for column in _AGES:
        known = column in rows
        cells[column] = counts(rows[column], what, whole=False) if known else np.nan
    for smaller, larger in (
        (POPULATION_0TO14, POPULATION),
        (POPULATION_15TO64, POPULATION),
        (POPULATION_65PLUS, POPULATION),
        (POPULATION_75PLUS, POPULATION_65PLUS),
    ):
        wrong = cells[smaller] > cells[larger]
        if wrong.any():
            row = wrong.idxmax()
            raise InputError(
                f"{what}, row {row}: {smaller} is more than {larger}; if it was made from "
                "e-Stat's merged cells, hand over e-Stat's own file."
            )
    cells[[HTKSYORI, HTKSAKI, GASSAN]] = ["0", "", ""]
    return _result(cells, what, empty, ())


def _result(
    cells: pd.DataFrame, what: str, empty: int, notes: tuple[str, ...]
) -> ReadResult[pd.DataFrame]:
    """Return the cells where somebody lives, with the account of the rows."""
    read = len(cells) + empty
    if cells.empty:
        raise InputError(f"{what} has no rows.")
    cells, repeated = without_repeats(cells, what)
    nobody = (cells[POPULATION] == 0) & (cells[HTKSYORI] == "0")
    dropped = {EMPTY_ROW: empty, "repeated row": repeated, NOBODY: int(nobody.sum())}
    table = cells.loc[~nobody, list(CELL_COLUMNS)].reset_index(drop=True)
    return ReadResult(table, read, {k: n for k, n in dropped.items() if n}, notes)


def _without_empty(rows: pd.DataFrame, key: str) -> tuple[pd.DataFrame, int]:
    """Return the rows that are not all blank, and how many were."""
    blank = rows[key] == ""
    if blank.any():
        blank &= (rows == "").all(axis=1)
    return rows.loc[~blank], int(blank.sum())


def _age_columns(
    names: Sequence[str], labels: Mapping[str, str], total: str
) -> dict[str, list[str]]:
    """Return the columns whose sum is the people of each age; none where unknown."""
    plain = {
        name: re.sub(r"[\s()]", "", unicodedata.normalize("NFKC", label))
        for name, label in labels.items()
    }
    over = {int(m[1]): n for n, text in plain.items() if (m := _AND_OVER.match(text))}
    bands = {(int(m[1]), int(m[2])): n for n, text in plain.items() if (m := _BAND.match(text))}
    known: Mapping[str, Sequence[str]] = {} if labels else _BY_TABLE.get(total[:-3], {})
    out = {}
    for column, (first, last) in _AGES.items():
        found = _between(bands, over, first, last)
        if not found:
            found = [f"{total[:-3]}{number}" for number in known.get(column, ())]
        out[column] = found if set(found) <= set(names) else []
    return out


def _between(
    bands: Mapping[tuple[int, int], str], over: Mapping[int, str], first: int, last: int | None
) -> list[str]:
    """Return the column of an age, or those of the five-year bands that make it up; else none."""
    if last is None and first in over:
        return [over[first]]
    if last is not None and (first, last) in bands:
        return [bands[first, last]]
    end = max(over, default=0) if last is None else last + 1
    steps = [(age, age + 4) for age in range(first, end, 5)]
    if not steps or not all(step in bands for step in steps):
        return []
    return [*(bands[step] for step in steps), *([over[end]] if last is None else [])]
