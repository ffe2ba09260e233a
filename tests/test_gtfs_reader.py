from __future__ import annotations

import datetime as dt
import zipfile
from typing import TYPE_CHECKING

import pytest
from gtfs_files import line_feed, load, write_feed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.gtfs import feed_id_of, read_gtfs
from coverage_gis.transit.editions import unique_ids, without_older_editions
from coverage_gis.transit.stops import gtfs_stops, service_of_route_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = dt.date(2024, 6, 12)


def test_byte_order_marks_and_quotes(tmp_path: Path) -> None:
    files = line_feed(["AB"])
    quoted = {
        name: b"\xef\xbb\xbf"
        + "\r\n".join(
            ",".join(f'"{field}"' for field in line.split(",")) for line in text.split()
        ).encode()
        for name, text in files.items()
    }
    plain, dressed = load(tmp_path, files), load(tmp_path, quoted)
    assert dressed.stops.equals(plain.stops)
    assert dressed.stop_times.equals(plain.stop_times)
    assert dressed.name == "試験バス"


def test_times_are_seconds_of_the_service_day(tmp_path: Path) -> None:
    files = line_feed(["AB"])
    files["stop_times.txt"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T0,9:05:00, 9:05:30,A,1\nT0,,,B,2\nT0,25:10,25:10:01,A,3\nT0,soon,9:99:00,B,4\n"
    )
    times = load(tmp_path, files).stop_times
    assert times["departure_s"].tolist()[0::2] == [32730, 90601]
    assert times["arrival_s"].tolist()[0::2] == [32700, 90600]
    assert times["departure_s"].isna().tolist() == [False, True, False, True]


def test_rows_that_refer_to_nothing_are_counted(tmp_path: Path) -> None:
    files = line_feed(["AB"])
    files["trips.txt"] += "\nnowhere,S,T8,\nR,S,T0,\n"
    files["stop_times.txt"] += "\nT9,6:00:00,6:00:00,A,1\nT0,6:09:00,6:09:00,Z,7\n"
    files["stops.txt"] += "C,C停,,\nD,D停,0,0\n"
    result = read_gtfs(write_feed(tmp_path, files))
    assert dict(result.dropped) == {
        "stops.txt: no coordinates": 2,
        "trips.txt: trip_id repeated": 1,
        "trips.txt: route is not in routes.txt": 1,
        "stop_times.txt: trip is not in trips.txt": 1,
        "stop_times.txt: stop is not in stops.txt": 1,
    }
    feed = result.table
    tables = (feed.stops, feed.routes, feed.trips, feed.stop_times, feed.calendar)
    agency = 1
    assert result.used == sum(map(len, tables)) + agency


def test_a_platform_without_name_or_place_has_its_stations(tmp_path: Path) -> None:
    files = line_feed(["AB"])
    files["stops.txt"] = (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "A,,,,0,P\nB,B停,36.7,137.01,0,\nP,富山駅前,36.70,137.21,1,\n"
    )
    a = load(tmp_path, files).stops.set_index("stop_id").loc["A"]
    assert (a["stop_name"], a["lon"], a["lat"]) == ("富山駅前", 137.21, 36.70)


def test_validity_may_be_missing_and_calendars_too(tmp_path: Path) -> None:
    files = line_feed(["AB"])
    del files["calendar.txt"]
    result = read_gtfs(write_feed(tmp_path, files))
    assert result.table.valid_from is None
    assert "neither calendar.txt nor calendar_dates.txt" in result.notes[0]
    files["feed_info.txt"] = "feed_publisher_name,feed_start_date,feed_end_date\n市,20240401,\n"
    feed = load(tmp_path, files)
    assert (feed.valid_from, feed.valid_to) == (dt.date(2024, 4, 1), None)


