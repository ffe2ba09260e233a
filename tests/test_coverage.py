"""Coverage: closed-form shares, then sums over areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coverage_gis import schema
from coverage_gis.access.places import Places, places_of
from coverage_gis.access.reach import NONE, Reach, nearest_of
from coverage_gis.access.straight import straight_reach
from coverage_gis.access.table import status_of
from coverage_gis.access.wide import largest_share
from coverage_gis.codes import mesh
from coverage_gis.coverage.areas import areas_of, coverage_table, rates_of
from coverage_gis.coverage.covered import covered_rows, covered_share
from coverage_gis.crs import geodesic_m


def reach(distance_m: list[float], seconds: list[float] | None = None) -> Reach:
    distance = np.array(distance_m)
    target = np.where(np.isnan(distance), NONE, 0)
    return Reach(target, distance, np.array(seconds or [np.nan] * len(distance)))


def two_cells_of_four() -> Places:
    zero = np.zeros(10)
    return Places(zero, zero, 2, 4, np.ones(2))


class TestCoveredShare:
    # centres first, then four sub-points of each cell
    metres = (400.0, 600.0, 100.0, 500.0, 500.0001, np.nan, 499.0, 500.0, 10.0, 0.0)

    def test_share_of_subpoints_with_an_inclusive_cutoff(self) -> None:
        share = covered_share(
            two_cells_of_four(), reach([*self.metres]), 500, "m", by_subpoints=True
        )
        assert share.tolist() == [0.5, 1.0]

    def test_centroid_alternative_is_all_or_nothing(self) -> None:
        share = covered_share(
            two_cells_of_four(), reach([*self.metres]), 500, "m", by_subpoints=False
        )
        assert share.tolist() == [1.0, 0.0]

    def test_minutes_are_seconds_by_sixty(self) -> None:
        seconds = [0.0, 0.0, 300.0, 300.1, 0.0, np.nan, 301.0, 302.0, 299.0, 300.0]
        share = covered_share(
            two_cells_of_four(), reach([1.0] * 10, seconds), 5, "min", by_subpoints=True
        )
        assert share.tolist() == [0.5, 0.5]

    def test_slower_people_need_so_many_times_as_long(self) -> None:
        seconds = [0.0, 0.0, 150.0, 150.1, 150.0, 300.0, 150.0, 150.0, 151.0, 75.0]
        share = covered_share(
            two_cells_of_four(), reach([1.0] * 10, seconds), 5, "min", by_subpoints=True, pace=2.0
        )
        assert share.tolist() == [0.5, 0.75]

    def test_every_row_says_what_it_is_of(self) -> None:
        cells = {schema.MESH_CODE: ["54370000", "54370001"], schema.PREF_CODE: ["16", "16"]}
        named = {"service": "shop", "mode": "walk", "metric": "road", "preset": "p", "unit": "min"}
        rows = covered_rows(pd.DataFrame(cells), np.array([0.25, 1.0]), **named, cutoff=5)
        same = {c: [named[c]] * 2 for c in ("service", "mode", "metric", "preset")}
        rest = {schema.CUTOFF: [5.0] * 2, schema.CUTOFF_UNIT: ["min"] * 2}
        shares = {schema.COVERED_SHARE: [0.25, 1.0]}
        assert rows.to_dict("list") == {**cells, **same, **rest, **shares}

    def test_straight_circle_over_a_cell(self) -> None:
        """A shop in the middle of a 1 km cell: the 500 m circle covers pi r^2 / area of it."""
        code = np.array(["54370000"], dtype=object)
        origins = pd.DataFrame({schema.MESH_CODE: code})
        places = places_of(origins, 10)
        lon, lat = mesh.centroids(code)
        found = straight_reach(places.lon, places.lat, lon, lat, np.array([0]))
        share = covered_share(places, found, 450, "m", by_subpoints=True)[0]
        west, south, east, north = mesh.bounds(code)[0]
        area = geodesic_m(west, south, east, south) * geodesic_m(west, south, west, north)
        assert share == pytest.approx(np.pi * 450**2 / area, rel=5e-3)


class TestPlaces:
    @pytest.mark.parametrize("code", ["54370000", "533900054", "6441427711", "36233524311"])
    def test_spacing_holds_at_every_level_and_latitude(self, code: str) -> None:
        places = places_of(pd.DataFrame({schema.MESH_CODE: [code]}), 125)
        lon = np.unique(places.lon[1:].round(9))
        lat = np.unique(places.lat[1:].round(9))
        assert len(lon) * len(lat) == places.per_cell
        south = np.full(len(lon) - 1, lat.min())
        assert (geodesic_m(lon[:-1], south, lon[1:], south) <= 125).all()
        west = np.full(len(lat) - 1, lon[0])
        assert (geodesic_m(west, lat[:-1], west, lat[1:]) <= 125).all()

    def test_subpoints_find_every_road_their_centre_finds(self) -> None:
        places = places_of(pd.DataFrame({schema.MESH_CODE: ["533900054", "644142771"]}), 125)
        limit = places.snap_limit_m(500)
        for cell in range(2):
            near = slice(2 + cell * places.per_cell, 2 + (cell + 1) * places.per_cell)
            off = geodesic_m(
                np.full(places.per_cell, places.lon[cell]),
                np.full(places.per_cell, places.lat[cell]),
                places.lon[near],
                places.lat[near],
            )
            assert (limit[near] >= limit[cell] + off).all()


class TestReach:
    def test_group_takes_the_nearest_and_the_first_on_a_tie(self) -> None:
        a = Reach(
            np.array([5, 7, NONE]), np.array([10.0, 3.0, np.nan]), np.array([1.0, 9.0, np.nan])
        )
        b = Reach(np.array([2, 8, 4]), np.array([10.0, 4.0, 50.0]), np.array([2.0, 1.0, 6.0]))
        by_distance = nearest_of([a, b], by_time=False)
        assert by_distance.target.tolist() == [2, 7, 4]
        assert by_distance.distance_m.tolist() == [10.0, 3.0, 50.0]
        assert by_distance.travel_time_s.tolist() == [2.0, 9.0, 6.0]
        assert nearest_of([a, b], by_time=True).target.tolist() == [5, 8, 4]

    def test_straight_equals_brute_force(self) -> None:
        rng = np.random.default_rng(1)
        lon, lat = rng.uniform(136, 138, 300), rng.uniform(36, 37, 300)
        f_lon, f_lat = rng.uniform(136, 138, 40), rng.uniform(36, 37, 40)
        members = np.arange(3, 40)
        found = straight_reach(lon, lat, f_lon, f_lat, members)
        every = np.stack(
            [geodesic_m(lon, lat, np.full(300, f_lon[i]), np.full(300, f_lat[i])) for i in members]
        )
        np.testing.assert_allclose(found.distance_m, every.min(axis=0), rtol=0, atol=1e-6)
        assert (found.target == members[every.argmin(axis=0)]).all()

    def test_short_lengths_are_geodesics_to_a_micrometre(self) -> None:
        rng = np.random.default_rng(2)
        lat = rng.uniform(24, 46, 4000)
        lon = rng.uniform(123, 146, 4000)
        f_lon = lon + rng.uniform(-0.2, 0.2, 4000)
        f_lat = lat + rng.uniform(-0.15, 0.15, 4000)
        f_lon[:10], f_lat[:10] = lon[:10], lat[:10]
        for i in range(0, 4000, 80):  # one facility, so that it is the nearest
            one = np.array([i])
            found = straight_reach(lon[one], lat[one], f_lon, f_lat, one)
            exact = geodesic_m(lon[one], lat[one], f_lon[one], f_lat[one])
            np.testing.assert_allclose(found.distance_m, exact, rtol=0, atol=2e-6)

    def test_without_facilities_nothing_is_reached(self) -> None:
        none = np.empty(0)
        found = straight_reach(np.array([137.0]), np.array([36.0]), none, none, np.empty(0, int))
        assert found.target.tolist() == [NONE]
        assert np.isnan(found.distance_m).all()

    def test_statuses(self) -> None:
        status = status_of(reach([1.0, np.nan, np.nan]), np.array([5.0, 5.0, np.nan]))
        assert status.tolist() == [schema.OK, schema.UNREACHABLE, schema.NO_ROAD]


def origins_and_areas() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Three cells: one in Yokohama's 鶴見区, one split between 鶴見区 and 横須賀市, one margin."""
    origins = pd.DataFrame(
        {
            schema.MESH_CODE: ["a", "b", "c"],
            schema.PREF_CODE: ["14"] * 3,
            schema.POPULATION: [100.0, 10.0, 7.0],
            schema.INSIDE: [True, True, False],
        }
    )
    areas = pd.DataFrame(
        [
            ("a", "14", "14101", 1.0, 100.0, 40.0, np.nan),
            ("b", "14", "14101", 0.4, 4.0, 1.0, np.nan),
            ("b", "14", "14201", 0.6, 6.0, 2.0, np.nan),
            ("c", "14", "14201", 1.0, 7.0, 7.0, np.nan),
        ],
        columns=[c.name for c in schema.ORIGIN_AREAS.columns if not c.optional],
    )
    municipalities = pd.DataFrame(
        [
            ("14101", "14", "横浜市鶴見区", "14100"),
            ("14102", "14", "横浜市神奈川区", "14100"),
            ("14201", "14", "横須賀市", None),
        ],
        columns=schema.MUNICIPALITIES.names,
    )
    return origins, areas, municipalities


