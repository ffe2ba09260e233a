"""Measures over several services, against what can be worked out by hand."""

from __future__ import annotations

import statistics
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from coverage_gis import crs
from coverage_gis.access.choice import Choice, straight_choice
from coverage_gis.access.places import Places
from coverage_gis.access.reach import NONE
from coverage_gis.codes import mesh
from coverage_gis.coverage.areas import Areas
from coverage_gis.coverage.attainment import attainment, ranking
from coverage_gis.coverage.choice import choice_rows, closures
from coverage_gis.coverage.completeness import area_of_places, by_service, completeness
from coverage_gis.coverage.daily import daily_rows, daily_services, reaches_of
from coverage_gis.coverage.food import food_rows
from coverage_gis.coverage.inequality import inequality
from coverage_gis.population.food_access import Difficulty, difficulty, none_within, within_shares
from coverage_gis.report.build import ranks_among_peers
from coverage_gis.report.model import Measure
from coverage_gis.settings import DailyPart, DailyPreset, DailyReach
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.sources.store_counts import official_stores

MEASURES = load_settings().measures


def places(n_cells: int, per_cell: int) -> Places:
    n = n_cells * (per_cell + 1)
    return Places(np.zeros(n), np.zeros(n), n_cells, per_cell, np.zeros(n_cells))


def one_area(people: dict[str, list[float]]) -> Areas:
    n = len(people["total"])
    table = pd.DataFrame(
        {"area_level": ["prefecture"], "area_code": ["16"], "area_name": ["富山県"]}
    )
    cell = np.arange(n)
    zero = np.zeros(n, dtype=np.int64)
    return Areas(table, cell, cell, zero, {k: np.array(v, float) for k, v in people.items()})


class TestCompleteness:
    def test_stores_inside_are_set_beside_the_official_number(self) -> None:
        west, east = box(137.0, 36.0, 137.5, 37.0), box(137.5, 36.0, 138.0, 37.0)
        towns = gpd.GeoDataFrame(
            {"muni_code": ["16202", "16201"]}, geometry=[east, west], crs="EPSG:6668"
        )
        lon = np.array([137.2, 137.5, 139.0, 137.9])
        codes = area_of_places(lon, np.full(4, 36.5), towns)
        # the border is the lower code's; what lies outside is nobody's
        assert list(codes) == ["16201", "16201", None, "16202"]
        stores = pd.DataFrame({"service": ["convenience", "convenience", "convenience", "clinic"]})
        out = completeness(
            official_stores(),
            stores,
            codes,
            pref_code="16",
            labels={"convenience": "コンビニ"},
            area_with_people=1.0,
            people_without_road=0.0,
        ).set_index("service")
        assert out.loc["convenience", "stores_in_run"] == 2
        assert out.loc["convenience", "official_stores"] == 477
        assert out.loc["convenience", "completeness"] == pytest.approx(2 / 477)
        assert out.loc["drugstore", "completeness"] == 0

    def test_a_group_is_its_counted_members_over_their_official_numbers(self) -> None:
        stores = pd.DataFrame({"service": ["convenience", "supermarket", "fresh_food", "clinic"]})
        out = by_service(
            official_stores(),
            stores,
            np.array(["16201", "16201", "16201", "16201"], dtype=object),
            pref_code="16",
            members={
                "shop": ("convenience", "supermarket", "fresh_food"),
                "supermarket": ("supermarket",),
                "clinic": ("clinic",),
            },
        )
        # 477 convenience stores and 210 supermarkets; of greengrocers there is no official number
        assert out == pytest.approx({"shop": 2 / 687, "supermarket": 1 / 210})

    def test_every_prefecture_has_its_official_numbers(self) -> None:
        table = official_stores()
        assert set(table["pref_code"]) == {f"{n:02d}" for n in range(1, 48)}
        assert not table.duplicated(["pref_code", "service"]).any()
        assert (table["stores"] > 0).all()
        assert table["source"].str.len().min() > 5
        # the compilation's text gives 23,078 for the country, its table a little more
        supermarkets = table.loc[table["service"] == "supermarket", "stores"].sum()
        assert supermarkets == pytest.approx(23_078, rel=0.02)


