"""Facilities of KSJ besides hospitals and stops: P14 welfare, P20 shelters, P29 schools, P30 post.

Columns are those of the product specifications; where an edition moved them (P29 of 2013), the
content decides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.hazards import flagged, with_hazards
from coverage_gis.sources.facility_rows import Bounds, destinations, hashed_ids
from coverage_gis.sources.ksj import middle_points, require, text
from coverage_gis.sources.result import SPACE_COLUMNS
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    import geopandas as gpd

    from coverage_gis.sources.found import Found
    from coverage_gis.sources.result import ReadResult

P14, P20, P29, P30 = "p14", "p20", "p29", "p30"

CLOSED: Final = "closed for the time being (休校)"

# 福祉施設大分類: 02 老人福祉施設; all others are welfare of another kind.
_ELDERLY = "02"
# 学校分類コード.
_SCHOOLS = {
    "16001": "primary_school",
    "16002": "junior_high_school",
    "16004": "high_school",
}
_SCHOOL_CLASS = r"^160\d\d$"
_P29_CLOSED = "2"
# 災害分類: 1 where it is meant for it. P20_011 その他 and P20_012 指定なし name no hazard.
_P20_HAZARDS = {
    "P20_007": "earthquake",
    "P20_008": "tsunami",
    "P20_009": "flood",
    "P20_010": "volcano",
}
_SAME_M: Final = 50.0


def read_p14(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of services "care" (老人福祉施設) and "welfare" (all others).

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
    require(raw, ("P14_004", "P14_005", "P14_008"), found.label, "KSJ P14 (福祉施設)")
    major = text(raw, "P14_005").str.zfill(2)
    service = pd.Series("welfare", index=raw.index, dtype="str").mask(major == _ELDERLY, "care")
    frame = _facilities(raw, P14, service, "P14_008", "P14_004")
    return destinations(frame, read=len(raw), same_m=_SAME_M, bounds=bounds)


def read_p20(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of shelters and evacuation sites, these by hazard too, with capacity.

    The edition is of 2012, before shelters and evacuation sites were told apart by law (2014):
    the text of the kind (P20_004) decides, a shelter where it says neither.

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
    raw = _read_p20(found)
    frame = _p20(raw)
    result = destinations(frame, read=len(raw), same_m=_SAME_M, bounds=bounds)
    flags = [(hazard, _positive(raw, name).notna()) for name, hazard in _P20_HAZARDS.items()]
    hazards = flagged(frame[schema.DESTINATION_ID], flags)
    return replace(result, table=with_hazards(result.table, hazards), space=_space(raw, frame))


def read_p29(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of schools: primary, junior high, high, and "school" for others.

    In the edition of 2013 class, name and address stand one column further right (P29_004 to
    006) than in later ones (P29_003 to 005). Schools that are closed for the time being
    (P29_007 is 2 in later editions) are dropped and counted.

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
    require(raw, ("P29_003", "P29_004", "P29_005"), found.label, "KSJ P29 (学校)")
    shifted = bool(text(raw, "P29_004").str.match(_SCHOOL_CLASS).mean() > 0.5)
    kind, name, address = (
        ("P29_004", "P29_005", "P29_006")
        if shifted
        else (
            "P29_003",
            "P29_004",
            "P29_005",
        )
    )
    service = text(raw, kind).map(_SCHOOLS).fillna("school").astype("str")
    frame = _facilities(raw, P29, service, name, address)
    closed = text(raw, "P29_007") == _P29_CLOSED
    dropped = {}
    if closed.any() and not shifted:
        frame = frame[~closed]
        dropped[CLOSED] = int(closed.sum())
    return destinations(frame, read=len(raw), bounds=bounds, dropped=dropped)


def read_p30(found: Found, *, bounds: Bounds | None = None) -> ReadResult[pd.DataFrame]:
    """Return ``DESTINATIONS`` of service "post_office".

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
    require(raw, ("P30_005", "P30_006"), found.label, "KSJ P30 (郵便局)")
    service = pd.Series("post_office", index=raw.index, dtype="str")
    frame = _facilities(raw, P30, service, "P30_005", "P30_006")
    return destinations(frame, read=len(raw), bounds=bounds)


def _facilities(
    raw: gpd.GeoDataFrame, kind: str, service: pd.Series, name: str, address: str
) -> pd.DataFrame:
    place = middle_points(raw)
    ids = hashed_ids(kind, service, text(raw, name), text(raw, address))
    return pd.DataFrame(
        {
            schema.DESTINATION_ID: ids,
            schema.SERVICE: service,
            schema.NAME: text(raw, name),
            schema.LON: place[schema.LON],
            schema.LAT: place[schema.LAT],
            schema.SOURCE: kind,
            schema.SOURCE_IDS: ids,
        }
    )


def _read_p20(found: Found) -> gpd.GeoDataFrame:
    raw = read_vector(found)
    require(raw, ("P20_002", "P20_004", "P20_005"), found.label, "KSJ P20 (避難施設)")
    return raw


def _p20(raw: gpd.GeoDataFrame) -> pd.DataFrame:
    kind = text(raw, "P20_004")
    site = kind.str.contains("避難場所|避難地|広場", regex=True) & ~kind.str.contains("避難所")
    service = pd.Series("shelter", index=raw.index, dtype="str").mask(site, "evacuation_site")
    frame = _facilities(raw, P20, service, "P20_002", "P20_003")
    return frame.assign(**{schema.CAPACITY: _positive(raw, "P20_005")})


def _space(raw: gpd.GeoDataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return capacity and area (施設規模) of the rows that have either."""
    space = pd.DataFrame(
        {
            "source_id": frame[schema.DESTINATION_ID],
            "capacity": frame[schema.CAPACITY],
            "area_m2": _positive(raw, "P20_006"),
        },
        columns=list(SPACE_COLUMNS),
    )
    known = space["capacity"].notna() | space["area_m2"].notna()
    return space[known].sort_values("source_id", ignore_index=True)


def _positive(raw: gpd.GeoDataFrame, column: str) -> pd.Series:
    """Return numbers; unknown ones are written as 0 or -1."""
    if column not in raw:
        return pd.Series(float("nan"), index=raw.index)
    number: pd.Series = pd.to_numeric(raw[column], errors="coerce").astype("float64")
    return number.where(number > 0)
