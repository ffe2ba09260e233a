"""Stops of GTFS feeds as destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis import schema
from coverage_gis.transit.feed import (
    NOT_AVAILABLE,
    ROUTE_ID,
    STOP_ID,
    STOP_NAME,
    STOP_OR_PLATFORM,
    TRIP_ID,
    GtfsFeed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

GTFS = "gtfs"
STATION = "station"
BUS_STOP = "bus_stop"

# route_type, https://gtfs.org/documentation/schedule/reference/#routestxt and, from 100,
# https://developers.google.com/transit/gtfs/reference/extended-route-types
_RAIL = frozenset({0, 1, 2, 5, 7, 12})
_BUS = frozenset({3, 11})
_RAIL_EXTENDED = ((100, 200), (400, 500), (900, 1000), (1400, 1500))
_BUS_EXTENDED = ((200, 300), (700, 900))


def service_of_route_type(route_type: int) -> str | None:
    """Return "station" for rail, tram, metro, funicular and monorail, "bus_stop" for buses.

    None for ferries, ropeways, aircraft and taxis: neither a station nor a bus stop is
    where they call.
    """
    if route_type in _RAIL or any(a <= route_type < b for a, b in _RAIL_EXTENDED):
        return STATION
    if route_type in _BUS or any(a <= route_type < b for a, b in _BUS_EXTENDED):
        return BUS_STOP
    return None


def gtfs_stops(feeds: Sequence[GtfsFeed]) -> pd.DataFrame:
    """Return the stops and platforms that trips serve, each pole at its own position.

    A stop that no trip of its feed ever serves is left out, and so are stations and entrances
    (their platforms are in). A platform of trams and buses is both a station and a bus stop.

    Returns
    -------
    ``DESTINATIONS``, sorted by service and id.
    """
    tables = [_of_feed(feed) for feed in feeds]
    joined = pd.concat([schema.DESTINATIONS.empty(), *(t for t in tables if len(t))])
    return schema.DESTINATIONS.conform(joined.sort_values([schema.SERVICE, schema.DESTINATION_ID]))


def _of_feed(feed: GtfsFeed) -> pd.DataFrame:
    times = feed.stop_times
    serves = (times["pickup_type"] != NOT_AVAILABLE) | (times["drop_off_type"] != NOT_AVAILABLE)
    route = feed.trips.set_index(TRIP_ID)[ROUTE_ID]
    kinds = {t: service_of_route_type(t) for t in feed.routes["route_type"].unique()}
    service = feed.routes.set_index(ROUTE_ID)["route_type"].map(kinds)
    calls = times.loc[serves, [TRIP_ID, STOP_ID]]
    calls = calls.assign(**{schema.SERVICE: calls[TRIP_ID].map(route).map(service)})
    served = calls.dropna().drop_duplicates([STOP_ID, schema.SERVICE])
    platforms = feed.stops[feed.stops["location_type"] == STOP_OR_PLATFORM]
    stops = platforms.merge(served[[STOP_ID, schema.SERVICE]], on=STOP_ID)
    ids = feed.destination_ids(stops[STOP_ID])
    return pd.DataFrame(
        {
            schema.DESTINATION_ID: ids,
            schema.SERVICE: stops[schema.SERVICE],
            schema.NAME: stops[STOP_NAME],
            schema.LON: stops["lon"],
            schema.LAT: stops["lat"],
            schema.SOURCE: GTFS,
            schema.SOURCE_IDS: ids,
            schema.CAPACITY: float("nan"),
        }
    )
