"""KSJ P04, medical institutions (医療機関): editions P04-10, P04-14 and P04-20."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.departments import joined_departments
from coverage_gis.sources.facility_rows import Bounds, destinations, hashed_ids
from coverage_gis.sources.ksj import middle_points, require, text
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    import geopandas as gpd

    from coverage_gis.sources.found import Found
    from coverage_gis.sources.result import ReadResult

P04: Final = "p04"

# 医療機関分類 (KSJ P04 code list), the same in every edition.
_SERVICE = {"1": "hospital", "2": "clinic", "3": "dental"}
_CLASS, _NAME, _ADDRESS, _BEDS = "P04_001", "P04_002", "P04_003", "P04_008"
_DEPARTMENTS = ("P04_004", "P04_005", "P04_006")


def read_p04(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of services "hospital", "clinic" and "dental".

    The edition is told from the columns: 001 class, 002 name, 003 address and 004-006
    departments are common; 007 is the founder in both, 008 (beds), 009 (emergency) and 010
    (disaster base) are P04-20's. ``capacity`` is the beds of hospitals, where given;
    ``departments`` the texts of 004-006, which are one text cut where a field is full.

    Parameters
    ----------
    found
        Shapefile or GeoJSON.
    bounds
        West, south, east, north in degrees; what lies outside is dropped and counted.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    raw = read_vector(found)
    require(raw, (_CLASS, _NAME, _ADDRESS), found.label, "KSJ P04 (医療機関)")
    place = middle_points(raw)
    name, address, kind = text(raw, _NAME), text(raw, _ADDRESS), text(raw, _CLASS)
    service = kind.map(_SERVICE)
    repeated = pd.DataFrame([kind, name, address, place["lon"], place["lat"]]).T.duplicated()
    known = service.notna()
    keep = known & ~repeated
    ids = hashed_ids(P04, kind[keep], name[keep], address[keep])
    frame = pd.DataFrame(
        {
            schema.DESTINATION_ID: ids,
            schema.SERVICE: service[keep],
            schema.NAME: name[keep],
            schema.LON: place.loc[keep, "lon"],
            schema.LAT: place.loc[keep, "lat"],
            schema.SOURCE: P04,
            schema.SOURCE_IDS: ids,
            schema.CAPACITY: _beds(raw)[keep],
            schema.DEPARTMENTS: _departments(raw)[keep],
        }
    )
    counts = {
        "class is not hospital, clinic or dental": int((~known).sum()),
        "row repeated word for word": int((known & repeated).sum()),
    }
    dropped = {reason: rows for reason, rows in counts.items() if rows}
    return destinations(frame, read=len(raw), bounds=bounds, dropped=dropped)


def edition_of(raw: gpd.GeoDataFrame) -> str:
    """Return "P04-20" or "P04-14" (P04-10's columns are the same), by the columns."""
    return "P04-20" if _BEDS in raw else "P04-14"


def _departments(raw: gpd.GeoDataFrame) -> pd.Series:
    parts = [text(raw, column) for column in _DEPARTMENTS]
    return joined_departments(parts[0] + parts[1] + parts[2])


def _beds(raw: gpd.GeoDataFrame) -> pd.Series:
    """Return hospitals' beds; NaN elsewhere, where unknown, and in editions without them."""
    if _BEDS not in raw:
        return pd.Series(float("nan"), index=raw.index)
    beds = pd.to_numeric(text(raw, _BEDS), errors="coerce").astype("float64")
    return beds.where((text(raw, _CLASS) == "1") & (beds > 0))
