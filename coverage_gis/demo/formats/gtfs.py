"""GTFS-JP feeds: one zip per operator, with the traits real feeds have."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from coverage_gis.demo.buses import CITY, EXPIRED, ISLAND, VALLEY
from coverage_gis.demo.formats.archive import write_zip
from coverage_gis.demo.plan import ATTRIBUTION, HOME, Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from coverage_gis.demo.buses import Line, Operator

    Rows = list[Sequence[str]]

_URL = "https://example.invalid/kakuu"
_TODAY = ("20260401", "20270331")
_EXPIRED = ("20180401", "20190331")
_HOLIDAYS = ("20260429", "20260504", "20260505", "20260506", "20260921", "20261103", "20261231")
_FIRST, _LAST = 6 * 60 + 10, 21 * 60 + 40
_NIGHT_START = 24 * 60 + 32
_WEEKDAY, _WEEKEND, _ISLAND_DAILY = "平日", "土日祝", "毎日"
_SLOWER_ON_WEEKENDS = 0.6


def write_feed(path: Path, operator: Operator, site: Site = HOME) -> None:
    """Write one operator's feed.

    The city's has a trip past 25 o'clock and parent stations, the valleys' runs on weekdays only,
    the island's gives headways in frequencies.txt, the expired one ended in 2019.
    """
    start, end = _EXPIRED if operator.key == EXPIRED else _TODAY
    trips, times, headways = _timetable(operator)
    tables: dict[str, Rows] = {
        "agency.txt": [
            ("agency_id", "agency_name", "agency_url", "agency_timezone", "agency_lang"),
            ("1", operator.name, _URL, "Asia/Tokyo", "ja"),
        ],
        "agency_jp.txt": [
            ("agency_id", "agency_official_name", "agency_zip_number", "agency_address"),
            ("1", f"{operator.name}（架空）", "", "架空県"),
        ],
        "stops.txt": _stops(operator, site),
        "routes.txt": _routes(operator),
        "trips.txt": trips,
        "stop_times.txt": times,
        "calendar.txt": _calendar(operator, start, end),
        "fare_attributes.txt": [
            ("fare_id", "price", "currency_type", "payment_method", "transfers"),
            ("均一", "200", "JPY", "0", "0"),
        ],
        "feed_info.txt": [
            ("feed_publisher_name", "feed_publisher_url", "feed_lang", "feed_start_date",
             "feed_end_date", "feed_version"),
            (f"{operator.name}・{ATTRIBUTION}", _URL, "ja", start, end, f"{start}_架空"),
        ],
    }  # fmt: skip
    if operator.key != ISLAND:
        tables["calendar_dates.txt"] = _exceptions(operator)
    if headways:
        tables["frequencies.txt"] = headways
    write_zip(path, {name: _csv(rows) for name, rows in tables.items()})


def _stops(operator: Operator, site: Site) -> Rows:
    parents = operator.key == CITY
    rows: Rows = [("stop_id", "stop_name", "stop_lat", "stop_lon", "zone_id", "location_type",
                   "parent_station", "platform_code")]  # fmt: skip
    for k, stop in enumerate(operator.stops):
        sign = ((1, "A"), (-1, "B"))
        if parents:
            lat, lon = _degrees(stop.x, stop.y, site)
            rows.append((f"{k + 1:04d}", stop.name, lat, lon, "", "1", "", ""))
        for side, pole in sign:
            lat, lon = _degrees(stop.x + side * stop.pole[0], stop.y + side * stop.pole[1], site)
            parent = f"{k + 1:04d}" if parents else ""
            rows.append((f"{k + 1:04d}_{pole}", stop.name, lat, lon, "1", "0", parent, pole))
    return rows


def _routes(operator: Operator) -> Rows:
    rows: Rows = [("route_id", "agency_id", "route_short_name", "route_long_name", "route_desc",
                   "route_type")]  # fmt: skip
    rows += [
        (f"R{k + 1:02d}", "1", line.name, "", "架空の路線", "3")
        for k, line in enumerate(operator.lines)
    ]
    return rows


def _services(operator: Operator) -> tuple[str, ...]:
    if operator.key == ISLAND:
        return (_ISLAND_DAILY,)
    return (_WEEKDAY,) if operator.key == VALLEY else (_WEEKDAY, _WEEKEND)


def _calendar(operator: Operator, start: str, end: str) -> Rows:
    days = {
        _WEEKDAY: "1111100",
        _WEEKEND: "0000011",
        _ISLAND_DAILY: "1111111",
    }
    head = ("service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
            "sunday", "start_date", "end_date")  # fmt: skip
    return [head, *((s, *days[s], start, end) for s in _services(operator))]


def _exceptions(operator: Operator) -> Rows:
    """Return holidays: weekday service off, weekend service on."""
    rows: Rows = [("service_id", "date", "exception_type")]
    for date in _HOLIDAYS:
        rows.append((_WEEKDAY, date, "2"))
        if _WEEKEND in _services(operator):
            rows.append((_WEEKEND, date, "1"))
    return rows


def _timetable(operator: Operator) -> tuple[Rows, Rows, Rows]:
    """Return trips, stop times and headways (empty but for the island)."""
    trips: Rows = [("route_id", "service_id", "trip_id", "trip_headsign", "direction_id")]
    times: Rows = [("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence",
                    "pickup_type", "drop_off_type")]  # fmt: skip
    headways: Rows = []
    for k, line in enumerate(operator.lines):
        for service in _services(operator):
            for direction in (0, 1):
                starts = list(_departures(operator, line, service, direction, k))
                if operator.key == ISLAND:
                    starts = starts[:1]
                for n, start in enumerate(starts):
                    trip = f"{service}_{k + 1:02d}_{direction}_{n + 1:02d}"
                    last = line.stops[-1 if direction == 0 else 0]
                    headsign = operator.stops[last].name
                    trips.append((f"R{k + 1:02d}", service, trip, headsign, str(direction)))
                    times += _stop_times(trip, line, direction, start)
                    if operator.key == ISLAND:  # six a day: every 110 minutes for 11 hours
                        headways += [(trip, "07:00:00", "18:00:00", "6600", "0")]
    if headways:
        headways.insert(0, ("trip_id", "start_time", "end_time", "headway_secs", "exact_times"))
    return trips, times, headways


def _departures(
    operator: Operator, line: Line, service: str, direction: int, number: int
) -> Iterator[int]:
    """Yield minutes after midnight at which trips start, evenly over the day."""
    count = line.trips
    if service == _WEEKEND:
        count = max(1, round(count * _SLOWER_ON_WEEKENDS))
    night = operator.key == CITY and number == 0
    for n in range(count - 1 if night else count):
        yield _FIRST + 3 * direction + (n * (_LAST - _FIRST)) // max(count - 1, 1)
    if night:
        yield _NIGHT_START


def _stop_times(trip: str, line: Line, direction: int, start: int) -> Rows:
    stops, minutes = list(line.stops), list(line.minutes)
    if direction:
        stops, minutes = stops[::-1], [minutes[-1] - m for m in minutes[::-1]]
    if start == _NIGHT_START and minutes[-1] < 45:  # arrives at 25:10
        start = 25 * 60 + 10 - round(minutes[-1])
    rows: Rows = []
    pole = "AB"[direction]
    for n, (stop, minute) in enumerate(zip(stops, minutes, strict=True)):
        at = start + round(minute)
        clock = f"{at // 60:02d}:{at % 60:02d}:00"
        first, last = n == 0, n == len(stops) - 1
        rows.append(
            (
                trip,
                clock,
                clock,
                f"{stop + 1:04d}_{pole}",
                str(n + 1),
                str(int(last)),
                str(int(first)),
            )
        )
    return rows


def _degrees(x: float, y: float, site: Site) -> tuple[str, str]:
    return f"{float(site.lat(y)):.7f}", f"{float(site.lon(x)):.7f}"


def _csv(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")
