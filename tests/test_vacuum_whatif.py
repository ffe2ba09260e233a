"""Cutting lines and adding stops: feeds, trips and changes by hand, then what must hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from gtfs_files import line_feed, load
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis import schema
from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.sources.planned_stops import read_planned_stops
from coverage_gis.transit.departures import Timetable, departures
from coverage_gis.transit.places import stop_places
from coverage_gis.transit.stops import gtfs_stops
from coverage_gis.vacuum.whatif import (
    BETTER,
    FALLS,
    LEAVES,
    WORSE,
    change_summary,
    class_changes,
    cut_routes,
    departures_after,
    routes_of,
    with_added,
)

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.date(2024, 6, 12)


def two_routes(folder: Path):
    """P runs A-B-C four times, Q runs B-C-D twice."""
    files = line_feed(["ABC"] * 4 + ["BCD"] * 2, routes=["P"] * 4 + ["Q"] * 2)
    return load(folder, files, "feed")


class TestCut:
    def test_a_stop_that_lost_its_only_line_has_no_trip_and_that_is_known(
        self, tmp_path: Path
    ) -> None:
        feed = two_routes(tmp_path)
        places = stop_places([feed], 100.0)
        before = departures(Timetable([feed], DAY, places))
        remaining, cut = cut_routes([feed], ["Q"], DAY)
        assert cut == ["feed:Q"]
        after = departures(Timetable(remaining, DAY, places))
        closed = set(gtfs_stops([feed])["destination_id"]) - set(
            gtfs_stops(remaining)["destination_id"]
        )
        assert closed == {"gtfs:feed:D"}
        trips = departures_after(before, after, sorted(closed)).set_index("destination_id")
        by_stop = trips["place_trips_per_day"]
        assert by_stop.rename(lambda i: i[-1]).to_dict() == {"A": 4, "B": 4, "C": 4, "D": 0}

    def test_all_lines_cut_leaves_zeros_and_nothing_unknown(self, tmp_path: Path) -> None:
        feed = two_routes(tmp_path)
        places = stop_places([feed], 100.0)
        before = departures(Timetable([feed], DAY, places))
        remaining, _ = cut_routes([feed], ["P", "feed:Q"], DAY)
        after = departures(Timetable(remaining, DAY, places))
        trips = departures_after(before, after, [])
        assert trips["place_trips_per_day"].tolist() == [0, 0, 0, 0]
        assert len(feed.trips) == 6  # the input stands

    def test_routes_are_named_by_id_feed_or_name(self, tmp_path: Path) -> None:
        feeds = [two_routes(tmp_path), load(tmp_path, line_feed(["AB"], routes=["P"]), "other")]
        assert routes_of(feeds, DAY)["trips"].tolist() == [4, 2, 1]
        assert cut_routes(feeds, ["other:P"], DAY)[1] == ["other:P"]
        with pytest.raises(InputError, match="several feeds; say which: feed:P, other:P"):
            cut_routes(feeds, ["P"], DAY)
        with pytest.raises(InputError, match="no route of the GTFS feeds") as refused:
            cut_routes(feeds, ["nowhere"], DAY)
        assert "These run on 2024-06-12: feed:P" in str(refused.value)
        assert "feed:Q" in str(refused.value)
        assert "other:P" in str(refused.value)

    def test_a_feed_that_has_run_out_makes_no_name_ambiguous(self, tmp_path: Path) -> None:
        """Both have a line P; the older feed's calendar has ended."""
        old = load(tmp_path, line_feed(["AB"], routes=["P"]), "old")
        old = replace(old, calendar=old.calendar.assign(end_day=DAY.toordinal() - 1))
        feeds = [old, two_routes(tmp_path)]
        assert routes_of(feeds, DAY)["trips"].tolist() == [0, 4, 2]
        assert routes_of(feeds, None)["trips"].tolist() == [1, 4, 2]
        assert cut_routes(feeds, ["P"], DAY)[1] == ["feed:P"]
        assert cut_routes(feeds, ["old:P"], DAY)[1] == ["old:P"]  # whoever says so
        with pytest.raises(InputError) as refused:
            cut_routes(feeds, ["nowhere"], DAY)
        assert "old:P" not in str(refused.value)

    def test_many_lines_are_shown_in_turns_and_the_rest_counted(self, tmp_path: Path) -> None:
        many = [f"R{n:02d}" for n in range(30)]
        large = load(tmp_path, line_feed(["AB"] * 30, routes=many), "a-large")
        small = load(tmp_path, line_feed(["AB"], routes=["Z"]), "z-small")
        with pytest.raises(InputError) as refused:
            cut_routes([large, small], ["nowhere"], DAY)
        assert "z-small:Z" in str(refused.value)
        assert "and 11 more (the same command without --cut lists them all)" in str(refused.value)


