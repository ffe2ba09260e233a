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
    POPULATION_65PLUS,
    POPULATION_75PLUS,
)
from coverage_gis.sources import tabular
from coverage_gis.sources.archive import open_member
from coverage_gis.sources.cells import checked_codes, counts, without_repeats
from coverage_gis.sources.result import ReadResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coverage_gis.sources.found import Found

NOBODY = "nobody lives in the cell"
EMPTY_ROW = "empty row"
IN_TWO_FILES = "same cell in two files"

_KEY = "KEY_CODE"
_SECRECY = {"HTKSYORI": HTKSYORI, "HTKSAKI": HTKSAKI, "GASSAN": GASSAN}
_AGES = {POPULATION_65PLUS: 65, POPULATION_75PLUS: 75}
_TOTAL = re.compile(r"^(T\d{6})001$")
_AND_OVER = re.compile(r"^(\d+)歳以上(人口)?(総数)?$")
_BAND = re.compile(r"^(\d+)[~〜-](\d+)歳(人口)?(総数)?$")
# Columns of the ages in tables whose second header row is missing: 65+ and 75+ in the tables
# with three-way totals, five-year bands from 65-69 to 95+ in T001192 (e-Stat table definitions).
_BY_TABLE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys(
        ("T001140", "T001141", "T001142", "T001225", "T001100", "T001101", "T001102"),
        (("019",), ("022",)),
    ),
    "T001192": (
        ("043", "046", "049", "052", "055", "058", "061"),
        ("049", "052", "055", "058", "061"),
    ),
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
    wanted = {_KEY, total, names[-1], *secrecy, *ages[65], *ages[75]}
    rows = tabular.read_rows(text, what, columns=[n for n in names if n in wanted])
    rows = rows.iloc[1:] if has_labels else rows
    rows, empty = _without_empty(rows, _KEY)
    cut = rows[names[-1]] == ""
    if cut.any():
        raise InputError(f"{what}, row {cut.idxmax()}: the row is cut off; get the file again.")
    cells = pd.DataFrame({MESH_CODE: checked_codes(rows[_KEY], what)})
    cells[POPULATION] = counts(rows[total], what, required=True)
    for column, age in _AGES.items():
        parts = [counts(rows[name], what) for name in ages[age]]
        cells[column] = sum(parts[1:], parts[0]) if parts else np.nan
    for name, column in _SECRECY.items():
        cells[column] = rows[name] if name in secrecy else "0" if column == HTKSYORI else ""
    notes = () if ages[65] else (f"{what} has no ages that this program knows.",)
    return _result(cells, what, empty, notes)


def read_mesh_csv(found: Found) -> ReadResult[pd.DataFrame]:
    """Return the raw cells of a CSV ``mesh_code,population[,population_65plus,…75plus]``.

    Raises
    ------
    InputError
        Naming file and row of a code that is none, a number that is none or negative, more old
        people than people, or one cell with two populations.
    """
    what = found.label
    text = tabular.decode(open_member(found), what)
    rows = tabular.read_rows(text, what)
    rows = rows.rename(columns=lambda name: str(name).lower())
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
) -> dict[int, list[str]]:
    """Return the columns whose sum is the people of 65+ and of 75+; none where unknown."""
    out: dict[int, list[str]] = {}
    plain = {
        name: re.sub(r"[\s()]", "", unicodedata.normalize("NFKC", label))
        for name, label in labels.items()
    }
    over = {int(m[1]): n for n, text in plain.items() if (m := _AND_OVER.match(text))}
    bands = {int(m[1]): n for n, text in plain.items() if (m := _BAND.match(text))}
    for position, age in enumerate((65, 75)):
        if age in over:
            out[age] = [over[age]]
            continue
        top = max(over, default=0)
        steps = [a for a in sorted(bands) if age <= a < top]
        if steps and steps == list(range(age, top, 5)):
            out[age] = [*(bands[a] for a in steps), over[top]]
            continue
        known = _BY_TABLE.get(total[:-3], ((), ())) if not labels else ((), ())
        columns = [f"{total[:-3]}{number}" for number in known[position]]
        out[age] = columns if set(columns) <= set(names) else []
    return out
