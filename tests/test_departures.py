from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections import defaultdict
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from gtfs_files import line_feed, load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gis.sources.found import Found
from coverage_gis.sources.gtfs import read_gtfs
from coverage_gis.transit.departures import departures
from coverage_gis.transit.service_date import choose_weekday

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = dt.date(2024, 6, 12)


def counted(folder: Path, files: dict[str, str], day: dt.date = DAY) -> pd.DataFrame:
    table = departures([load(folder, files)], day)
    return table.set_index(table["destination_id"].str.rsplit(":", n=1).str[1])


def test_busier_direction_on_a_straight_road_without_direction_id(tmp_path: Path) -> None:
    table = counted(tmp_path, line_feed(["ABCD"] * 3 + ["DCBA"] * 5))
    assert table["trips_per_day"].to_dict() == dict.fromkeys("ABCD", 5)
    assert table["trips_both_directions"].to_dict() == dict.fromkeys("ABCD", 8)


def test_direction_id_gives_what_headings_give(tmp_path: Path) -> None:
    files = line_feed(["ABCD"] * 3 + ["DCBA"] * 5, directions=["0"] * 3 + ["1"] * 5)
    table = counted(tmp_path, files)
    assert table["trips_per_day"].to_dict() == dict.fromkeys("ABCD", 5)


def test_direction_id_is_believed_where_stops_have_no_extent(tmp_path: Path) -> None:
    spot = dict.fromkeys("AB", (137.0, 36.7))
    files = line_feed(["AB"] * 2 + ["BA"] * 3, where=spot, directions=list("00111"))
    assert counted(tmp_path, files)["trips_per_day"].to_dict() == {"A": 3, "B": 3}
    # Without it nothing tells the directions apart, so all count as one.
    files = line_feed(["AB"] * 2 + ["BA"] * 3, where=spot)
    assert counted(tmp_path, files)["trips_per_day"].to_dict() == {"A": 5, "B": 5}


def test_routes_that_number_their_directions_differently_add_up_by_heading(
    tmp_path: Path,
) -> None:
    # Two routes share the road A-D; 0 is eastward for one and westward for the other.
    files = line_feed(
        ["ABCD"] * 4 + ["ABCD"] * 4 + ["DCBA"] * 2,
        directions=list("0000111100"),
        routes=["P"] * 4 + ["Q"] * 6,
    )
    assert counted(tmp_path, files).loc["B", "trips_per_day"] == 8


def test_lines_that_cross_keep_their_directions(tmp_path: Path) -> None:
    where = {
        "W": (136.99, 36.70), "E": (137.01, 36.70), "N": (137.0, 36.71), "S": (137.0, 36.69),
        "X": (137.0, 36.70),
    }  # fmt: skip
    trips = ["WXE"] * 6 + ["EXW"] * 6 + ["NXS"] * 2 + ["SXN"] * 2
    table = counted(tmp_path, line_feed(trips, where=where))
    assert table.loc["X", ["trips_per_day", "trips_both_directions"]].tolist() == [8, 16]


def test_a_round_trip_counts_once_where_it_begins_and_ends(tmp_path: Path) -> None:
    square = {"A": (137.0, 36.7), "B": (137.01, 36.7), "C": (137.01, 36.71), "D": (137.0, 36.71)}
    table = counted(tmp_path, line_feed(["ABCDA"] * 7, where=square))
    assert table["trips_both_directions"].to_dict() == dict.fromkeys("ABCD", 7)
    assert table.loc["A", "trips_per_day"] == 7


def test_a_trip_out_and_back_is_one_trip_each_way(tmp_path: Path) -> None:
    table = counted(tmp_path, line_feed(["ABCBA"] * 4))
    assert table["trips_per_day"].to_dict() == dict.fromkeys("ABC", 4)
    assert table["trips_both_directions"].to_dict() == dict.fromkeys("ABC", 4)


