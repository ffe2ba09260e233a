"""Passengers of stations, by the stations' own ids."""

from __future__ import annotations

import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.merge import SEPARATOR


def passengers_by_station(
    passengers: pd.DataFrame, counted: pd.DataFrame, stations: pd.DataFrame
) -> pd.DataFrame:
    """Return ``STATION_PASSENGERS``: passengers a day and year of each station of a run.

    Parameters
    ----------
    passengers
        ``station_group``, ``year`` and ``passengers_per_day``.
    counted
        ``DESTINATIONS`` of the stations that were counted: their ids end in the group.
    stations
        ``DESTINATIONS`` of the run. A counted station is the one that has one of its ids among
        ``source_ids``, as merging by name and place leaves it; several are added up.
    """
    mine = _exploded(stations)
    theirs = _exploded(counted)
    theirs["station_group"] = theirs["own"].str.replace("^[^:]*:", "", regex=True)
    links = theirs.drop(columns="own").merge(mine, on="source_id")
    links = links[["station_group", "own"]].drop_duplicates()
    rows = passengers.merge(links, on="station_group")
    rows[schema.DESTINATION_ID] = rows["own"]
    by = rows.groupby([schema.DESTINATION_ID, schema.YEAR])
    return schema.STATION_PASSENGERS.conform(by["passengers_per_day"].sum().reset_index())


def _exploded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per station and id it has: ``own`` (its own) and ``source_id``."""
    rows = pd.DataFrame(
        {
            "own": frame[schema.DESTINATION_ID],
            "source_id": frame[schema.SOURCE_IDS].str.split(SEPARATOR),
        }
    )
    return rows.explode("source_id").astype({"own": "str", "source_id": "str"})
