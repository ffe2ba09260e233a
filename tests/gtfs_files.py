"""Small GTFS feeds for tests, as files and as what the reader makes of them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from coverage_gis.sources.found import Found
from coverage_gis.sources.gtfs import read_gtfs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from coverage_gis.transit.feed import GtfsFeed

EVERY_DAY = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "S,1,1,1,1,1,1,1,20240401,20250331\n"
)


def clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"


def line_feed(
    trips: Sequence[Sequence[str]],
    *,
    where: Mapping[str, tuple[float, float]] | None = None,
    directions: Sequence[str] | None = None,
    routes: Sequence[str] | None = None,
) -> dict[str, str]:
    """Files of a feed: each trip the ids of its stops, a minute apart, one trip every hour.

    Stop "A" lies at 137.00, "B" at 137.01 ... on a straight road to the east.
    """
    names = sorted({stop for trip in trips for stop in trip})
    places = where or {n: (137.0 + 0.01 * (ord(n) - ord("A")), 36.7) for n in names}
    route_of = routes or ["R"] * len(trips)
    trip_rows, time_rows = [], []
    for number, stops in enumerate(trips):
        direction = directions[number] if directions else ""
        trip_rows.append(f"{route_of[number]},S,T{number},{direction}")
        for sequence, stop in enumerate(stops):
            at = clock((6 + number) * 3600 + 60 * sequence)
            time_rows.append(f"T{number},{at},{at},{stop},{sequence}")
    return {
        "agency.txt": "agency_id,agency_name\n1,試験バス\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
        + "".join(f"{n},{n}停,{lat},{lon}\n" for n, (lon, lat) in places.items()),
        "routes.txt": "route_id,route_short_name,route_type\n"
        + "".join(f"{r},{r},3\n" for r in dict.fromkeys(route_of)),
        "trips.txt": "route_id,service_id,trip_id,direction_id\n" + "\n".join(trip_rows),
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        + "\n".join(time_rows),
        "calendar.txt": EVERY_DAY,
    }


def write_feed(folder: Path, files: Mapping[str, str | bytes], name: str = "feed") -> Found:
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return Found(path, None, "gtfs", "")


def load(folder: Path, files: Mapping[str, str | bytes], name: str = "feed") -> GtfsFeed:
    return read_gtfs(write_feed(folder, files, name)).table
