"""Tables of access: statuses, groups of services, the margin, the wide table of cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coverage_gis import schema
from coverage_gis.access.chords import earth_centred
from coverage_gis.access.margin import beyond_margin
from coverage_gis.access.places import places_of
from coverage_gis.access.reach import NONE, Reach, with_groups
from coverage_gis.access.straight import straight_nth, straight_pairs, straight_reach
from coverage_gis.access.table import access_rows, people_beyond
from coverage_gis.access.wide import cells_wide
from coverage_gis.settings.margin import exact_s
from coverage_gis.sources.settings_file import load_settings

SHIPPED = load_settings()
CELLS = pd.DataFrame(
    {
        schema.MESH_CODE: ["543700001", "543700002", "543700003"],
        schema.PREF_CODE: ["16", "16", "16"],
        **{column: [10.0, 20.0, 40.0] for column in schema.PEOPLE},
    }
)
NAN = np.nan


def reach(target: list[int], metres: list[float], seconds: list[float]) -> Reach:
    return Reach(np.array(target), np.array(metres), np.array(seconds), np.zeros(len(target)))


def rows(mode: str, metric: str, metres: list[float], service: str = "shop", **more: object):
    measured = reach([0, 1, NONE], metres, [m / 2 for m in metres])
    snap = {schema.ROAD: np.array([5.0 if mode == schema.WALK else 3.0, 7.0, NAN])}.get(metric)
    ids = np.array(["a", "b"], dtype=object)
    return access_rows(
        CELLS, ids, measured, snap, service=service, mode=mode, metric=metric, **more
    )


class TestAccessRows:
    def test_every_cell_has_a_row_and_its_status(self) -> None:
        out = rows(schema.WALK, schema.ROAD, [100.0, NAN, NAN])
        assert out[schema.STATUS].tolist() == [schema.OK, schema.UNREACHABLE, schema.NO_ROAD]
        assert out[schema.DESTINATION_ID].isna().tolist() == [False, True, True]
        assert out[schema.DISTANCE_M].tolist()[:1] == [100.0]
        assert out[schema.TRAVEL_TIME_S].tolist()[:1] == [50.0]
        assert out[schema.SNAP_M].tolist()[:2] == [5.0, 7.0]
        assert out[schema.RANK].tolist() == [1, 1, 1]
        assert list(schema.ACCESS.conform(out)) == list(out)

    def test_what_the_margin_does_not_vouch_for_keeps_its_distance(self) -> None:
        beyond = np.array([True, True, True])
        out = rows(schema.WALK, schema.ROAD, [100.0, NAN, NAN], beyond=beyond, rank=2)
        assert out[schema.STATUS].tolist() == [
            schema.BEYOND_MARGIN,
            schema.UNREACHABLE,
            schema.NO_ROAD,
        ]
        assert out[schema.DISTANCE_M].iloc[0] == 100.0
        assert out[schema.DESTINATION_ID].iloc[0] == "a"
        assert out[schema.RANK].tolist() == [2, 2, 2]

    def test_a_straight_line_needs_no_road(self) -> None:
        out = rows(schema.WALK, schema.STRAIGHT, [100.0, 200.0, NAN])
        assert out[schema.STATUS].tolist() == [schema.OK, schema.OK, schema.UNREACHABLE]
        assert out[schema.SNAP_M].isna().all()

    def test_people_far_from_any_road(self) -> None:
        snap = np.array([100.0, 100.5, NAN])
        assert people_beyond(CELLS, snap, 100.0) == 60.0  # the limit is inclusive
        assert people_beyond(CELLS, snap) == 40.0  # without one: no road at all


class TestMargin:
    def test_walking_is_vouched_for_to_the_margin_and_driving_by_time(self) -> None:
        margin_m, margin_s = SHIPPED.run.margin_m, exact_s(SHIPPED, schema.DRIVE)
        assert margin_s < margin_m / SHIPPED.network.walk.speed_m_per_s
        metres = [margin_m, np.nextafter(margin_m, np.inf), NAN]
        seconds = [margin_s, np.nextafter(margin_s, np.inf), NAN]
        on_foot = beyond_margin(reach([0, 0, NONE], metres, [9e9] * 3), schema.WALK, SHIPPED)
        by_car = beyond_margin(reach([0, 0, NONE], [9e9] * 3, seconds), schema.DRIVE, SHIPPED)
        assert on_foot.tolist() == by_car.tolist() == [False, True, False]


class TestGroups:
    def test_any_food_store_is_the_nearest_of_its_members(self) -> None:
        group = next(s for s in SHIPPED.services.values() if s.is_group)
        first, second = group.any_of[:2]
        near = reach([4, 5, 6], [100.0, 300.0, NAN], [90.0, 10.0, NAN])
        far = reach([1, 2, 3], [200.0, 300.0, 50.0], [20.0, 10.0, 9.0])
        given = {
            (name, mode, schema.ROAD): one
            for mode in (schema.WALK, schema.DRIVE)
            for name, one in ((first, near), (second, far))
        }
        out = with_groups(given, SHIPPED)
        walked = out[group.name, schema.WALK, schema.ROAD]
        # by metres; of equals the first in the table; the only one that is reached
        assert walked.target.tolist() == [4, 2, 3]
        assert walked.distance_m.tolist() == [100.0, 300.0, 50.0]
        driven = out[group.name, schema.DRIVE, schema.ROAD]
        assert driven.target.tolist() == [1, 2, 3]  # by seconds
        assert driven.travel_time_s.tolist() == [20.0, 10.0, 9.0]
        assert driven.distance_m.tolist() == [200.0, 300.0, 50.0]
        assert driven.snap_m is not None
        # its members are there as they were, and nothing that was not measured
        assert out[first, schema.WALK, schema.ROAD] is near
        assert {metric for _, _, metric in out} == {schema.ROAD}

    def test_the_first_places_are_the_cells(self) -> None:
        plain = Reach(np.array([1, 2]), np.array([5.0, 6.0]), np.array([7.0, 8.0]))
        assert plain.first(1).snap_m is None
        with_snap = reach([1, 2], [5.0, 6.0], [7.0, 8.0]).first(1)
        assert with_snap.target.tolist() == [1]
        assert len(with_snap.distance_m) == len(with_snap.travel_time_s) == 1
        assert with_snap.snap_m is not None
        assert len(with_snap.snap_m) == 1


class TestWide:
    areas = pd.DataFrame(
        {
            schema.MESH_CODE: ["543700001", "543700001", "543700002", "543700003"],
            schema.PREF_CODE: "16",
            schema.MUNI_CODE: ["16202", "16201", "16201", "16202"],
            schema.SHARE: [0.5, 0.5, 1.0, 1.0],
        }
    )

    def transit(self, metric: str, classes: list[str]) -> pd.DataFrame:
        same = {schema.PRESET: "p", schema.METRIC: metric}
        return pd.DataFrame({schema.TRANSIT_CLASS: classes}).assign(**same)

    def test_one_row_per_cell_with_all_side_by_side(self) -> None:
        access = pd.concat(
            [
                rows(schema.WALK, schema.ROAD, [100.0, 50.0, NAN]),
                rows(schema.DRIVE, schema.ROAD, [110.0, NAN, NAN]),
                rows(schema.WALK, schema.STRAIGHT, [90.0, 40.0, NAN]),
                rows(schema.WALK, schema.ROAD, [1.0, 2.0, NAN], service="food"),
            ]
        )
        other = self.transit(schema.ROAD, ["x"] * 3).assign(**{schema.PRESET: "q"})
        transit = pd.concat(
            [
                other,
                self.transit(schema.ROAD, ["vacuum", "unknown", "no_road"]),
                self.transit(schema.STRAIGHT, ["vacuum", "vacuum", "vacuum"]),
            ]
        )
        out = cells_wide(CELLS, self.areas, access, transit, "p")
        assert out[schema.MUNI_CODE].tolist() == ["16201", "16201", "16202"]
        columns = [name for name in out if name.startswith(("shop", "food", "snap", "transit"))]
        assert columns == [
            "snap_walk_m",
            "snap_drive_m",
            "shop_walk_m",
            "shop_walk_s",
            "shop_drive_m",
            "shop_drive_s",
            "shop_straight_m",
            "shop_status",
            "shop_drive_status",
            "food_walk_m",
            "food_walk_s",
            "food_status",
            "transit_class",
            "transit_class_straight",
        ]
        # on foot, and not the straight line's, which is ok for two
        assert out["shop_status"].tolist() == [schema.OK, schema.OK, schema.NO_ROAD]
        assert out["shop_drive_status"].tolist()[1] == schema.UNREACHABLE
        assert out["shop_straight_m"].tolist()[:2] == [90.0, 40.0]
        assert out["snap_drive_m"].tolist()[:2] == [3.0, 7.0]
        assert out["transit_class"].tolist() == ["vacuum", "unknown", "no_road"]

    def test_straight_lines_alone_have_their_own_status_and_class(self) -> None:
        access = rows(schema.WALK, schema.STRAIGHT, [90.0, NAN, NAN])
        transit = self.transit(schema.STRAIGHT, ["vacuum", "convenient", "vacuum"])
        out = cells_wide(CELLS, self.areas, access, transit, "p")
        assert out["shop_status"].tolist() == [schema.OK, schema.UNREACHABLE, schema.UNREACHABLE]
        assert out["transit_class"].tolist() == out["transit_class_straight"].tolist()
        assert "shop_walk_m" not in out


@pytest.mark.parametrize("n", [0, 2])
def test_no_facility_and_no_place_give_nothing(n: int) -> None:
    lon, none = np.full(n, 137.0), np.empty(0, dtype=np.int64)
    here = lon, lon - 100, lon[:0], lon[:0]
    assert straight_reach(*here, none).target.tolist() == [NONE] * n
    assert straight_nth(*here, none, rank=1).target.tolist() == [NONE] * n
    assert [len(a) for a in straight_pairs(*here, 500.0)] == [0, 0, 0]
    assert places_of(CELLS.iloc[:0], 125).n_cells == 0


def test_asking_twice_from_the_same_places_gives_the_same() -> None:
    lon, lat = np.array([137.0, 137.1]), np.array([36.0, 36.1])
    there = np.array([137.02, 137.05, 137.2]), np.array([36.0, 36.0, 36.0])
    members = np.arange(3)
    here = earth_centred(lon, lat)
    for plain, kept in (
        (
            straight_reach(lon, lat, *there, members),
            straight_reach(lon, lat, *there, members, here=here),
        ),
        (
            straight_nth(lon, lat, *there, members, rank=2),
            straight_nth(lon, lat, *there, members, rank=2, here=here),
        ),
    ):
        assert plain.target.tolist() == kept.target.tolist()
        assert plain.distance_m.tolist() == kept.distance_m.tolist()
