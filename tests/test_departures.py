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
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coverage_gis import schema
from coverage_gis.sources.found import Found
from coverage_gis.sources.gtfs import read_gtfs
from coverage_gis.transit.departures import (
    Timetable,
    departures,
    place_service,
    service_through_the_week,
)
from coverage_gis.transit.directions import STILL, busier
from coverage_gis.transit.places import stop_places
from coverage_gis.transit.service_date import choose_weekday, typical_days
from coverage_gis.transit.stops import gtfs_stops

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from coverage_gis.transit.feed import GtfsFeed

DAY = dt.date(2024, 6, 12)


SAME_M = 100.0


def timetable(feeds: Sequence[GtfsFeed], day: dt.date = DAY) -> Timetable:
    return Timetable(feeds, day, stop_places(feeds, SAME_M))


def counted(folder: Path, files: dict[str, str], day: dt.date = DAY) -> pd.DataFrame:
    table = departures(timetable([load(folder, files)], day))
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
    assert departures(timetable([])).empty


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
        random.shuffle(body)  # type: ignore[attr-defined] # st.randoms
        shuffled[name] = "\n".join([head, *body])
    pd.testing.assert_frame_equal(counted(tmp_path, files), counted(tmp_path, shuffled))


def test_inputs_are_not_changed(tmp_path: Path) -> None:
    feed = load(tmp_path, line_feed(["ABC", "CBA"]))
    tables = ("stops", "routes", "trips", "stop_times", "calendar", "calendar_dates", "frequencies")
    before = {name: getattr(feed, name).copy(deep=True) for name in tables}
    departures(timetable([feed]))
    for name in tables:
        pd.testing.assert_frame_equal(getattr(feed, name), before[name])


