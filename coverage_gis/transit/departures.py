"""Trips per day at each stop on a service date, and through the week."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis import schema
from coverage_gis.transit.calls import calls_on
from coverage_gis.transit.feed import STOP_ID, STOP_OR_PLATFORM, GtfsFeed
from coverage_gis.transit.service import BOTH, FIRST, GAP, LAST, service_at
from coverage_gis.transit.service_date import runs_on, service_span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

_COUNTS = (schema.TRIPS_PER_DAY, BOTH)
_TIMES = (FIRST, LAST, GAP)


@dataclass(frozen=True)
class Timetable:
    """All feeds on one day.

    Attributes
    ----------
    feeds
        With distinct ``feed_id``.
    day
        The service date.
    places
        ``destination_id`` -> ``place_id`` (:func:`coverage_gis.transit.places.stop_places`).
    """

    feeds: Sequence[GtfsFeed]
    day: dt.date
    places: pd.Series

    @cached_property
    def calls(self) -> pd.DataFrame:
        """All calls of the day (:func:`coverage_gis.transit.calls.calls_on`)."""
        return calls_on(self.feeds, self.day)

    @cached_property
    def by_pole(self) -> pd.DataFrame:
        """Service at each pole with a trip (:func:`coverage_gis.transit.service.service_at`)."""
        return service_at(self.calls, self.calls[schema.DESTINATION_ID])

    @cached_property
    def by_place(self) -> pd.DataFrame:
        """Service at each place with a trip: all poles and operators, each trip once."""
        return service_at(self.calls, self.calls[schema.DESTINATION_ID].map(self.places))

    @cached_property
    def poles(self) -> pd.Series:
        """``destination_id`` of the stops whose timetable of the day is known."""
        ids = [pd.Series(dtype="str")]
        for feed in self.feeds:
            span = service_span(feed)
            if runs_on(feed, self.day) or (span is not None and span[0] <= self.day <= span[1]):
                poles = feed.stops.loc[feed.stops["location_type"] == STOP_OR_PLATFORM, STOP_ID]
                ids.append(feed.destination_ids(poles))
        return pd.concat(ids, ignore_index=True)


def departures(timetable: Timetable) -> pd.DataFrame:
    """Count the trips that serve each stop or platform on the day.

    A trip serves a stop where people may board or alight, its last stop included, and counts
    once however often it calls there. ``trips_per_day`` is the busier of the two directions
    (:func:`coverage_gis.transit.directions.busier`), ``trips_both_directions`` each trip once.
    A row of frequencies stands for a departure every ``headway_s`` from its start, before its
    end. First and last departure are of trips that people may board and that go on from
    there; the service day is the feed's, so 25:10 is 90,600 s of the day before.

    A stop without a trip has zero trips if the day lies within its feed's calendars; the
    stops of feeds that have expired or not begun have no row: their service is unknown.

    Returns
    -------
    ``DEPARTURES``, sorted by ``destination_id``. ``place_trips_per_day`` is the busier
    direction of all poles of the place together, each trip once.
    """
    table = _with_service(timetable.poles, timetable.by_pole)
    table[schema.SERVICE_DATE] = timetable.day.isoformat()
    table[schema.PLACE_ID] = table[schema.DESTINATION_ID].map(timetable.places)
    trips = table[schema.PLACE_ID].map(timetable.by_place[schema.TRIPS_PER_DAY])
    table[schema.PLACE_TRIPS] = trips.fillna(0).astype("int64")
    return schema.DEPARTURES.conform(table.sort_values(schema.DESTINATION_ID))


def service_through_the_week(days: Mapping[str, Timetable]) -> pd.DataFrame:
    """Return service at every stop, hour by hour, on a day of each type.

    Parameters
    ----------
    days
        Day type ("weekday", "saturday", "sunday") -> the timetable of the date that stands
        for it.

    Returns
    -------
    ``STOP_SERVICE``, sorted by stop, in the order of ``days``.
    """
    tables = []
    for day_type, timetable in days.items():
        found = timetable.by_pole
        table = _with_service(timetable.poles, found)
        hours = found[list(schema.HOURS)].reindex(table[schema.DESTINATION_ID]).fillna(0)
        table[list(schema.HOURS)] = hours.to_numpy()
        table[schema.DAY_TYPE] = day_type
        table[schema.SERVICE_DATE] = timetable.day.isoformat()
        tables.append(table)
    joined = pd.concat([t for t in tables if len(t)] or [schema.STOP_SERVICE.empty()])
    return schema.STOP_SERVICE.conform(joined.sort_values(schema.DESTINATION_ID, kind="stable"))


def place_service(timetable: Timetable, stops: pd.DataFrame) -> pd.DataFrame:
    """Return service at each place: all its poles and operators together, each trip once.

    Parameters
    ----------
    timetable
        Of the service date.
    stops
        ``DESTINATIONS`` of the feeds' poles.

    Returns
    -------
    ``STOP_PLACES``, sorted by ``place_id``: only places with a pole whose timetable is known.
    """
    poles = stops.drop_duplicates(schema.DESTINATION_ID)
    poles = poles[poles[schema.DESTINATION_ID].isin(timetable.poles)]
    poles = poles.sort_values(schema.DESTINATION_ID).assign(
        place=lambda t: t[schema.DESTINATION_ID].map(timetable.places),
        feed=lambda t: t[schema.DESTINATION_ID].str.split(":", n=2).str[1],
    )
    grouped = poles.groupby("place", sort=True)
    table = pd.DataFrame(
        {
            schema.NAME: grouped[schema.NAME].first(),
            schema.LON: grouped[schema.LON].mean(),
            schema.LAT: grouped[schema.LAT].mean(),
            "poles": grouped.size(),
            "feeds": grouped["feed"].nunique(),
        }
    )
    found = timetable.by_place.reindex(table.index)
    for name in _COUNTS:
        table[name] = found[name].fillna(0).astype("int64")
    for name in _TIMES:
        table[name] = found[name]
    table[schema.SERVICE_DATE] = timetable.day.isoformat()
    return schema.STOP_PLACES.conform(table.rename_axis(schema.PLACE_ID).reset_index())


def _with_service(poles: pd.Series, found: pd.DataFrame) -> pd.DataFrame:
    """Return one row per pole: what was found of it, or no trip."""
    table = pd.DataFrame({schema.DESTINATION_ID: poles})
    for name in _COUNTS:
        table[name] = poles.map(found[name]).fillna(0).astype("int64")
    for name in _TIMES:
        table[name] = poles.map(found[name]).astype("float64")
    return table
