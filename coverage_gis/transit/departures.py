"""Trips per day at each stop on a service date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.transit.directions import call_directions
from coverage_gis.transit.feed import (
    NOT_AVAILABLE,
    SERVICE_ID,
    STOP_ID,
    STOP_OR_PLATFORM,
    TRIP_ID,
    GtfsFeed,
)
from coverage_gis.transit.service_date import active_services, runs_on, service_span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

_RUN = "run"
_DIRECTION = "direction"


def departures(feeds: Sequence[GtfsFeed], day: dt.date) -> pd.DataFrame:
    """Count the trips that serve each stop or platform on ``day``.

    A trip serves a stop where people may board or alight, its last stop included, and counts
    once however often it calls there. ``trips_per_day`` is the busier of the two directions
    (:mod:`coverage_gis.transit.directions`), ``trips_both_directions`` each trip once: a trip
    that passes out and back is one trip of each direction. A row of frequencies stands for
    a departure every ``headway_s`` from its start, before its end. First and last departure
    are of trips that people may board and that go on from there; the service day is the
    feed's, so 25:10 is 90,600 s of the day before.

    A stop without a trip has zero trips if the day lies within its feed's calendars; the
    stops of feeds that have expired or not begun have no row: their service is unknown.

    Returns
    -------
    ``DEPARTURES``, sorted by ``destination_id``.
    """
    tables = [_of_feed(feed, day) for feed in feeds]
    joined = pd.concat([schema.DEPARTURES.empty(), *(t for t in tables if len(t))])
    return schema.DEPARTURES.conform(joined.sort_values(schema.DESTINATION_ID))


def calls_on(feed: GtfsFeed, day: dt.date) -> pd.DataFrame:
    """Return the feed's calls on ``day``, sorted by trip and sequence.

    Columns of ``stop_times`` and the trip's, the stop's ``lon`` and ``lat``, and for trips in
    frequencies one row per call and row of frequencies: ``run`` numbers these, ``weight`` is
    the trips a row stands for, ``shift_s`` and ``last_shift_s`` how much later than its
    ``departure_s`` the first and the last of them leave.
    """
    trips = feed.trips[feed.trips[SERVICE_ID].isin(active_services(feed, day))]
    stops = feed.stops.loc[feed.stops["location_type"] == STOP_OR_PLATFORM, [STOP_ID, "lon", "lat"]]
    calls = feed.stop_times.merge(trips, on=TRIP_ID).merge(stops, on=STOP_ID)
    runs = _runs(feed.frequencies)
    calls = calls.merge(runs, on=TRIP_ID, how="left")
    begin = calls[["arrival_s", "departure_s"]].min(axis=1).groupby(calls[TRIP_ID]).transform("min")
    once = calls[_RUN].isna()
    calls["shift_s"] = (calls["start_s"] - begin).mask(once, 0.0)
    calls["last_shift_s"] = (calls["last_start_s"] - begin).mask(once, 0.0)
    calls["weight"] = calls["weight"].fillna(1).astype("int64")
    calls[_RUN] = calls[_RUN].fillna(0).astype("int64")
    return calls.sort_values([TRIP_ID, _RUN, "stop_sequence"], ignore_index=True)


def _runs(frequencies: pd.DataFrame) -> pd.DataFrame:
    """Return per row of frequencies how many trips it stands for, and when they start."""
    span = frequencies["end_s"] - frequencies["start_s"]
    count = np.ceil(span / frequencies["headway_s"])
    return pd.DataFrame(
        {
            TRIP_ID: frequencies[TRIP_ID],
            _RUN: frequencies.groupby(TRIP_ID).cumcount() + 1,
            "weight": count.astype("int64"),
            "start_s": frequencies["start_s"],
            "last_start_s": frequencies["start_s"] + (count - 1) * frequencies["headway_s"],
        }
    )


def _of_feed(feed: GtfsFeed, day: dt.date) -> pd.DataFrame:
    span = service_span(feed)
    if not runs_on(feed, day) and (span is None or not span[0] <= day <= span[1]):
        return schema.DEPARTURES.empty()
    calls = calls_on(feed, day)
    calls[_DIRECTION] = call_directions(calls)
    serves = (calls["pickup_type"] != NOT_AVAILABLE) | (calls["drop_off_type"] != NOT_AVAILABLE)
    trips = [STOP_ID, TRIP_ID, _RUN]
    serving = calls[serves]
    both = serving.drop_duplicates(trips).groupby(STOP_ID)["weight"].sum()
    by_direction = (
        serving.drop_duplicates([*trips, _DIRECTION]).groupby([STOP_ID, _DIRECTION])["weight"].sum()
    )
    busier = by_direction.groupby(level=STOP_ID).max()
    leaving = calls[_goes_on(calls) & (calls["pickup_type"] != NOT_AVAILABLE)]
    first = (leaving["departure_s"] + leaving["shift_s"]).groupby(leaving[STOP_ID]).min()
    last = (leaving["departure_s"] + leaving["last_shift_s"]).groupby(leaving[STOP_ID]).max()
    stops = feed.stops.loc[feed.stops["location_type"] == STOP_OR_PLATFORM, STOP_ID]
    return pd.DataFrame(
        {
            schema.DESTINATION_ID: feed.destination_ids(stops),
            schema.SERVICE_DATE: day.isoformat(),
            schema.TRIPS_PER_DAY: stops.map(busier).fillna(0).astype("int64"),
            "trips_both_directions": stops.map(both).fillna(0).astype("int64"),
            "first_departure_s": stops.map(first).astype("float64"),
            "last_departure_s": stops.map(last).astype("float64"),
        }
    )


def _goes_on(calls: pd.DataFrame) -> pd.Series:
    """Tell for each call (sorted) whether the trip has another one after it."""
    return (calls[TRIP_ID] == calls[TRIP_ID].shift(-1)) & (calls[_RUN] == calls[_RUN].shift(-1))