PASSES = st.lists(
    st.tuples(
        st.one_of(st.just(STILL), st.integers(0, 359_999)),
        st.integers(0, 2),
        st.integers(-1, 1),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=14,
)


def gathered(rows: Sequence[tuple[int, int, int, int]]) -> dict[tuple[int, int, int], list[int]]:
    out: dict[tuple[int, int, int], list[int]] = {}
    for heading, route, direction, trip in rows:
        out.setdefault((heading, route, direction), []).append(trip)
    return out


@settings(max_examples=300, deadline=None)
@given(PASSES, PASSES)
@example([(STILL, 0, -1, 0), (0, 0, 1, 1)], [(0, 0, 0, 0)])  # an id that adds no trip of its own
def test_more_trips_never_make_the_busier_direction_less(rows: list, more: list) -> None:
    weight = dict.fromkeys(range(10), 1)
    trips = len({row[3] for row in rows})
    before = busier(gathered(rows), weight).trips
    assert -(-trips // 2) <= before <= trips
    assert busier(gathered([*rows, *more]), weight).trips >= before
    assert busier(gathered(rows[::-1]), weight).trips == before


def test_opposite_headings_are_two_directions_also_where_the_road_bends() -> None:
    weight = dict.fromkeys(range(12), 1)
    west_of_a_bend = {(5_000, 0, -1): range(5), (150_000, 0, -1): range(5, 12)}
    assert busier(west_of_a_bend, weight).trips == 7


def test_the_longest_gap_is_between_departures_of_the_busier_direction(tmp_path: Path) -> None:
    files = line_feed(["ABC"] * 3 + ["CBA"] + ["ABC"])  # 6, 7, 8 out, 9 back, 10 out
    table = counted(tmp_path, files)
    assert table.loc["B", "longest_gap_s"] == 2 * 3600
    assert pd.isna(counted(tmp_path, line_feed(["ABC"])).loc["B", "longest_gap_s"])


def test_hours_of_the_service_day_add_up_to_the_departures(tmp_path: Path) -> None:
    files = line_feed(["ABC"])
    files["frequencies.txt"] = "trip_id,start_time,end_time,headway_secs\nT0,23:30,25:10,600\n"
    files["frequencies.txt"] = files["frequencies.txt"].replace("23:30", "23:30:00")
    files["frequencies.txt"] = files["frequencies.txt"].replace("25:10", "25:10:00")
    feed = load(tmp_path, files)
    table = service_through_the_week({"weekday": timetable([feed])}).set_index("destination_id")
    row = table.loc["gtfs:feed:A"]
    assert row[["departures_h23", "departures_h24", "departures_h25"]].tolist() == [3, 6, 1]
    assert row[list(schema.HOURS)].sum() == 10
    assert row["longest_gap_s"] == 600
    assert table.loc["gtfs:feed:C", list(schema.HOURS)].sum() == 0  # nobody boards at the end


def test_poles_of_two_operators_are_one_place_for_sums_and_keep_their_own(tmp_path: Path) -> None:
    near = {"A": (137.0, 36.7), "B": (137.01, 36.7)}
    across = {"A": (137.0002, 36.7002), "C": (137.02, 36.7)}  # 28 m away
    one = load(tmp_path, line_feed(["AB"] * 2, where=near), "one")
    two = load(tmp_path, line_feed(["AC"] * 3 + ["CA"] * 4, where=across), "two")
    both = timetable([one, two])
    table = departures(both).set_index("destination_id")
    assert table.loc["gtfs:one:A", "trips_per_day"] == 2
    assert table.loc["gtfs:two:A", "trips_per_day"] == 4
    assert table.loc["gtfs:one:A", "place_trips_per_day"] == 5  # 2 + 3 to the east
    assert table.loc["gtfs:two:A", "place_id"] == table.loc["gtfs:one:A", "place_id"]
    assert table.loc["gtfs:one:B", "place_id"] == "gtfs:one:B"
    stops = gtfs_stops([one, two])
    place = place_service(both, stops).set_index("place_id").loc["gtfs:one:A"]
    assert place[["poles", "feeds", "trips_both_directions"]].tolist() == [2, 2, 9]
    assert stops.set_index("destination_id").loc["gtfs:two:A", "lon"] == 137.0002
    # the places' trips of a pole and of the table of places are the same figure
    assert place["trips_per_day"] == 5


def test_a_typical_week_lies_within_the_calendars_and_off_the_holidays(tmp_path: Path) -> None:
    files = line_feed(["AB"]) | {
        "calendar_dates.txt": "service_id,date,exception_type\nS,20240615,2\n"
    }
    days = typical_days([load(tmp_path, files)], DAY)
    assert days == {
        "weekday": DAY,  # a Wednesday
        "saturday": dt.date(2024, 6, 8),  # the 15th is an exception
        "sunday": dt.date(2024, 6, 9),
    }
    on_sunday = typical_days([load(tmp_path, files)], dt.date(2024, 8, 11))
    assert on_sunday["sunday"] == dt.date(2024, 8, 11)  # the planner's own day stands
    assert on_sunday["weekday"] == dt.date(2024, 8, 8)  # Thursday; お盆 begins on the 10th
    end = typical_days([load(tmp_path, files)], dt.date(2025, 3, 31))
    assert end["saturday"] == dt.date(2025, 3, 29)  # the calendar ends on Monday the 31st


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
    table = departures(timetable([feed], day)).set_index("destination_id")
    naive = naive_trips(path, day)
    assert len(table) == 548
    assert sum(map(len, naive.values())) == table["trips_both_directions"].sum() > 10_000
    for stop, trips in naive.items():
        assert table.loc[f"gtfs:wakayama:{stop}", "trips_both_directions"] == len(trips)


@pytest.mark.parametrize(
    ("day", "trips"), [("2019-05-29", 19_456), ("2019-06-01", 16_944), ("2019-06-02", 16_426)]
)
def test_wakayama_bus_equals_a_count_by_gtfs_kit(
    shared_data: Callable[[str], Path], day: str, trips: int
) -> None:
    """Sums over the stops of distinct trips, counted with gtfs-kit 13.0.1 on each day.

    Stop by stop they were equal too. Its own num_trips is 8, 4 and 4 more: it counts a trip
    twice where that calls twice, at four stops.
    """
    feed = read_gtfs(Found(shared_data("30/gtfs/wakayama.zip"), None, "gtfs", "")).table
    table = departures(timetable([feed], dt.date.fromisoformat(day)))
    assert table["trips_both_directions"].sum() == trips


def test_poles_of_wakayama_bus_serve_one_direction(shared_data: Callable[[str], Path]) -> None:
    feed = read_gtfs(Found(shared_data("30/gtfs/wakayama.zip"), None, "gtfs", "")).table
    table = departures(timetable([feed], dt.date(2019, 5, 29)))
    served = table[table["trips_both_directions"] > 0]
    # Its stops.txt has a pole for each side of the road: few poles see both directions.
    one_way = served["trips_per_day"] == served["trips_both_directions"]
    assert one_way.mean() > 0.8


def test_toyamas_feeds_equal_a_count_row_by_row(shared_data: Callable[[str], Path]) -> None:
    paths = sorted(shared_data("16/gtfs").glob("*.zip"))
    feeds = [read_gtfs(Found(path, None, "gtfs", "")).table for path in paths]
    day = choose_weekday(feeds)
    table = departures(timetable(feeds, day)).set_index("destination_id")["trips_both_directions"]
    total = 0
    for path, feed in zip(paths, feeds, strict=True):
        for stop, trips in naive_trips(path, day).items():
            assert table[f"gtfs:{feed.feed_id}:{stop}"] == len(trips)
            total += len(trips)
    assert table.sum() == total > 10_000
