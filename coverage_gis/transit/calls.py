"""The calls of a day: which trip passes which stop when, frequencies included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.transit.directions import headings
from coverage_gis.transit.feed import (
    NOT_AVAILABLE,
    ROUTE_ID,
    SERVICE_ID,
    STOP_ID,
    STOP_OR_PLATFORM,
    TRIP_ID,
    GtfsFeed,
)
from coverage_gis.transit.service_date import active_services

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

RUN: Final = "run"
TRIP: Final = "trip"
ROUTE: Final = "route"
HEADING: Final = "heading"
WEIGHT: Final = "weight"
SERVES: Final = "serves"
LEAVES: Final = "leaves"


def calls_on(feeds: Sequence[GtfsFeed], day: dt.date) -> pd.DataFrame:
    """Return the calls of all feeds on ``day``, sorted by feed, trip and sequence.

    Returns
    -------
    DataFrame
        One row per call, and for trips in frequencies.txt one per call and row of it:
        ``destination_id`` (the pole), ``trip`` and ``route`` (numbers unique among the
        feeds; a row of frequencies is a trip of its own), ``direction_id``, ``heading``,
        ``weight`` (departures it stands for), ``serves`` (people may board or alight),
        ``leaves`` (may board, and the trip goes on), ``departure_s`` of the first of them
        and ``headway_s`` between them (NaN for a single one).
    """
    tables = [_of_feed(feed, day, number) for number, feed in enumerate(feeds)]
    tables = [t for t in tables if len(t)]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()})
    calls = pd.concat(tables, ignore_index=True)
    for name in (TRIP, ROUTE):
        calls[name] = pd.factorize(calls[name], sort=False)[0]
    return calls


_COLUMNS = {
    schema.DESTINATION_ID: "str",
    TRIP: "int64",
    ROUTE: "int64",
    "direction_id": "int64",
    HEADING: "int64",
    WEIGHT: "int64",
    SERVES: "bool",
    LEAVES: "bool",
    "departure_s": "float64",
    "headway_s": "float64",
}


def _of_feed(feed: GtfsFeed, day: dt.date, number: int) -> pd.DataFrame:
    trips = feed.trips[feed.trips[SERVICE_ID].isin(active_services(feed, day))]
    stops = feed.stops.loc[feed.stops["location_type"] == STOP_OR_PLATFORM, [STOP_ID, "lon", "lat"]]
    calls = feed.stop_times.merge(trips, on=TRIP_ID).merge(stops, on=STOP_ID)
    calls = calls.merge(_runs(feed.frequencies), on=TRIP_ID, how="left")
    begin = calls[["arrival_s", "departure_s"]].min(axis=1).groupby(calls[TRIP_ID]).transform("min")
    calls["departure_s"] += (calls["start_s"] - begin).fillna(0.0)
    calls[WEIGHT] = calls[WEIGHT].fillna(1).astype("int64")
    calls[RUN] = calls[RUN].fillna(0).astype("int64")
    calls = calls.sort_values([TRIP_ID, RUN, "stop_sequence"], ignore_index=True)
    # A run of frequencies is a trip of its own, from here on.
    calls[TRIP_ID] = calls[TRIP_ID] + "\0" + calls[RUN].astype("str")
    boards = calls["pickup_type"] != NOT_AVAILABLE
    goes_on = calls[TRIP_ID] == calls[TRIP_ID].shift(-1)
    return pd.DataFrame(
        {
            schema.DESTINATION_ID: feed.destination_ids(calls[STOP_ID]),
            TRIP: f"{number}\0" + calls[TRIP_ID],
            ROUTE: f"{number}\0" + calls[ROUTE_ID],
            "direction_id": calls["direction_id"],
            HEADING: headings(calls),
            WEIGHT: calls[WEIGHT],
            SERVES: boards | (calls["drop_off_type"] != NOT_AVAILABLE),
            LEAVES: boards & goes_on,
            "departure_s": calls["departure_s"],
            "headway_s": calls["headway_s"],
        }
    )


def _runs(frequencies: pd.DataFrame) -> pd.DataFrame:
    """Return per row of frequencies how many trips it stands for, and when they start."""
    span = frequencies["end_s"] - frequencies["start_s"]
    return pd.DataFrame(
        {
            TRIP_ID: frequencies[TRIP_ID],
            RUN: frequencies.groupby(TRIP_ID).cumcount() + 1,
            WEIGHT: np.ceil(span / frequencies["headway_s"]).astype("int64"),
            "start_s": frequencies["start_s"],
            "headway_s": frequencies["headway_s"],
        }
    )


def single_departures(leaving: pd.DataFrame) -> pd.DataFrame:
    """Return one row per departure: those of frequencies spread out, untimed calls left out."""
    timed = leaving.dropna(subset="departure_s")
    rows = timed.loc[timed.index.repeat(timed[WEIGHT])].reset_index(drop=True)
    nth = rows.groupby([TRIP, "departure_s", schema.DESTINATION_ID], sort=False).cumcount()
    late = rows["headway_s"].fillna(0.0) * nth
    return rows.assign(departure_s=rows["departure_s"] + late)