PRESET = DailyPreset(
    "test",
    "",
    "",
    "C",
    (
        DailyPart("medical", "", (DailyReach("medical", 800, None),)),
        DailyPart(
            "transit", "", (DailyReach("station", 800, None), DailyReach("bus_stop", 300, 30))
        ),
    ),
)
MEDICAL, STATION, BUS = reaches_of([PRESET])


class TestDailyServices:
    def test_all_means_all_at_the_same_place(self) -> None:
        # One cell of four sub-points: half has the doctor, the other half the station.
        metres = np.array([0, 100, 100, 900, 900], float)
        other = np.array([0, 900, 900, 800, 800], float)
        daily = daily_services(PRESET, places(1, 4), {MEDICAL: metres, STATION: other})
        assert daily.shares["medical"] == pytest.approx([0.5])
        assert daily.shares["transit"] == pytest.approx([0.5])
        assert daily.shares["all"] == pytest.approx([0.0])
        assert daily.shares["missing_1"] == pytest.approx([1.0])
        assert list(daily.missing) == [1]

    def test_any_of_a_part_will_do_and_cutoffs_are_inclusive(self) -> None:
        near = {
            MEDICAL: np.array([0, 800.0]),
            STATION: np.array([0, np.nan]),
            BUS: np.array([0, 300.0]),
        }
        daily = daily_services(PRESET, places(1, 1), near)
        assert daily.shares["all"] == pytest.approx([1.0])
        too_far = near | {BUS: np.array([0, 300.1])}
        assert daily_services(PRESET, places(1, 1), too_far).shares["all"] == pytest.approx([0.0])

    def test_a_part_nobody_has_data_of_is_named_and_left_out(self) -> None:
        daily = daily_services(PRESET, places(1, 1), {MEDICAL: np.array([0, 1.0])})
        assert daily.unknown == ("transit",)
        assert daily.shares["all"] == pytest.approx([1.0])

    def test_a_part_without_data_may_stand_before_one_with(self) -> None:
        daily = daily_services(PRESET, places(1, 1), {STATION: np.array([0, 1.0])})
        assert daily.unknown == ("medical",)
        assert set(daily.shares) == {"transit", "all", "missing_0", "missing_1"}

    @given(st.integers(1, 3), st.integers(1, 6), st.integers(0, 10_000))
    @settings(max_examples=60, deadline=None)
    def test_a_cell_lacks_what_its_middle_sub_point_lacks(
        self, n_cells: int, per_cell: int, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        metres = {r: rng.uniform(0, 1600, n_cells * (per_cell + 1)) for r in (MEDICAL, STATION)}
        where = places(n_cells, per_cell)
        daily = daily_services(PRESET, where, metres)
        assert set(daily.shares) == {
            "medical",
            "transit",
            "all",
            *(f"missing_{n}" for n in range(3)),
        }
        far = {r: where.inside(m) > 800 for r, m in metres.items()}
        for cell in range(n_cells):
            lacking = [int(far[MEDICAL][cell, i]) + int(far[STATION][cell, i])
                       for i in range(per_cell)]  # fmt: skip
            assert daily.missing[cell] == statistics.median_low(lacking)
            assert daily.shares["all"][cell] == pytest.approx(lacking.count(0) / per_cell)

    def test_cells_that_only_a_projection_knows_have_nobody_who_has_it(self) -> None:
        areas = replace(one_area({"total": [0.5, 2]}), cell=np.array([0, 1]))
        daily = daily_services(PRESET, places(1, 1), {MEDICAL: np.array([0, 1.0])})
        rows = daily_rows(areas, daily, np.array([True]), {"year": 2050}).set_index("what")
        assert rows.loc["all", "people"] == pytest.approx(0.5)  # less than one person is somebody
        assert rows.loc["all", "people_rate"] == pytest.approx(1.0)
        assert rows.loc["all", "population_no_road"] == pytest.approx(2.0)
        assert list(rows.columns) == [
            "area_level", "area_code", "area_name", "age_group", "population", "people",
            "people_rate", "population_no_road", "year",
        ]  # fmt: skip

    def test_people_are_in_exactly_one_number_of_missing(self) -> None:
        rng = np.random.default_rng(5)
        metres = {r: rng.uniform(0, 1500, 3 * 5) for r in (MEDICAL, STATION, BUS)}
        daily = daily_services(PRESET, places(3, 4), metres)
        areas = one_area({"total": [10, 20, 40]})
        rows = daily_rows(areas, daily, np.array([True, True, False]), {})
        by = rows.set_index("what")["people"]
        assert by[["missing_0", "missing_1", "missing_2"]].sum() == pytest.approx(30)
        assert by["all"] == pytest.approx(by["missing_0"])
        assert (rows["population_no_road"] == 40).all()


class TestFoodAccess:
    def test_the_share_near_a_home_adds_up_to_the_circle(self) -> None:
        # Where 3 x 3 meshes hold the whole circle, the shares' area is that of the circle.
        shares = within_shares(36.0, 300.0)
        per_lon, per_lat = crs.metres_per_degree(np.array([36.0]))
        mesh_m2 = per_lon[0] / 160 * per_lat[0] / 240
        area = shares.sum(axis=1) * mesh_m2
        assert area.mean() == pytest.approx(np.pi * 300**2, rel=0.01)

    def test_a_mesh_with_a_store_still_has_people_without(self) -> None:
        shares = within_shares(36.0, 500.0)
        own = np.zeros((1, 9), dtype=np.int64)
        own[0, 4] = 1
        # The published example has 0.028 for a mesh with a store of its own.
        assert 0.005 < none_within(own, shares)[0] < 0.06

    def test_no_store_is_certainly_none(self) -> None:
        assert none_within(np.zeros((2, 9), dtype=np.int64), within_shares(36.0, 500.0)) == (
            pytest.approx([1, 1])
        )

    @given(st.lists(st.integers(0, 3), min_size=9, max_size=9), st.integers(0, 8))
    @settings(max_examples=40, deadline=None)
    def test_one_more_store_never_makes_it_worse(self, counts: list[int], where: int) -> None:
        shares = within_shares(36.0, 500.0)
        more = list(counts)
        more[where] += 1
        before, after = none_within(np.array([counts, more]), shares)
        assert 0 <= after <= before <= 1

    def test_simulated_homes_and_stores_agree(self) -> None:
        rng = np.random.default_rng(1)
        per_lon, per_lat = crs.metres_per_degree(np.array([36.0]))
        w, h = per_lon[0] / 160, per_lat[0] / 240
        n = 200_000
        home = rng.uniform(0, 1, (n, 2)) * [w, h]
        east = (rng.uniform(0, 1, (n, 2)) + np.array([1, 0])) * [w, h]
        north = (rng.uniform(0, 1, (n, 2)) + np.array([0, 1])) * [w, h]
        none = (np.hypot(*(home - east).T) > 500) & (np.hypot(*(home - north).T) > 500)
        counts = np.zeros((1, 9), dtype=np.int64)
        counts[0, 5], counts[0, 7] = 1, 1
        assert none_within(counts, within_shares(36.0, 500.0))[0] == pytest.approx(
            none.mean(), abs=0.005
        )

    def test_levels_agree_on_the_same_ground(self) -> None:
        code = "543700001"
        store = {"supermarket": tuple(np.asarray(c) for c in mesh.centroids([code]))}
        rules = MEASURES.food_access
        half = difficulty(np.array([code], dtype=object), store, rules)
        quarters = np.array([f"{code}{q}" for q in "1234"], dtype=object)
        fine = difficulty(quarters, store, rules)
        assert fine.weighted == pytest.approx(np.repeat(half.weighted, 4))
        four = difficulty(np.array([f"54370000{q}" for q in "1234"], dtype=object), store, rules)
        coarse = difficulty(np.array(["54370000"], dtype=object), store, rules)
        assert coarse.weighted == pytest.approx([four.weighted.mean()])
        # supermarkets weigh most, but the other kinds are absent
        assert half.weighted[0] > 1 - 0.859

    def test_people_times_probability_times_no_car(self) -> None:
        rules = replace(MEASURES.food_access, car_use_65to74=0.8, car_use_75plus=0.5)
        areas = one_area({"total": [100, 9], "65plus": [40, 9], "75plus": [10, 9]})
        chance = Difficulty({}, np.array([0.25, 1.0]))
        row = food_rows(areas, chance, np.array([True, False]), rules, {}).iloc[0]
        assert row["difficult_75plus"] == pytest.approx(10 * 0.5 * 0.25)
        assert row["difficult_65plus"] == pytest.approx((30 * 0.2 + 10 * 0.5) * 0.25)
        assert row["difficult_65plus_rate"] == pytest.approx(11 * 0.25 / 40)
        assert row["population_65plus_no_road"] == 9
        assert row["kind_of_figure"] == "試算"

    def test_without_ages_nobody_can_say(self) -> None:
        areas = one_area({"total": [100]})
        chance = Difficulty({}, np.array([1.0]))
        assert food_rows(areas, chance, np.array([True]), MEASURES.food_access, {}).empty


class TestChoice:
    def test_the_only_shop_closes(self) -> None:
        # Cell 1: one shop at 100 m, the next at 700 m. Cell 2: two within 500 m. Cell 3: none else.
        choice = Choice(
            np.array([[1], [2], [1]] * 2),
            np.array([0, 0, 1] * 2),
            np.array([100, 200, 400.0] * 2),
            np.array([700, 300, np.nan] * 2),
        )
        stores = pd.DataFrame(
            {
                "destination_id": ["a", "b"],
                "name": ["A", "B"],
                "service": ["shop", "shop"],
                "lon": [137.0, 137.1],
                "lat": [36.0, 36.1],
            }
        )
        table = closures(
            places(3, 1),
            choice,
            people={"total": np.array([10, 20, 30.0])},
            destinations=stores,
            muni_codes=np.array(["16201", None], dtype=object),
            cutoff_m=500,
        ).set_index("destination_id")
        assert list(table.index) == ["b", "a"]
        assert table.loc["a", "people_total"] == 10
        assert table.loc["a", "mean_now_m"] == 100
        assert table.loc["a", "mean_then_m"] == 700
        assert table.loc["b", "people_then_none"] == 30
        assert np.isnan(table.loc["b", "mean_then_m"])
        rows = choice_rows(
            one_area({"total": [10, 20, 30]}),
            places(3, 1),
            choice,
            cutoffs_m=[500],
            has_road=np.ones(3, bool),
            labels={},
        ).iloc[0]
        # who has one store is who loses the last one when it closes
        assert rows["people_1"] == table["people_total"].sum() == 40
        assert rows["people_2"] == 20
        assert rows["people_1_rate"] == pytest.approx(40 / 60)

    def test_straight_lines_count_what_brute_force_counts(self) -> None:
        rng = np.random.default_rng(3)
        lon, lat = 137 + rng.uniform(0, 0.02, 50), 36 + rng.uniform(0, 0.02, 50)
        slon, slat = 137 + rng.uniform(0, 0.02, 30), 36 + rng.uniform(0, 0.02, 30)
        members = np.arange(5, 30)
        found = straight_choice(lon, lat, slon, slat, members=members, cutoffs_m=[400, 900])
        all_m = np.array([crs.geodesic_m(np.full(30, x), np.full(30, y), slon, slat)
                          for x, y in zip(lon, lat, strict=True)])[:, members]  # fmt: skip
        assert (found.count[:, 0] == (all_m <= 400).sum(axis=1)).all()
        assert (found.count[:, 1] == (all_m <= 900).sum(axis=1)).all()
        ordered = np.sort(all_m, axis=1)
        np.testing.assert_allclose(found.first_m, ordered[:, 0], atol=1e-3)
        np.testing.assert_allclose(found.second_m, ordered[:, 1], atol=1e-3)
        assert (found.first == members[all_m.argmin(axis=1)]).all()

    def test_one_shop_has_no_second(self) -> None:
        one = np.array([137.0])
        lat = np.array([36.0])
        found = straight_choice(one, lat, one, lat, members=np.array([0]), cutoffs_m=[500])
        assert found.count[0, 0] == 1
        assert np.isnan(found.second_m[0])
        none = straight_choice(one, lat, one, lat, members=np.array([], int), cutoffs_m=[500])
        assert none.first[0] == NONE


class TestInequality:
    def test_equal_ways_have_no_inequality(self) -> None:
        out = inequality(np.full(4, 300.0), np.array([1, 2, 3, 4.0]))
        assert out.gini == pytest.approx(0, abs=1e-12)
        assert (out.deciles_m == 300).all()

    def test_gini_is_the_mean_difference_over_twice_the_mean(self) -> None:
        rng = np.random.default_rng(8)
        way, people = rng.uniform(0, 5000, 60), rng.integers(1, 30, 60).astype(float)
        everyone = np.repeat(way, people.astype(int))
        gaps = np.abs(everyone[:, None] - everyone[None, :]).mean()
        out = inequality(way, people)
        assert out.gini == pytest.approx(gaps / (2 * everyone.mean()))
        assert out.mean_m == pytest.approx(everyone.mean())

    def test_deciles_are_ways_that_so_many_have_at_most(self) -> None:
        out = inequality(np.arange(100, 1100, 100.0), np.ones(10))
        assert list(out.deciles_m) == [100, 200, 300, 400, 500, 600, 700, 800, 900]

    def test_deciles_of_many_people_of_unlike_weights(self) -> None:
        people = np.arange(1.0, 201)  # 20,100 in all
        out = inequality(np.arange(200.0), people)
        for tenth, way in enumerate(out.deciles_m, start=1):
            within = people[: int(way) + 1].sum()
            assert within >= tenth * 2010 > within - people[int(way)]

    def test_everybody_at_the_door_is_equal(self) -> None:
        out = inequality(np.array([0.0, 0.0, np.nan]), np.array([2.0, 3.0, 4.0]))
        assert (out.people, out.people_unreachable) == (5, 4)
        assert (out.mean_m, out.gini) == (0, 0)
        assert (out.deciles_m == 0).all()

    def test_some_at_the_door_and_one_a_metre_from_it(self) -> None:
        out = inequality(np.array([0.0, 1.0]), np.array([3.0, 1.0]))
        assert (out.mean_m, out.gini) == pytest.approx((0.25, 0.75))

    def test_the_unreachable_are_counted_apart(self) -> None:
        out = inequality(np.array([np.nan, 100.0]), np.array([7.0, 3.0]))
        assert (out.people, out.people_unreachable) == (3, 7)
        assert np.isnan(inequality(np.array([np.nan]), np.array([1.0])).gini)


def coverage(rates: list[float], people: list[float]) -> pd.DataFrame:
    n = len(rates)
    return pd.DataFrame(
        {
            "area_level": ["municipality"] * n,
            "area_code": [f"1620{i}" for i in range(n)],
            "area_name": [f"町{i}" for i in range(n)],
            "age_group": ["total"] * n,
            "service": ["shop"] * n,
            "mode": ["walk"] * n,
            "metric": ["road"] * n,
            "preset": ["p"] * n,
            "cutoff": [500.0] * n,
            "cutoff_unit": ["m"] * n,
            "population": people,
            "population_no_road": [0.0] * n,
            "coverage_rate": rates,
        }
    )


class TestComparison:
    def test_municipalities_that_reach_a_rate(self) -> None:
        table = attainment(coverage([0.5, 0.8, 0.9, np.nan], [1, 1, 1, 1]), [0.5, 0.8, 0.95])
        assert list(table["municipalities"]) == [3, 3, 3]
        assert list(table["municipalities_reaching"]) == [3, 2, 0]
        assert table["municipality_share"].iloc[1] == pytest.approx(2 / 3)

    def test_ranks_among_all_and_among_peers(self) -> None:
        table = ranking(coverage([0.9, 0.5, 0.7, np.nan], [1000, 10, 11, 12]), 1)
        assert table["rank"].tolist()[:3] == [1, 3, 2]
        assert table["rank"].isna().tolist() == [False, False, False, True]
        assert table.loc[1, "peer_names"] == "町2"
        assert table.loc[1, "peer_rank"] == 2
        assert table.loc[1, "peer_mean_rate"] == pytest.approx(0.7)
        # who has no rate is nobody's peer
        assert not table["peer_names"].str.contains("町3").any()

    def test_the_reports_cards_have_the_same_peers_and_ranks(self) -> None:
        rows = coverage([0.9, 0.5, np.nan, 0.7, 0.6], [1000, 10, 11, 12, 500])
        measure = Measure("coverage_rate", "", "", "")
        names, ranks = ranks_among_peers(rows, [measure], 2)
        for _, row in ranking(rows, 2).iterrows():
            mine = ranks[row["area_code"]].get(measure.column)
            others = [n for n in names[row["area_code"]] if n != row["area_name"]]
            assert "、".join(others) == row["peer_names"]
            assert "町2" not in others  # no rate
            if mine is None:
                assert row["area_name"] == "町2"
            else:
                assert (mine.place, mine.of) == (row["peer_rank"], row["peer_rank_of"])
                assert mine.of == 3