class TestAreas:
    labels = dict.fromkeys(
        [schema.YEAR, schema.POPULATION_SOURCE, schema.SERVICE, schema.MODE, schema.METRIC], "x"
    )

    def rates(self, share: list[float], status: list[str], has_road: list[bool]) -> pd.DataFrame:
        origins, areas, municipalities = origins_and_areas()
        of = areas_of(origins, areas, municipalities, ("14", "神奈川県"))
        return coverage_table(
            [
                rates_of(
                    of, np.array(share), np.array(status, object), np.array(has_road), self.labels
                )
            ]
        ).set_index([schema.AREA_CODE, schema.AGE_GROUP])

    def test_people_are_summed_by_prefecture_city_and_ward(self) -> None:
        rows = self.rates([0.5, 1.0, 1.0], [schema.OK] * 3, [True] * 3)
        total = rows.xs("total", level=schema.AGE_GROUP)
        assert total[schema.POPULATION].to_dict() == {
            "14": 110.0, "14100": 104.0, "14101": 104.0, "14102": 0.0, "14201": 6.0,
        }  # fmt: skip
        assert total.loc["14", schema.COVERED_POPULATION] == 60.0
        assert total.loc["14100", schema.COVERAGE_RATE] == pytest.approx(54 / 104)
        assert np.isnan(total.loc["14102", schema.COVERAGE_RATE])
        assert total.loc["14100", schema.AREA_NAME] == "横浜市"
        assert total.loc["14101", schema.AREA_LEVEL] == schema.WARD

    def test_an_age_group_unknown_anywhere_is_left_out(self) -> None:
        rows = self.rates([1.0] * 3, [schema.OK] * 3, [True] * 3)
        assert set(rows.index.get_level_values(schema.AGE_GROUP)) == {"total", "65plus"}
        assert rows.loc[("14", "65plus"), schema.POPULATION] == 43.0

    def test_people_without_roads_are_in_no_rate(self) -> None:
        rows = self.rates(
            [np.nan, 0.5, 1.0], [schema.NO_ROAD, schema.OK, schema.OK], [False, True, True]
        )
        pref = rows.loc[("14", "total")]
        assert pref[schema.POPULATION] == 110.0
        assert pref[schema.POPULATION_NO_ROAD] == 100.0
        assert pref[schema.COVERED_POPULATION] == 5.0
        assert pref[schema.COVERAGE_RATE] == 0.5

    def test_unreachable_people_stay_in_the_denominator(self) -> None:
        rows = self.rates([0.0, 1.0, 1.0], [schema.UNREACHABLE, schema.OK, schema.OK], [True] * 3)
        pref = rows.loc[("14", "total")]
        assert pref[schema.POPULATION_UNREACHABLE] == 100.0
        assert pref[schema.COVERAGE_RATE] == pytest.approx(10 / 110)

    def test_largest_share_names_the_cell(self) -> None:
        origins, areas, _ = origins_and_areas()
        assert largest_share(origins, areas).tolist() == ["14101", "14201", "14201"]


@pytest.mark.parametrize("shape", [(1,), (1, 1), (2,), (1, 2), (0,), ()])
def test_a_length_has_the_shape_of_its_ends(shape: tuple[int, ...]) -> None:
    """One element too, which pyproj takes for a number with some versions of numpy."""
    length = geodesic_m(np.full(shape, 137.0), 36.0, np.full(shape, 137.0), 36.0)
    assert length.shape == shape
    assert (length == 0).all()