@pytest.mark.parametrize("name", ["stops.txt", "routes.txt", "trips.txt", "stop_times.txt"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    files = line_feed(["AB"])
    del files[name]
    with pytest.raises(InputError, match=rf"feed\.zip lacks {name}"):
        read_gtfs(write_feed(tmp_path, files))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    files = line_feed(["AB"]) | {"trips.txt": "route_id,trip_id\nR,T0\n"}
    with pytest.raises(InputError, match=r"feed\.zip/trips\.txt lacks the column\(s\) service_id"):
        read_gtfs(write_feed(tmp_path, files))


def test_rows_may_be_shorter_or_longer_than_the_header(tmp_path: Path) -> None:
    files = line_feed(["ABC"])
    head, *body = files["stops.txt"].split()
    files["stops.txt"] = "\n".join(
        [f"{head},zone_id", body[0] + ",1,extra", body[1] + ",", body[2]]
    )
    feed = load(tmp_path, files)
    assert feed.stops["stop_id"].tolist() == ["A", "B", "C"]
    assert feed.stops["lon"].round(6).tolist() == [137.0, 137.01, 137.02]


@pytest.mark.parametrize(
    ("member", "detail", "name"),
    [
        (None, {}, "feed"),
        ("sub/inner.ZIP!/", {}, "inner"),
        (None, {"folder": "a/b/"}, "b"),
    ],
)
def test_feed_id_is_the_name_of_what_holds_it(
    tmp_path: Path, member: str | None, detail: dict[str, str], name: str
) -> None:
    assert feed_id_of(Found(tmp_path / "feed.zip", member, "gtfs", "", detail)) == name


def test_a_feed_in_a_folder_of_the_zip(tmp_path: Path) -> None:
    files = {f"gtfs/{name}": text for name, text in line_feed(["AB"]).items()}
    found = write_feed(tmp_path, files)
    feed = read_gtfs(Found(found.path, None, "gtfs", "", {"folder": "gtfs/"})).table
    assert feed.feed_id == "gtfs"
    assert len(feed.stop_times) == 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damaged_files_give_a_feed_or_one_clear_error(tmp_path: Path, data: st.DataObject) -> None:
    files: dict[str, str | bytes] = dict(line_feed(["ABC", "CBA"]))
    name = data.draw(st.sampled_from(sorted(files)))
    whole = str(files[name]).encode()
    cut = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.one_of(st.binary(max_size=20), st.sampled_from([b'"', b",,,\n", b"\0"])))
    files[name] = whole[:cut] + junk + whole[cut + data.draw(st.integers(0, 30)) :]
    try:
        result = read_gtfs(write_feed(tmp_path, files))
    except InputError as caught:
        error = caught
    else:
        assert result.used >= 0
        stops = result.table.stops["stop_id"]
        assert result.table.stop_times["stop_id"].isin(stops).all()
        gtfs_stops([result.table])
        return
    assert "feed.zip" in str(error)
    assert "\n" not in str(error)


def test_random_bytes_in_place_of_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(InputError, match=r"feed\.zip"):
        read_gtfs(Found(path, None, "gtfs", ""))


def test_stops_are_those_that_trips_serve(tmp_path: Path) -> None:
    files = line_feed(["ABC"])
    files["stops.txt"] += "D,D停,36.7,137.05\n"
    table = gtfs_stops([load(tmp_path, files)])
    assert table["destination_id"].tolist() == ["gtfs:feed:A", "gtfs:feed:B", "gtfs:feed:C"]
    assert set(table["service"]) == {"bus_stop"}
    assert table["name"].tolist() == ["A停", "B停", "C停"]


def test_a_stop_of_trams_and_buses_is_both(tmp_path: Path) -> None:
    files = line_feed(["AB", "AC", "AD"], routes=["bus", "tram", "boat"])
    files["routes.txt"] = "route_id,route_type\nbus,3\ntram,0\nboat,4\n"
    table = gtfs_stops([load(tmp_path, files)])
    pairs = set(zip(table["destination_id"].str[-1], table["service"], strict=True))
    assert pairs == {("A", "bus_stop"), ("A", "station"), ("B", "bus_stop"), ("C", "station")}


@pytest.mark.parametrize(
    ("route_type", "service"),
    [(0, "station"), (2, "station"), (3, "bus_stop"), (4, None), (6, None), (12, "station"),
     (109, "station"), (200, "bus_stop"), (702, "bus_stop"), (900, "station"), (1000, None),
     (1501, None)],
)  # fmt: skip
def test_what_route_types_are(route_type: int, service: str | None) -> None:
    assert service_of_route_type(route_type) == service


def test_the_same_feed_twice_counts_once(tmp_path: Path) -> None:
    newer = line_feed(["ABCD"] * 4) | {
        "feed_info.txt": "feed_start_date,feed_end_date\n20240601,20250331\n"
    }
    older = line_feed(["ABCD"] * 4 + ["DA"]) | {
        "feed_info.txt": "feed_start_date,feed_end_date\n20240401,20250331\n"
    }
    other = line_feed(["DCBA"] * 4)
    feeds = [
        load(tmp_path, older, "a"), load(tmp_path, newer, "b"), load(tmp_path, other, "c")
    ]  # fmt: skip
    kept, left_out = without_older_editions(feeds, DAY)
    assert [feed.feed_id for feed in kept] == ["b", "c"]
    assert left_out == {"a": "same trips as b, which is newer"}


def test_ids_of_feeds_are_made_unique(tmp_path: Path) -> None:
    feed = load(tmp_path, line_feed(["AB"]), "x")
    assert [f.feed_id for f in unique_ids([feed, feed, feed])] == ["x", "x-2", "x-3"]


def test_real_feeds_lose_no_row(shared_data: Callable[[str], Path]) -> None:
    paths = [
        *sorted(shared_data("16/gtfs").glob("*.zip")),
        shared_data("30/gtfs/wakayama.zip"),
        shared_data("elsewhere/newport-2023-06-13_gtfs.zip"),
    ]
    for path in paths:
        result = read_gtfs(Found(path, None, "gtfs", ""))
        assert not result.dropped, path.name
        with zipfile.ZipFile(path) as archive:
            lines = archive.read("stop_times.txt").decode("utf-8-sig").splitlines()
        assert len(result.table.stop_times) == sum(bool(line) for line in lines) - 1
        assert result.table.stop_times["departure_s"].notna().all()


def test_wakayama_bus(shared_data: Callable[[str], Path]) -> None:
    feed = read_gtfs(Found(shared_data("30/gtfs/wakayama.zip"), None, "gtfs", "")).table
    assert (feed.name, len(feed.stops), len(feed.trips)) == ("和歌山バス", 548, 2339)
    assert (feed.valid_from, feed.valid_to) == (dt.date(2019, 4, 1), dt.date(2019, 8, 2))
    assert len(gtfs_stops([feed])) == feed.stop_times["stop_id"].nunique() == 536


def test_no_two_of_toyamas_feeds_are_editions_of_each_other(
    shared_data: Callable[[str], Path],
) -> None:
    paths = sorted(shared_data("16/gtfs").glob("*.zip"))
    feeds = [read_gtfs(Found(path, None, "gtfs", "")).table for path in paths]
    assert len(without_older_editions(feeds, dt.date(2019, 5, 30))[0]) == 20
    stops = gtfs_stops(feeds)
    assert stops["destination_id"].is_unique
    assert len(stops) > 1_800
