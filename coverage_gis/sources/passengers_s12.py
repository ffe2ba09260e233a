"""KSJ S12, passengers by station (駅別乗降客数): stations, and how many people use them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.sources.ksj import require, text
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.stations_n02 import read_stations
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    import geopandas as gpd

    from coverage_gis.sources.facility_rows import Bounds
    from coverage_gis.sources.found import Found

S12: Final = "s12"
PASSENGERS: Final = "passengers_per_day"
FIRST_YEAR: Final = 2011

_STATION, _COMPANY, _LINE = "S12_001", "S12_002", "S12_003"
_CODE, _GROUP = "S12_001c", "S12_001g"
_NUMBERED = re.compile(r"S12_(\d{3})$")
# From S12_006 on, four columns per year: 重複コード, データ有無コード, 備考, 乗降客数.
_FIRST_COLUMN, _PER_YEAR = 6, 4
_HERE, _KNOWN = "1", "1"


def read_s12(found: Found, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of service "station", each station once, as N02's are.

    Group codes (S12_001g) are N02's 005g. See :func:`coverage_gis.sources.stations_n02.read_n02`.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    raw = _read(found, bounds)
    return read_stations(
        raw, S12, line=_LINE, company=_COMPANY, station=_STATION, code=_CODE, group=_GROUP
    )


def read_passengers(found: Found, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``station_group``, ``name``, ``year`` and ``passengers_per_day`` (乗降客数, 人/日).

    A row of the file is a line of an operator at a station. Its count of a year is real only
    where 重複コード is 1 (the count stands here, not in another line's row) and データ有無コード is
    1 (there is one): elsewhere the published 0 means "no record". Counts of a station's lines
    are added; a station and year without any record has no row. Where one line is drawn as
    several platforms with the same code, it counts once.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    raw = _read(found, bounds)
    group = text(raw, _GROUP)
    group = group.where(group != "", text(raw, _STATION))
    line = pd.DataFrame(
        {
            "station_group": group,
            schema.NAME: text(raw, _STATION),
            "company": text(raw, _COMPANY),
            "line": text(raw, _LINE),
        }
    )
    years = [line.iloc[:0].assign(year=0, **{PASSENGERS: 0.0})]
    for year, first in _years(raw):
        real = (text(raw, f"S12_{first:03d}") == _HERE) & (
            text(raw, f"S12_{first + 1:03d}") == _KNOWN
        )
        count = pd.to_numeric(raw[f"S12_{first + 3:03d}"], errors="coerce").astype("float64")
        real &= count.ge(0)
        years.append(line[real].assign(year=year, **{PASSENGERS: count[real]}))
    rows = pd.concat(years, ignore_index=True).drop_duplicates()
    by = rows.sort_values(["station_group", "year", schema.NAME]).groupby(["station_group", "year"])
    table = by.agg({schema.NAME: "first", PASSENGERS: "sum"}).reset_index()
    columns = ["station_group", schema.NAME, "year", PASSENGERS]
    return ReadResult(table[columns].astype({"year": "int64"}), len(raw))


def _years(raw: gpd.GeoDataFrame) -> list[tuple[int, int]]:
    """Return the years there are counts for, with the number of their first column."""
    numbers = {int(m[1]) for name in raw.columns if (m := _NUMBERED.match(str(name)))}
    firsts = range(_FIRST_COLUMN, max(numbers, default=0) + 1, _PER_YEAR)
    return [
        (FIRST_YEAR + i, first)
        for i, first in enumerate(firsts)
        if {first, first + 1, first + 3} <= numbers
    ]


def _read(found: Found, bounds: Bounds | None) -> gpd.GeoDataFrame:
    raw = read_vector(found, bounds=bounds)
    require(raw, (_STATION, _COMPANY, _LINE), found.label, "KSJ S12 (駅別乗降客数)")
    return raw
