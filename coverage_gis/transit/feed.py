"""One GTFS feed as tables whose columns and types can be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

STOP_ID: Final = "stop_id"
TRIP_ID: Final = "trip_id"
ROUTE_ID: Final = "route_id"
SERVICE_ID: Final = "service_id"
STOP_NAME: Final = "stop_name"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

STOP_COLUMNS: Final = {
    STOP_ID: "str",
    STOP_NAME: "str",
    "lon": "float64",
    "lat": "float64",
    "location_type": "int64",
    "parent_station": "str",
}
ROUTE_COLUMNS: Final = {ROUTE_ID: "str", "route_name": "str", "route_type": "int64"}
TRIP_COLUMNS: Final = {
    TRIP_ID: "str",
    ROUTE_ID: "str",
    SERVICE_ID: "str",
    "trip_headsign": "str",
    "direction_id": "int64",
}
STOP_TIME_COLUMNS: Final = {
    TRIP_ID: "str",
    STOP_ID: "str",
    "stop_sequence": "int64",
    "arrival_s": "float64",
    "departure_s": "float64",
    "pickup_type": "int64",
    "drop_off_type": "int64",
}
CALENDAR_COLUMNS: Final = {
    SERVICE_ID: "str",
    **dict.fromkeys(WEEKDAYS, "bool"),
    "start_day": "int64",
    "end_day": "int64",
}
CALENDAR_DATE_COLUMNS: Final = {SERVICE_ID: "str", "day": "int64", "exception_type": "int64"}
FREQUENCY_COLUMNS: Final = {
    TRIP_ID: "str",
    "start_s": "float64",
    "end_s": "float64",
    "headway_s": "float64",
}

ADDED: Final = 1
REMOVED: Final = 2
"""Values of ``exception_type`` in calendar_dates."""

NO_DIRECTION: Final = -1
"""``direction_id`` of a trip that gives none."""

STOP_OR_PLATFORM: Final = 0
"""``location_type`` of what a vehicle calls at."""

NOT_AVAILABLE: Final = 1
"""``pickup_type`` or ``drop_off_type`` where nobody may board or alight."""


@dataclass(frozen=True)
class GtfsFeed:
    """A feed, read and checked.

    Days are proleptic ordinals (:meth:`datetime.date.toordinal`), times are seconds after
    the start of the service day (past midnight they exceed 86,400; NaN where not given),
    coordinates degrees JGD2011. Every table has the columns and types of this module's
    ``*_COLUMNS``; references between tables hold.

    Attributes
    ----------
    feed_id
        Unique among the feeds of a run.
    name
        Of the operators, for people.
    stops
        Stops, platforms (``location_type`` 0), stations (1) and whatever else has a place.
    routes, trips, stop_times
        The timetable; ``direction_id`` is -1 where not given.
    calendar, calendar_dates
        Days of service by ``service_id``; either may be empty.
    frequencies
        Trips that stand for many: one every ``headway_s`` from ``start_s``, before ``end_s``.
    valid_from, valid_to
        What feed_info says of the feed's validity, both inclusive; None where it does not.
    """

    feed_id: str
    name: str
    stops: pd.DataFrame
    routes: pd.DataFrame
    trips: pd.DataFrame
    stop_times: pd.DataFrame
    calendar: pd.DataFrame
    calendar_dates: pd.DataFrame
    frequencies: pd.DataFrame
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def destination_ids(self, stop_ids: pd.Series) -> pd.Series:
        """Return the ids that stops have in the tables of destinations and departures."""
        return f"gtfs:{self.feed_id}:" + stop_ids.str.replace(";", ",", regex=False)


def empty(columns: Mapping[str, str]) -> pd.DataFrame:
    """Return a table without rows that has ``columns`` (name -> dtype)."""
    return pd.DataFrame(
        {n: pd.Series(dtype=pd.api.types.pandas_dtype(t)) for n, t in columns.items()}
    )