def test_first_and_last_departure_leave_out_the_end_of_the_line(tmp_path: Path) -> None:
    table = counted(tmp_path, line_feed(["ABC", "ABC"]))
    assert table.loc["B", "first_departure_s"] == 6 * 3600 + 60
    assert table.loc["B", "last_departure_s"] == 7 * 3600 + 60
    assert pd.isna(table.loc["C", "first_departure_s"])
    assert table.loc["C", "trips_per_day"] == 2


def test_trips_after_midnight_belong_to_the_day_they_began_on(tmp_path: Path) -> None:
    files = line_feed(["AB"])
    files["stop_times.txt"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T0,25:10:00,25:10:00,A,1\nT0,25:40:00,25:40:00,B,2\n"
    )
    assert counted(tmp_path, files).loc["A", "last_departure_s"] == 25 * 3600 + 600


def test_frequencies_stand_for_many_trips(tmp_path: Path) -> None:
    files = line_feed(["ABC"])
    files["frequencies.txt"] = (
        "trip_id,start_time,end_time,headway_secs\n"
        "T0,06:00:00,07:00:00,600\n"  # 6:00, 6:10 ... 6:50
        "T0,07:00:00,08:10:00,1200\n"  # 7:00, 7:20, 7:40, 8:00
    )
    b = counted(tmp_path, files).loc["B"]
    assert b["trips_per_day"] == 6 + 4
    assert b["first_departure_s"] == 6 * 3600 + 60
    assert b["last_departure_s"] == 8 * 3600 + 60


def test_a_stop_where_nobody_may_board_or_alight_is_not_served(tmp_path: Path) -> None:
    files = line_feed(["ABC"])
    files["stop_times.txt"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
        "T0,6:00:00,6:00:00,A,1,0,1\nT0,6:01:00,6:01:00,B,2,1,1\nT0,6:02:00,6:02:00,C,3,1,0\n"
    )
    assert counted(tmp_path, files)["trips_per_day"].to_dict() == {"A": 1, "B": 0, "C": 1}


def test_zero_is_known_within_the_calendars_and_unknown_outside(tmp_path: Path) -> None:
    files = line_feed(["AB"]) | {
        "calendar_dates.txt": "service_id,date,exception_type\nS,20240612,2\nS,20250504,1\n"
    }
    assert counted(tmp_path, files)["trips_per_day"].tolist() == [0, 0]
    assert counted(tmp_path, files, dt.date(2024, 6, 13))["trips_per_day"].tolist() == [1, 1]
    assert counted(tmp_path, files, dt.date(2025, 4, 1)).empty
    assert counted(tmp_path, files, dt.date(2025, 5, 4))["trips_per_day"].tolist() == [1, 1]
    assert departures([], DAY).empty


def test_stations_are_no_stops(tmp_path: Path) -> None:
    files = line_feed(["AB"])
    files["stops.txt"] = (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "A,A停,36.7,137.0,0,P\nB,B停,36.7,137.01,,P\nP,駅,36.7,137.0,1,\n"
    )
    assert counted(tmp_path, files).index.tolist() == ["A", "B"]