def destinations(names: list[str], lon: list[float]) -> pd.DataFrame:
    return schema.DESTINATIONS.conform(
        pd.DataFrame(
            {
                schema.DESTINATION_ID: [f"s{i}" for i in range(len(names))],
                schema.SERVICE: "bus_stop",
                schema.NAME: names,
                schema.LON: lon,
                schema.LAT: 36.7,
                schema.SOURCE: "test",
                schema.SOURCE_IDS: "",
                schema.CAPACITY: np.nan,
            }
        )
    )


class TestAdd:
    def test_trips_add_up_at_a_stop_that_exists(self) -> None:
        now = destinations(["駅前", "駅前", "遠い駅前", "未知"], [137.0, 137.0005, 137.1, 137.2])
        added = destinations(["駅前", "未知", "新"], [137.0, 137.2, 137.3]).assign(
            destination_id=["p1", "p2", "p3"], trips_per_day=[15.0, 4.0, np.nan]
        )
        trips = np.array([20.0, 18.0, 7.0, np.nan])
        joined, after = with_added(now, trips, added, 100.0)
        np.testing.assert_array_equal(after, [35.0, 33.0, 7.0, np.nan, 35.0, 4.0, np.nan])
        assert joined["destination_id"].tolist()[-3:] == ["p1", "p2", "p3"]
        assert trips.tolist()[:3] == [20.0, 18.0, 7.0]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
    def test_a_planners_csv_is_read(self, tmp_path: Path, encoding: str) -> None:
        path = tmp_path / "new.csv"
        path.write_text("停留所名,経度,緯度,本数\n髙岡口,137.1,36.6,12\n奥,137.2,36.5,\n", encoding)
        table = read_planned_stops(path)
        assert table["name"].tolist() == ["髙岡口", "奥"]
        np.testing.assert_array_equal(table["trips_per_day"], [12.0, np.nan])
        assert set(table["service"]) == {"bus_stop"}

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("name,lon\nA,137\n", "lacks the column.s. lat"),
            ("name,lon,lat\n", "has no row"),
            ("name,lon,lat\nA,36.5,137\n", "row 2: lon is '36.5'"),
            ("name,lon,lat,trips\nA,137,36,often\n", "row 2: trips_per_day is 'often'"),
            ("name,lon,lat,service\nA,137,36,ferry\n", "row 2: service is 'ferry'"),
        ],
    )
    def test_a_bad_row_is_named(self, tmp_path: Path, text: str, says: str) -> None:
        path = tmp_path / "new.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=says):
            read_planned_stops(path)
        with pytest.raises(MissingInputError, match="does not exist"):
            read_planned_stops(tmp_path / "none.csv")


def transit(classes: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            schema.MESH_CODE: [f"{i:09d}" for i in range(len(classes))],
            schema.PREF_CODE: "16",
            schema.PRESET: "p",
            schema.METRIC: schema.ROAD,
            schema.TRANSIT_CLASS: classes,
        }
    )


class TestChanges:
    def cells(self, n: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                schema.MESH_CODE: [f"{i:09d}" for i in range(n)],
                schema.PREF_CODE: "16",
                schema.MUNI_CODE: "16201",
                "muni_name": "架空市",
                schema.POPULATION: [2.0**i for i in range(n)],
            }
        )

    def test_each_kind_of_change_is_named(self) -> None:
        before = transit(["vacuum", "inconvenient", "convenient", "unknown", "vacuum", "no_road"])
        after = transit(["unknown", "vacuum", "inconvenient", "convenient", "vacuum", "no_road"])
        changes = class_changes(before, after, self.cells(6))
        assert changes["change"].tolist() == [LEAVES, FALLS, WORSE, BETTER]
        people = change_summary(changes).set_index("change")["population"].to_dict()
        assert people == {LEAVES: 1, FALLS: 2, WORSE: 4, BETTER: 8}

    def test_nothing_changed_gives_no_row(self) -> None:
        same = transit(["vacuum", "convenient"])
        changes = class_changes(same, same, self.cells(2))
        assert changes.empty
        assert change_summary(changes).empty

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(schema.TRANSIT_CLASSES), st.sampled_from(schema.TRANSIT_CLASSES)
            ),
            min_size=1,
            max_size=12,
        )
    )
    @settings(deadline=None, max_examples=40)
    def test_the_difference_is_the_difference_of_the_totals(
        self, pairs: list[tuple[str, str]]
    ) -> None:
        before, after = (transit([p[i] for p in pairs]) for i in (0, 1))
        cells = self.cells(len(pairs))
        changes = class_changes(before, after, cells)
        people = changes.groupby("change")["population"].sum()
        vacuum = [
            cells.loc[(t[schema.TRANSIT_CLASS] == "vacuum").to_numpy(), "population"].sum()
            for t in (before, after)
        ]
        assert people.get(FALLS, 0) - people.get(LEAVES, 0) == vacuum[1] - vacuum[0]
