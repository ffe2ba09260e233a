"""Which stops and stations serve, at each level of service: what distances are measured to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis import schema
from coverage_gis.facilities.places import embed, greatest_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.settings import Settings

STATION: Final = "station"
BUS_STOP: Final = "bus_stop"
UNKNOWN: Final = "?"
"""Level of the stops whose trips nobody knows."""

Level = tuple[str, float | str]
"""A service, and the trips a day its stops have at least, or :data:`UNKNOWN`."""


def known_trips(
    destinations: pd.DataFrame,
    departures: pd.DataFrame,
    stops: pd.DataFrame,
    same_station_m: float,
) -> NDArray[np.float64]:
    """Return the trips per day of each destination, NaN where unknown.

    A stop has those of its place: all poles and operators together, in the busier direction.
    A railway station without a timetable of its own has those of the busiest platform of a
    timetable within ``same_station_m`` (of the nearest, a further platform could lower them).

    Parameters
    ----------
    destinations
        ``DESTINATIONS`` of the run, any services.
    departures
        ``DEPARTURES``.
    stops
        ``DESTINATIONS`` of the timetables' stops, those of railways among them.
    same_station_m
        Metres, inclusive.
    """
    by_id = departures.set_index(schema.DESTINATION_ID)[schema.PLACE_TRIPS]
    trips = destinations[schema.DESTINATION_ID].map(by_id).to_numpy(dtype=np.float64).copy()
    platforms = stops[stops[schema.SERVICE] == STATION]
    platforms = platforms[platforms[schema.DESTINATION_ID].isin(by_id.index)]
    is_station = (destinations[schema.SERVICE] == STATION).to_numpy()
    lost = np.flatnonzero(is_station & np.isnan(trips))
    if len(platforms) and len(lost):
        here, there = (
            embed(table[schema.LON], table[schema.LAT], np.zeros(len(table)))
            for table in (destinations.iloc[lost], platforms)
        )
        found = platforms[schema.DESTINATION_ID].map(by_id).to_numpy(dtype=np.float64)
        trips[lost] = greatest_within(here, there, found, same_station_m)
    return trips


def levels(settings: Settings) -> dict[str, list[float]]:
    """Return the levels of service that presets and quality classes ask for, least first."""
    presets = settings.vacuum_presets.values()
    bands = settings.service_quality.trips_per_day
    bus = {p.min_trips_per_day for p in presets if p.min_trips_per_day}
    rail = {p.min_rail_trips_per_day for p in presets if p.min_rail_trips_per_day}
    return {
        STATION: sorted({1.0, *rail, *bands}),
        BUS_STOP: sorted({1.0, *bus, *bands}),
    }


def members_by_level(
    destinations: pd.DataFrame, trips: NDArray[np.float64], wanted: Mapping[str, Iterable[float]]
) -> dict[Level, NDArray[np.int64]]:
    """Return the rows of ``destinations`` that serve at each level; empty ones too.

    Parameters
    ----------
    destinations, trips
        As in :func:`known_trips`.
    wanted
        From :func:`levels`.
    """
    service = destinations[schema.SERVICE].to_numpy()
    out: dict[Level, NDArray[np.int64]] = {}
    for name, minima in wanted.items():
        mine = service == name
        for minimum in minima:
            out[name, minimum] = np.flatnonzero(mine & (trips >= minimum))
        out[name, UNKNOWN] = np.flatnonzero(mine & np.isnan(trips))
    return out
