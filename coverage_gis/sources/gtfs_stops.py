"""Stops, platforms and stations of a GTFS feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis.sources.facility_rows import to_number
from coverage_gis.sources.gtfs_fields import whole_numbers
from coverage_gis.transit.feed import (
    STOP_COLUMNS,
    STOP_ID,
    STOP_NAME,
    STOP_OR_PLATFORM,
    empty,
)

if TYPE_CHECKING:
    from coverage_gis.sources.gtfs_fields import Account


def read_stops(raw: pd.DataFrame, account: Account) -> pd.DataFrame:
    """Return the stops of stops.txt that have an id and a place.

    A platform without a name or position has its parent station's.
    """
    rows = account.first_of(raw, "stops.txt", STOP_ID)
    frame = pd.DataFrame({STOP_ID: rows[STOP_ID]})
    for name, column in ((STOP_NAME, "stop_name"), ("parent_station", "parent_station")):
        frame[name] = rows.get(column, "")
    for name, column in (("lon", "stop_lon"), ("lat", "stop_lat")):
        frame[name] = to_number(rows[column]) if column in rows else float("nan")
    kind = rows.get("location_type", pd.Series("", index=rows.index, dtype="str"))
    frame["location_type"] = whole_numbers(kind).fillna(STOP_OR_PLATFORM)
    impossible = (frame["lon"].abs() > 180) | (frame["lat"].abs() > 90)
    nowhere = impossible | ((frame["lon"] == 0) & (frame["lat"] == 0))
    frame.loc[nowhere, ["lon", "lat"]] = float("nan")
    frame = _from_parents(frame)
    placed = frame["lon"].notna() & frame["lat"].notna()
    frame = account.keep(frame, placed, "stops.txt: no coordinates")
    if not len(frame):
        return empty(STOP_COLUMNS)
    return frame[list(STOP_COLUMNS)].astype(dict(STOP_COLUMNS)).reset_index(drop=True)


def _from_parents(frame: pd.DataFrame) -> pd.DataFrame:
    parents = frame.set_index(STOP_ID)
    out = frame.copy()
    nameless = out[STOP_NAME] == ""
    inherited = out["parent_station"].map(parents[STOP_NAME]).fillna("")
    out[STOP_NAME] = out[STOP_NAME].mask(nameless, inherited)
    unplaced = out["lon"].isna() | out["lat"].isna()
    for column in ("lon", "lat"):
        out[column] = out[column].mask(unplaced, out["parent_station"].map(parents[column]))
    return out
