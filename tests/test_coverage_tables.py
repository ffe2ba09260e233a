"""Tables per area, by hand: curves, food access, inequality, completeness, published figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coverage_gis import schema
from coverage_gis.access.places import Places
from coverage_gis.access.reach import Reach
from coverage_gis.coverage.areas import Areas, areas_of, coverage_table, rates_of
from coverage_gis.coverage.attainment import attainment
from coverage_gis.coverage.compare import COLUMNS, rank_correlation, side_by_side
from coverage_gis.coverage.completeness import area_of_places
from coverage_gis.coverage.covered import covered_share
from coverage_gis.coverage.curves import covered_curves
from coverage_gis.coverage.food import ESTIMATE, food_rows, with_plain_distance
from coverage_gis.coverage.inequality import DECILES, inequality_rows
from coverage_gis.population.food_access import Difficulty
from coverage_gis.sources.settings_file import load_settings

SHIPPED = load_settings()
NAN = np.nan


def two_towns(**people: list[float]) -> Areas:
    """A prefecture (row 0) of two towns (rows 1, 2) and a ward (row 3): three cells, one part each.

    Cells 0 and 1 are the first town's and its ward's, cell 2 is the second's.
    """
    table = pd.DataFrame(
        {
            schema.AREA_LEVEL: [
                schema.PREFECTURE,
                schema.MUNICIPALITY,
                schema.MUNICIPALITY,
                schema.WARD,
            ],
            schema.AREA_CODE: ["16", "16201", "16202", "16203"],
            schema.AREA_NAME: ["県", "甲", "乙", "区"],
        }
    )
    return Areas(
        table,
        np.arange(3),
        np.array([0, 1, 2, 0, 1, 2, 0, 1]),
        np.array([0, 0, 0, 1, 1, 2, 3, 3]),
        {name: np.array(values) for name, values in people.items()},
    )


class TestCurves:
    places = Places(np.zeros(10), np.zeros(10), 2, 4, np.ones(2))
    reach = Reach(
        np.zeros(10, dtype=np.int64),
        np.array([100.0, 700, 0, 500, 500.5, np.nan, 800, 900, 1000, 1001]),
        np.array([60.0, 61, 60, 60, 60, 120, 121, 0, 0, np.nan]),
    )
    people = {"all": np.array([4.0, 8.0]), "old": np.array([1.0, 0.0])}  # noqa: RUF012 - not changed

    def test_people_within_each_limit_sub_points_by_share(self) -> None:
        out = covered_curves(
            self.places, self.reach, np.array([0.0, 500, 1000]), "m", self.people, by_subpoints=True
        )
        # cell 0: 0, 500, 500.5 and out of reach; cell 1: 800, 900, 1000 and 1001
        assert out["all"].tolist() == [1.0, 2.0, 3.0 + 6.0]
        assert out["old"].tolist() == [0.25, 0.5, 0.75]

    def test_people_within_each_limit_cells_as_their_centres_are(self) -> None:
        out = covered_curves(
            self.places, self.reach, np.array([1.0, 2.0]), "min", self.people, by_subpoints=False
        )
        assert out["all"].tolist() == [4.0, 12.0]  # 60 s are within a minute, 61 are not

    @pytest.mark.parametrize("unit", ["m", "min"])
    @pytest.mark.parametrize("by_subpoints", [True, False])
    def test_a_curve_is_the_rates_limit_by_limit(self, unit: str, *, by_subpoints: bool) -> None:
        limits = np.array([0.5, 1.0, 2.0, 500.0, 900.0])
        out = covered_curves(
            self.places, self.reach, limits, unit, self.people, by_subpoints=by_subpoints
        )
        for name, people in self.people.items():
            one_by_one = [
                people @ covered_share(self.places, self.reach, x, unit, by_subpoints=by_subpoints)
                for x in limits
            ]
            assert out[name] == pytest.approx(one_by_one)


class TestFood:
    areas = two_towns(
        **{"total": [100.0, 100, 100], "65plus": [40.0, 20, 10], "75plus": [20.0, 10, 10]}
    )
    difficulty = Difficulty(
        {"grocery": np.array([1.0, 0.5, 0.0]), "market": np.array([0.0, 0.5, 0.0])},
        np.array([0.5, 0.5, 0.0]),
    )
    has_road = np.array([True, True, False])

    def test_the_old_without_a_store_and_a_car(self) -> None:
        food = SHIPPED.measures.food_access
        young_old, old = 1 - food.car_use_65to74, 1 - food.car_use_75plus
        out = food_rows(self.areas, self.difficulty, self.has_road, food, {schema.YEAR: 2020})
        assert out["kind_of_figure"].tolist() == [ESTIMATE] * 4
        assert out[schema.YEAR].tolist() == [2020] * 4
        assert out[schema.POPULATION_65PLUS].tolist() == [70.0, 60.0, 10.0, 60.0]
        assert out[schema.POPULATION_75PLUS].tolist() == [40.0, 30.0, 10.0, 30.0]
        # who has no road data is in no rate
        assert out["population_65plus_no_road"].tolist() == [10.0, 0.0, 10.0, 0.0]
        assert out["no_store_probability_65plus"].tolist()[:2] == [0.5, 0.5]
        assert out["no_grocery_probability_65plus"].tolist()[1] == pytest.approx(50 / 60)
        assert out["no_market_probability_65plus"].tolist()[1] == pytest.approx(10 / 60)
        assert np.isnan(out["no_store_probability_65plus"].iloc[2])
        lacking = 0.5 * (30 * young_old + 30 * old)
        assert out["difficult_65plus"].tolist()[:2] == pytest.approx([lacking, lacking])
        assert out["difficult_75plus"].tolist()[1] == pytest.approx(0.5 * 30 * old)
        assert out["difficult_65plus_rate"].iloc[1] == pytest.approx(lacking / 60)
        assert out["difficult_75plus_rate"].iloc[1] == pytest.approx(0.5 * old)
        assert out["difficult_65plus"].iloc[2] == 0
        assert np.isnan(out["difficult_65plus_rate"].iloc[2])

    def test_without_ages_nobody_can_say(self) -> None:
        for known in ({"total": [1.0, 1, 1]}, {"total": [1.0, 1, 1], "65plus": [1.0, 1, 1]}):
            areas = two_towns(**known)
            food = SHIPPED.measures.food_access
            assert food_rows(areas, self.difficulty, self.has_road, food, {}).empty

    def test_the_plain_distance_stands_beside_it(self) -> None:
        preset = next(iter(SHIPPED.coverage_presets.values()))
        rule = preset.rules[0]
        service = rule.services[0]
        row = {
            schema.AREA_LEVEL: schema.MUNICIPALITY,
            schema.AREA_CODE: "16202",
            schema.AGE_GROUP: "65plus",
            schema.SERVICE: service,
            schema.PRESET: preset.name,
            schema.MODE: rule.mode,
            schema.CUTOFF: rule.cutoffs[0],
            schema.METRIC: rule.metrics[0],
            schema.COVERAGE_RATE: 0.75,
        }
        others = [
            {**row, key: value}
            for key, value in (
                (schema.AGE_GROUP, "total"),
                (schema.SERVICE, "-"),
                (schema.PRESET, "-"),
                (schema.MODE, "-"),
                (schema.CUTOFF, -1.0),
                (schema.METRIC, "-"),
            )
        ]
        coverage = pd.DataFrame([*others, row])
        table = self.areas.table
        out = with_plain_distance(table, coverage, preset, service)
        (name,) = set(out) - set(table)
        cutoff = f"{rule.cutoffs[0]:.0f}{rule.unit}"
        assert name == f"beyond_{cutoff}_{rule.metrics[0]}_65plus_rate"
        assert out[name].iloc[2] == 0.25
        assert out[name].isna().tolist() == [True, True, False, True]


class TestInequality:
    def test_a_row_for_each_area_group_and_service_on_foot(self) -> None:
        areas = two_towns(**{"total": [1.0, 1, 5], "65plus": [1.0, 0, 5], "75plus": [1.0, 0, 0]})
        of = np.zeros(3, dtype=np.int64)
        walked = Reach(of, np.array([100.0, 300.0, NAN]), np.full(3, NAN))
        reaches = {
            ("shop", schema.DRIVE, schema.ROAD): walked,
            ("shop", schema.WALK, schema.ROAD): walked,
            ("shop", schema.WALK, schema.STRAIGHT): walked,
        }
        out = inequality_rows(areas, reaches, np.array([True, True, True]), schema.ROAD)
        # three areas (no wards) of two groups
        assert out[schema.AREA_CODE].tolist() == ["16", "16", "16201", "16201", "16202", "16202"]
        assert out[schema.AGE_GROUP].tolist() == ["total", "65plus"] * 3
        assert set(out[schema.MODE]) == {schema.WALK}
        assert out["people"].tolist() == [2.0, 1.0, 2.0, 1.0, 0.0, 0.0]
        assert out["people_unreachable"].tolist() == [5.0, 5.0, 0.0, 0.0, 5.0, 5.0]
        assert out["mean_m"].tolist()[:4] == [200.0, 100.0, 200.0, 100.0]
        # of two people at 100 m and 300 m: half the people walk a quarter of the sum
        assert out["gini"].tolist()[:4] == pytest.approx([0.25, 0.0, 0.25, 0.0])
        assert out[list(DECILES)].iloc[0].tolist() == [100.0] * 5 + [300.0] * 4

    def test_who_has_no_road_data_is_in_no_figure(self) -> None:
        areas = two_towns(total=[1.0, 3.0, 5.0])
        walked = Reach(np.zeros(3, dtype=np.int64), np.array([100.0, 9.0, NAN]), np.full(3, NAN))
        reaches = {("shop", schema.WALK, schema.ROAD): walked}
        out = inequality_rows(areas, reaches, np.array([True, False, False]), schema.ROAD)
        assert out["people"].tolist() == [1.0, 1.0, 0.0]
        assert out["people_unreachable"].tolist() == [0.0, 0.0, 0.0]


class TestPublishedFigures:
    def test_only_what_both_know_and_no_ratio_to_nothing(self) -> None:
        ours = pd.Series({"b": 3.0, "a": 2.0, "c": NAN, "d": 1.0})
        theirs = pd.Series({"a": 4.0, "b": 0.0, "c": 1.0, "e": 1.0})
        out = side_by_side("rate", ours, theirs)
        assert list(out) == list(COLUMNS)
        assert out[schema.AREA_CODE].tolist() == ["a", "b"]
        assert set(out["figure"]) == {"rate"}
        assert out["difference"].tolist() == [-2.0, 3.0]
        assert out["ratio"].iloc[0] == 0.5
        assert np.isnan(out["ratio"].iloc[1])

    def test_ranks_alone_count(self) -> None:
        a = np.array([1.0, 2.0, 3.0, 10.0])
        assert rank_correlation(a, a**3) == pytest.approx(1)
        assert rank_correlation(a, -a) == pytest.approx(-1)
        # ranks 1 2 3 4 beside 2 1 4 3: 1 - 6 * 4 / (4 * 15)
        assert rank_correlation(a, np.array([2.0, 1.0, 9.0, 3.0])) == pytest.approx(0.6)

    def test_too_few_or_all_alike_have_none(self) -> None:
        three = np.array([1.0, 2.0, 3.0])
        assert np.isnan(rank_correlation(three[:2], three[:2]))
        assert rank_correlation(three, three) == pytest.approx(1)
        assert np.isnan(rank_correlation(three, np.ones(3)))
        assert np.isnan(rank_correlation(np.ones(3), three))


class TestAreas:
    def test_a_municipality_without_boundaries_has_the_name_of_the_prefecture(self) -> None:
        key = {schema.MESH_CODE: ["54370000"], schema.PREF_CODE: ["16"]}
        origins = pd.DataFrame({**key, schema.INSIDE: [True]})
        part = {**key, schema.MUNI_CODE: ["16000"], **{name: [7.0] for name in schema.PEOPLE}}
        areas = areas_of(
            origins, pd.DataFrame(part), schema.MUNICIPALITIES.empty(), ("16", "富山県")
        )
        assert areas.table[schema.AREA_NAME].tolist() == ["富山県", "富山県"]
        assert areas.table[schema.AREA_CODE].tolist() == ["16", "16000"]
        assert areas.total(areas.people["total"]).tolist() == [7.0, 7.0]

    def test_nobody_at_all_is_nobody_of_unknown_age(self) -> None:
        origins = schema.ORIGINS.empty()
        none = schema.ORIGIN_AREAS.empty()
        areas = areas_of(origins, none, schema.MUNICIPALITIES.empty(), ("16", "富山県"))
        assert set(areas.people) == {"total"}
        assert areas.everybody.tolist() == [0.0]

    @pytest.mark.parametrize(
        ("ward", "city"),
        [
            ("北九州市小倉北区", "北九州市"),
            ("堺市堺区", "堺市"),
            ("四日市市東区", "四日市市"),
            ("区", "区"),
        ],
    )
    def test_a_city_has_the_name_before_its_wards(self, ward: str, city: str) -> None:
        row = {schema.MUNI_CODE: "40106", schema.PREF_CODE: "40", schema.NAME: ward}
        wards = pd.DataFrame([{**row, "city_code": "40100"}])
        areas = areas_of(
            schema.ORIGINS.empty(), schema.ORIGIN_AREAS.empty(), wards, ("40", "福岡県")
        )
        assert areas.table[schema.AREA_NAME].tolist() == ["福岡県", city, ward]

    def test_a_handful_of_people_have_a_rate(self) -> None:
        areas = two_towns(total=[0.25, 0.25, 0.0])
        share = np.array([1.0, 0.0, 1.0])
        status = np.full(3, schema.OK, dtype=object)
        out = coverage_table([rates_of(areas, share, status, np.ones(3, dtype=bool), {})])
        assert out[schema.COVERAGE_RATE].tolist()[:2] == [0.5, 0.5]
        assert np.isnan(out[schema.COVERAGE_RATE].iloc[2])  # nobody lives there

    def test_people_of_several_years_have_each_their_own_rows(self) -> None:
        share, status = np.array([1.0, 0.0, 1.0]), np.full(3, schema.OK, dtype=object)
        years = {2020: [1.0, 2.0, 4.0], 2035: [1.0, 1.0, 3.0], 2050: [0.0, 1.0, 2.0]}
        areas = {year: two_towns(total=n).without(schema.WARD) for year, n in years.items()}
        road = np.ones(3, dtype=bool)
        out = coverage_table(
            [rates_of(of, share, status, road, {"year": year}) for year, of in areas.items()]
        )
        found = out.set_index([schema.AREA_CODE, "year"])
        assert found.index.tolist() == [
            (code, year) for code in ("16", "16201", "16202") for year in years
        ]
        for year, (first, second, third) in years.items():
            assert found.loc[("16", year), schema.POPULATION] == first + second + third
            assert found.loc[("16201", year), schema.POPULATION] == first + second
            assert found.loc[("16202", year), schema.AREA_NAME] == "乙"
            assert found.loc[("16202", year), schema.COVERED_POPULATION] == third

    def test_areas_of_all_levels_but_one(self) -> None:
        areas = two_towns(total=[1.0, 2.0, 4.0])
        mixed = replace(areas, table=areas.table.iloc[[3, 0, 1, 2]].reset_index(drop=True),
                        member_area=(areas.member_area + 1) % 4)  # fmt: skip
        for given in (areas, mixed):
            out = given.without(schema.WARD)
            assert out.table[schema.AREA_CODE].tolist() == ["16", "16201", "16202"]
            assert out.table.index.tolist() == [0, 1, 2]
            assert out.total(out.people["total"]).tolist() == [7.0, 3.0, 4.0]
            assert out.without(schema.WARD) is out

    def test_places_are_nobodys_where_there_are_no_boundaries(self) -> None:
        lon = np.array([137.0, 138.0])
        assert area_of_places(lon, lon - 100, schema.MUNICIPALITIES.empty()).tolist() == [None] * 2

    def test_nothing_measured_is_reached_by_nobody(self) -> None:
        none = attainment(schema.COVERAGE.empty(), (0.5, 0.9))
        assert none.empty
        assert {"rate", "municipalities", "municipality_share"} <= set(none)
