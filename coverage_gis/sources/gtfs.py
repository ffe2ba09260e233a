"""GTFS and GTFS-JP (標準的なバス情報フォーマット) feeds, as publishers really write them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis.errors import InputError
from coverage_gis.sources.archive import NESTED, read_folder
from coverage_gis.sources.delimited import read_ragged
from coverage_gis.sources.gtfs_fields import Account, dates, seconds, whole_numbers
from coverage_gis.sources.gtfs_stops import read_stops
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.tabular import decode
from coverage_gis.transit.feed import (
    ADDED,
    CALENDAR_COLUMNS,
    CALENDAR_DATE_COLUMNS,
    FREQUENCY_COLUMNS,
    NO_DIRECTION,
    REMOVED,
    ROUTE_COLUMNS,
    ROUTE_ID,
    SERVICE_ID,
    STOP_ID,
    STOP_TIME_COLUMNS,
    TRIP_COLUMNS,
    TRIP_ID,
    WEEKDAYS,
    GtfsFeed,
    empty,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from coverage_gis.sources.found import Found

_REQUIRED: Final = {
    "stops.txt": ("stop_id",),
    "routes.txt": ("route_id",),
    "trips.txt": ("trip_id", "route_id", "service_id"),
    "stop_times.txt": ("trip_id", "stop_id", "stop_sequence"),
}
_OPTIONAL: Final = {
    "agency.txt": (),
    "feed_info.txt": (),
    "calendar.txt": (SERVICE_ID, *WEEKDAYS, "start_date", "end_date"),
    "calendar_dates.txt": (SERVICE_ID, "date", "exception_type"),
    "frequencies.txt": (TRIP_ID, "start_time", "end_time", "headway_secs"),
}
MAX_STOPS: Final = 500_000
"""No feed has as many: P11-22 counts 242,985 bus stops in all of Japan."""
_BUS: Final = 3
"""``route_type`` where a feed leaves it out: GTFS-JP fixes it to 3."""


def read_gtfs(found: Found) -> ReadResult[GtfsFeed]:
    """Return a feed, its references checked; shapes, fares and translations are not read.

    Byte-order marks, quotes, missing optional files and columns, times such as 25:10:00 or
    9:05, blank times and platforms without a position of their own (their station's is
    taken) are in order. Rows that cannot be used are dropped and counted by file and reason.

    Raises
    ------
    InputError
        If the zip cannot be read, or stops.txt, routes.txt, trips.txt or stop_times.txt is
        missing or lacks a column without which it says nothing, or there are more than
        ``MAX_STOPS`` stops.
    """
    tables = _tables(found)
    if len(tables["stops.txt"]) > MAX_STOPS:
        raise InputError(
            f"{found.label}: stops.txt has {len(tables['stops.txt']):,} stops, more than all of "
            "Japan; get the feed again, or take it away."
        )
    account = Account({name: len(frame) for name, frame in tables.items()})
    stops = read_stops(tables["stops.txt"], account)
    routes = _routes(tables["routes.txt"], account)
    trips = _trips(tables["trips.txt"], routes, account)
    info = tables["feed_info.txt"]
    feed = GtfsFeed(
        feed_id=feed_id_of(found),
        name=_name(tables, feed_id_of(found)),
        stops=stops,
        routes=routes,
        trips=trips,
        stop_times=_stop_times(tables["stop_times.txt"], trips, stops, account),
        calendar=_calendar(tables["calendar.txt"], account),
        calendar_dates=_calendar_dates(tables["calendar_dates.txt"], account),
        frequencies=_frequencies(tables["frequencies.txt"], trips, account),
        valid_from=_info_date(info, "feed_start_date"),
        valid_to=_info_date(info, "feed_end_date"),
    )
    if not len(feed.calendar) and not len(feed.calendar_dates):
        account.note(
            f"{found.label}: neither calendar.txt nor calendar_dates.txt says on which days "
            "it runs; its stops have no trips."
        )
    return ReadResult(feed, account.read, account.dropped, tuple(account.notes))


def feed_id_of(found: Found) -> str:
    """Return the name of the zip or folder a feed lies in, without ``.zip``."""
    folder = found.detail.get("folder", "").strip("/")
    inner = (found.member or "").removesuffix(NESTED)
    name = PurePosixPath(folder or inner or found.path.name).name
    return name[:-4] if name.lower().endswith(".zip") else name


def _tables(found: Found) -> dict[str, pd.DataFrame]:
    files = read_folder(found)
    tables = {}
    for name, columns in (_REQUIRED | _OPTIONAL).items():
        label = f"{found.label}/{name}"
        if name not in files and name in _REQUIRED:
            raise InputError(f"{found.label} lacks {name}; get the whole GTFS feed again.")
        blank = name in _OPTIONAL and not files.get(name, b"").strip(b"\xef\xbb\xbf\r\n\t ")
        if blank:
            tables[name] = pd.DataFrame({c: pd.Series(dtype="str") for c in columns})
            continue
        frame = read_ragged(decode(files[name], label), label)
        missing = [c for c in columns if c not in frame]
        if missing:
            raise InputError(f"{label} lacks the column(s) {', '.join(missing)}.")
        tables[name] = frame
    return tables


def _name(tables: Mapping[str, pd.DataFrame], fallback: str) -> str:
    for name, column in (("agency.txt", "agency_name"), ("feed_info.txt", "feed_publisher_name")):
        frame = tables[name]
        if column in frame:
            names = [n for n in frame[column].unique() if n]
            if names:
                return "・".join(names)
    return fallback


def _info_date(info: pd.DataFrame, column: str) -> dt.date | None:
    if column not in info or not len(info):
        return None
    day = dates(info[column].head(1)).iloc[0]
    return None if pd.isna(day) else pd.Timestamp.fromordinal(int(day)).date()


def _routes(raw: pd.DataFrame, account: Account) -> pd.DataFrame:
    rows = account.first_of(raw, "routes.txt", ROUTE_ID)
    parts = [_text(rows, c) for c in ("route_short_name", "route_long_name")]
    kind = whole_numbers(_text(rows, "route_type"))
    if kind.isna().any():
        account.note(f"{int(kind.isna().sum())} route(s) without a route_type are taken for buses.")
    frame = pd.DataFrame(
        {
            ROUTE_ID: rows[ROUTE_ID],
            "route_name": (parts[0] + " " + parts[1]).str.strip(),
            "route_type": kind.fillna(_BUS),
        }
    )
    return _typed(frame, ROUTE_COLUMNS)


def _trips(raw: pd.DataFrame, routes: pd.DataFrame, account: Account) -> pd.DataFrame:
    rows = account.first_of(raw, "trips.txt", TRIP_ID)
    known = rows[ROUTE_ID].isin(routes[ROUTE_ID])
    rows = account.keep(rows, known, "trips.txt: route is not in routes.txt")
    direction = whole_numbers(_text(rows, "direction_id"))
    frame = pd.DataFrame(
        {
            TRIP_ID: rows[TRIP_ID],
            ROUTE_ID: rows[ROUTE_ID],
            SERVICE_ID: rows[SERVICE_ID],
            "trip_headsign": _text(rows, "trip_headsign"),
            "direction_id": direction.where(direction.isin((0, 1))).fillna(NO_DIRECTION),
        }
    )
    return _typed(frame, TRIP_COLUMNS)


def _stop_times(
    raw: pd.DataFrame, trips: pd.DataFrame, stops: pd.DataFrame, account: Account
) -> pd.DataFrame:
    rows = account.keep(
        raw, raw[TRIP_ID].isin(trips[TRIP_ID]), "stop_times.txt: trip is not in trips.txt"
    )
    rows = account.keep(
        rows, rows[STOP_ID].isin(stops[STOP_ID]), "stop_times.txt: stop is not in stops.txt"
    )
    sequence = whole_numbers(rows["stop_sequence"])
    frame = pd.DataFrame(
        {
            TRIP_ID: rows[TRIP_ID],
            STOP_ID: rows[STOP_ID],
            "stop_sequence": sequence,
            "arrival_s": seconds(_text(rows, "arrival_time")),
            "departure_s": seconds(_text(rows, "departure_time")),
            "pickup_type": whole_numbers(_text(rows, "pickup_type")).fillna(0),
            "drop_off_type": whole_numbers(_text(rows, "drop_off_type")).fillna(0),
        }
    )
    frame = account.keep(
        frame, frame["stop_sequence"].notna(), "stop_times.txt: stop_sequence is not a number"
    )
    again = frame.duplicated([TRIP_ID, "stop_sequence"])
    frame = account.keep(frame, ~again, "stop_times.txt: stop_sequence repeated in its trip")
    return _typed(frame.sort_values([TRIP_ID, "stop_sequence"]), STOP_TIME_COLUMNS)


def _calendar(raw: pd.DataFrame, account: Account) -> pd.DataFrame:
    rows = account.first_of(raw, "calendar.txt", SERVICE_ID)
    frame = pd.DataFrame({SERVICE_ID: rows[SERVICE_ID]} | {d: rows[d] == "1" for d in WEEKDAYS})
    frame["start_day"] = dates(rows["start_date"])
    frame["end_day"] = dates(rows["end_date"])
    dated = frame["start_day"].notna() & frame["end_day"].notna()
    frame = account.keep(frame, dated, "calendar.txt: not a date")
    return _typed(frame, CALENDAR_COLUMNS)


def _calendar_dates(raw: pd.DataFrame, account: Account) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            SERVICE_ID: raw[SERVICE_ID],
            "day": dates(raw["date"]),
            "exception_type": whole_numbers(raw["exception_type"]),
        }
    )
    good = frame["day"].notna() & frame["exception_type"].isin((ADDED, REMOVED))
    frame = account.keep(frame, good, "calendar_dates.txt: not a date or not 1 or 2")
    return _typed(frame, CALENDAR_DATE_COLUMNS)


def _frequencies(raw: pd.DataFrame, trips: pd.DataFrame, account: Account) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            TRIP_ID: raw[TRIP_ID],
            "start_s": seconds(raw["start_time"]),
            "end_s": seconds(raw["end_time"]),
            "headway_s": whole_numbers(raw["headway_secs"]),
        }
    )
    possible = (frame["headway_s"] > 0) & (frame["end_s"] > frame["start_s"])
    known = frame[TRIP_ID].isin(trips[TRIP_ID])
    frame = account.keep(frame, known & possible, "frequencies.txt: unknown trip or empty span")
    return _typed(frame, FREQUENCY_COLUMNS)


def _text(frame: pd.DataFrame, column: str) -> pd.Series:
    if column in frame:
        return frame[column]
    return pd.Series("", index=frame.index, dtype="str")


def _typed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    if not len(frame):
        return empty(columns)
    return frame[list(columns)].astype(dict(columns)).reset_index(drop=True)
