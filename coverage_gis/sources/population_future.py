"""KSJ's future population by mesh (メッシュ別将来推計人口): editions of 2018 and of R6 (2024)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.population.merged_ages import give_back
from coverage_gis.sources.cells import checked_codes
from coverage_gis.sources.ksj import require, text
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from coverage_gis.sources.found import Found

MESH_FUTURE: Final = schema.PROJECTION

_CODE = "MESH_ID"
_TOTAL = re.compile(r"^PTN_(20\d\d)$")
# PTN all, PTA 0-14, PTB 15-64, PTC 65+, PTD 75+ (product specification of R6; the edition of 2018
# has the same names).
_AGES: Mapping[str, str] = {
    schema.POPULATION_0TO14: "PTA",
    schema.POPULATION_15TO64: "PTB",
    schema.POPULATION_65PLUS: "PTC",
    schema.POPULATION_75PLUS: "PTD",
}
_SECRECY = re.compile(r"^(HITOKU|GASSAN)_?20\d\d$")
_PEOPLE = [schema.POPULATION, *_AGES]
_TOLERANCE = 1e-6
"""People: projections have many decimals, and their sums are of rounded ones."""


def read_future(founds: Sequence[Found], pref_code: str) -> ReadResult[pd.DataFrame]:
    """Return ``POPULATION_YEARS`` of a prefecture: a row per cell and year, people as fractions.

    A cell on a prefecture's border is in both prefectures' files, each with its own people: the
    rows are this prefecture's share, and belong to ``pref_code``. Ages that secrecy merged into
    other cells (``HITOKUyyyy``, ``GASSANyyyy``) are given back. Cells without people in any
    year are dropped and counted; a cell that is there in several pieces is their sum.

    Parameters
    ----------
    founds
        Shapefiles or GeoJSON of one edition and level.
    pref_code
        Two digits.

    Raises
    ------
    InputError
        If a file cannot be read, lacks a column, or has a code or number that is none.
    """
    pairs = [_read(found) for found in founds]
    parts = [part for part, _ in pairs]
    if not parts:
        raise InputError("There is no file of future population to read.")
    if len({n for part in parts for n in part[schema.MESH_CODE].str.len()}) > 1:
        names = ", ".join(f.label for f in founds)
        raise InputError(f"{names} have different mesh levels; keep the files of one level.")
    rows = pd.concat(parts, ignore_index=True)
    read = sum(n for _, n in pairs)
    # min_count: an age that no piece knows stays unknown, and is not zero.
    table = rows.groupby([schema.MESH_CODE, schema.YEAR])[_PEOPLE].sum(min_count=1).reset_index()
    # Suppressed or left out: nobody is known to live there in that year.
    table = table.fillna({schema.POPULATION: 0.0}).assign(**{schema.PREF_CODE: pref_code})
    cells = table[schema.MESH_CODE]
    lived_in = table[schema.POPULATION].groupby(cells).transform("max") > 0
    dropped = {
        "nobody lives in the cell in any year": int(cells[~lived_in].nunique()),
        "another piece of the same cell": read - int(cells.nunique()),
    }
    return ReadResult(
        schema.POPULATION_YEARS.conform(table[lived_in]),
        read,
        {reason: n for reason, n in dropped.items() if n},
    )


def _read(found: Found) -> tuple[pd.DataFrame, int]:
    """Return mesh_code, year and people, a row per feature and year, and the features read."""
    raw = read_vector(found)
    require(raw, (_CODE,), found.label, "KSJ's future population (メッシュ別将来推計人口)")
    years = sorted(int(m[1]) for name in raw.columns if (m := _TOTAL.match(str(name))))
    if not years:
        raise InputError(f"{found.label} has no column PTN_YYYY: no future population is in it.")
    codes = text(raw, _CODE)
    codes.index = pd.RangeIndex(1, len(codes) + 1)
    codes = checked_codes(codes, found.label).reset_index(drop=True)
    parts = []
    secret = any(_SECRECY.match(str(name)) for name in raw.columns)
    for year in years:
        people = {schema.POPULATION: _people(raw, f"PTN_{year}", found.label)}
        for name, prefix in _AGES.items():
            people[name] = _people(raw, f"{prefix}_{year}", found.label)
            more = people[name] > people[schema.POPULATION] + _TOLERANCE
            if more.any() and not secret:
                raise InputError(
                    f"{found.label}, feature {int(more.to_numpy().argmax()) + 1}: {prefix}_{year} "
                    f"is more than PTN_{year}; get the file as published."
                )
        part = pd.DataFrame({schema.MESH_CODE: codes, schema.YEAR: year, **people})
        if secret:
            # A cell in several pieces is put together before its ages are.
            sums = part.groupby([schema.MESH_CODE, schema.YEAR])[_PEOPLE].sum(min_count=1)
            part = give_back(sums.reset_index(), _links(raw, codes, year, sums.index))
        parts.append(part)
    return pd.concat(parts, ignore_index=True), len(raw)


def _links(raw: gpd.GeoDataFrame, codes: pd.Series, year: int, order: pd.Index) -> pd.Series:
    """Return the codes that GASSAN names, by cell in the given order; "" where there are none."""
    name = next((n for n in (f"GASSAN{year}", f"GASSAN_{year}") if n in raw), None)
    if name is None:
        return pd.Series([""] * len(order))
    named = raw[name].reset_index(drop=True).fillna("").astype("str")
    joined: pd.Series = named.groupby(codes.to_numpy()).agg(";".join)
    return joined.reindex(order.get_level_values(schema.MESH_CODE)).reset_index(drop=True)


def _people(raw: gpd.GeoDataFrame, column: str, label: str) -> pd.Series:
    """Return a column of people; null where the file has no such column or no value."""
    if column not in raw:
        return pd.Series(np.nan, index=pd.RangeIndex(len(raw)))
    values = raw[column].reset_index(drop=True)
    given = values.notna() & ~values.astype("str").str.strip().isin(["", "*"])
    numbers: pd.Series = pd.to_numeric(values.where(given), errors="coerce").astype("float64")
    bad = given & ~numbers.between(0, 1e7)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise InputError(
            f"{label}, feature {row + 1}: {column} is '{values[row]}', which is not a number of "
            "people."
        )
    return numbers