TRIPS = st.lists(
    st.lists(st.sampled_from("ABCDE"), min_size=2, max_size=7).map("".join), min_size=1, max_size=8
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(TRIPS, st.lists(st.sampled_from("ABCDE"), min_size=2, max_size=5))
def test_one_more_trip_never_takes_a_trip_away(
    tmp_path: Path, trips: list[str], more: list[str]
) -> None:
    columns = ["trips_both_directions"]
    before = counted(tmp_path, line_feed(trips))
    after = counted(tmp_path, line_feed([*trips, "".join(more)]))
    assert (after.loc[before.index, columns] >= before[columns]).all().all()
    assert (before["trips_per_day"] <= before["trips_both_directions"]).all()
    assert (2 * before["trips_per_day"] >= before["trips_both_directions"]).all()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(TRIPS, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(tmp_path: Path, trips: list[str], random: object) -> None:
    files = line_feed(trips)
    shuffled = dict(files)
    for name in ("trips.txt", "stop_times.txt", "stops.txt"):
        head, *body = files[name].split()
        random.shuffle(body)  # type: ignore[attr-defined]
        shuffled[name] = "\n".join([head, *body])
    pd.testing.assert_frame_equal(counted(tmp_path, files), counted(tmp_path, shuffled))


def test_inputs_are_not_changed(tmp_path: Path) -> None:
    feed = load(tmp_path, line_feed(["ABC", "CBA"]))
    tables = ("stops", "routes", "trips", "stop_times", "calendar", "calendar_dates", "frequencies")
    before = {name: getattr(feed, name).copy(deep=True) for name in tables}
    departures([feed], DAY)
    for name in tables:
        pd.testing.assert_frame_equal(getattr(feed, name), before[name])


def naive_trips(path: Path, day: dt.date) -> dict[str, set[str]]:
    """Trips by stop, counted row by row with nothing of ours."""
    with zipfile.ZipFile(path) as archive:
        files = {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
            for name in ("calendar.txt", "calendar_dates.txt", "trips.txt", "stop_times.txt")
        }
    text, weekday = day.strftime("%Y%m%d"), day.strftime("%A").lower()
    services = set()
    for row in files["calendar.txt"]:
        if row[weekday] == "1" and row["start_date"] <= text <= row["end_date"]:
            services.add(row["service_id"])
    for row in files["calendar_dates.txt"]:
        if row["date"] == text and row["exception_type"] == "1":
            services.add(row["service_id"])
        if row["date"] == text and row["exception_type"] == "2":
            services.discard(row["service_id"])
    running = {row["trip_id"] for row in files["trips.txt"] if row["service_id"] in services}
    out: dict[str, set[str]] = defaultdict(set)
    for row in files["stop_times.txt"]:
        closed = row.get("pickup_type") == "1" and row.get("drop_off_type") == "1"
        if row["trip_id"] in running and not closed:
            out[row["stop_id"]].add(row["trip_id"])
    return out


@pytest.mark.parametrize(
    "day", [dt.date(2019, 5, 29), dt.date(2019, 6, 2), dt.date(2019, 5, 3), dt.date(2019, 7, 15)]
)
def test_wakayama_bus_equals_a_count_row_by_row(
    shared_data: Callable[[str], Path], day: dt.date
) -> None:
    path = shared_data("30/gtfs/wakayama.zip")
    feed = read_gtfs(Found(path, None, "gtfs", "")).table
    table = departures([feed], day).set_index("destination_id")
    naive = naive_trips(path, day)
    assert len(table) == 548
    assert sum(map(len, naive.values())) == table["trips_both_directions"].sum() > 10_000
    for stop, trips in naive.items():
        assert table.loc[f"gtfs:wakayama:{stop}", "trips_both_directions"] == len(trips)


def test_poles_of_wakayama_bus_serve_one_direction(shared_data: Callable[[str], Path]) -> None:
    feed = read_gtfs(Found(shared_data("30/gtfs/wakayama.zip"), None, "gtfs", "")).table
    table = departures([feed], dt.date(2019, 5, 29))
    served = table[table["trips_both_directions"] > 0]
    # Its stops.txt has a pole for each side of the road: few poles see both directions.
    one_way = served["trips_per_day"] == served["trips_both_directions"]
    assert one_way.mean() > 0.8


def test_toyamas_feeds_equal_a_count_row_by_row(shared_data: Callable[[str], Path]) -> None:
    paths = sorted(shared_data("16/gtfs").glob("*.zip"))
    feeds = [read_gtfs(Found(path, None, "gtfs", "")).table for path in paths]
    day = choose_weekday(feeds)
    table = departures(feeds, day).set_index("destination_id")["trips_both_directions"]
    total = 0
    for path, feed in zip(paths, feeds, strict=True):
        for stop, trips in naive_trips(path, day).items():
            assert table[f"gtfs:{feed.feed_id}:{stop}"] == len(trips)
            total += len(trips)
    assert table.sum() == total > 10_000
