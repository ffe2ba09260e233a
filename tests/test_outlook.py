"""Years to come: shared out as today's people are, nobody lost, later years beside the first."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.coverage.areas import Areas, areas_of, coverage_table, rates_of
from coverage_gis.coverage.daily import ALL, Daily, daily_rows
from coverage_gis.coverage.food import food_rows
from coverage_gis.population.areas import origin_areas
from coverage_gis.population.food_access import Difficulty
from coverage_gis.population.origins import build_origins
from coverage_gis.population.outlook import Outlook, outlook
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.vacuum.by_area import people_by_area
from coverage_gis.vacuum.classes import TRANSIT, class_rows

MEASURES = load_settings().measures

CODES = [f"54370000{quarter}" for quarter in (1, 2, 3, 4)]  # 500 m cells of one 1 km cell
WEST = "16201"
EAST = "16202"


def two_towns() -> gpd.GeoDataFrame:
    """Two municipalities that part the 1 km cell at 3/4 of its width."""
    west, south, east, north = mesh.bounds(np.array(["54370000"], dtype=object))[0]
    at = west + 0.75 * (east - west)
    table = pd.DataFrame(
        {"muni_code": [WEST, EAST], "pref_code": "16", "name": ["西町", "東町"], "city_code": None}
    ).astype({"city_code": "str"})
    boxes = [box(west - 1, south - 1, at, north + 1), box(at, south - 1, east + 1, north + 1)]
    return gpd.GeoDataFrame(table, geometry=boxes, crs=crs.JGD2011)


def census(people: dict[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    cells = pd.DataFrame({"mesh_code": list(people), "population": list(people.values())})
    origins = build_origins(cells, "16")
    return origins, origin_areas(origins, two_towns(), by_prefecture=True).areas


def years(*rows: tuple[str, int, float, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["mesh_code", "year", "population", "population_65plus"])
    table = table.assign(pref_code="16", population_75plus=np.nan)
    return schema.POPULATION_YEARS.conform(table)


def by_muni(table: Outlook, year: int, column: str = "population") -> dict[str, float]:
    return dict(table.areas[year].groupby("muni_code")[column].sum())


class TestSharedOut:
    def test_as_todays_people_are(self) -> None:
        """The eastern cells are half in each town; 2050 has half of the people everywhere."""
        origins, areas = census(dict.fromkeys(CODES, 100.0))
        projected = years(*((c, y, p, p / 2) for c in CODES for y, p in ((2020, 100), (2050, 50))))
        found = outlook(projected, [2020, 2050], origins, areas, two_towns())
        assert found.beyond == 0
        assert by_muni(found, 2020) == pytest.approx({WEST: 300, EAST: 100})
        assert by_muni(found, 2050) == {WEST: 150, EAST: 50}
        assert by_muni(found, 2050, "population_65plus") == {WEST: 75, EAST: 25}
        assert found.areas[2050]["population_75plus"].isna().all()

    def test_a_coarser_projection_goes_to_the_cells_in_it(self) -> None:
        origins, areas = census(dict(zip(CODES, (100.0, 0.0, 300.0, 0.0), strict=True)))
        found = outlook(years(("54370000", 2050, 40, 8)), [2050], origins, areas, two_towns())
        rows = found.areas[2050].set_index("mesh_code")
        assert rows["population"].to_dict() == {CODES[0]: 10, CODES[2]: 30}
        assert rows["population_65plus"].to_dict() == {CODES[0]: 2, CODES[2]: 6}

    def test_a_finer_projection_is_summed(self) -> None:
        origins, areas = census({"54370000": 8.0})
        projected = years(*((c, 2050, n + 1.0, None) for n, c in enumerate(CODES)))
        found = outlook(projected, [2050], origins, areas, two_towns())
        assert by_muni(found, 2050) == pytest.approx({WEST: 7.5, EAST: 2.5})

    def test_a_cell_only_the_projection_knows_stays(self) -> None:
        origins, areas = census({CODES[0]: 10.0})
        projected = years((CODES[0], 2050, 4, 1), (CODES[1], 2050, 6, 2))
        found = outlook(projected, [2050], origins, areas, two_towns())
        assert found.beyond == 1
        assert found.origins["mesh_code"].tolist() == CODES[:2]
        assert by_muni(found, 2050) == pytest.approx({WEST: 7, EAST: 3})
        plain = pd.DataFrame(two_towns().drop(columns="geometry"))
        rates = coverage_table(
            [
                rates_of(
                    areas_of(found.origins, found.areas[2050], plain, ("16", "富山県")),
                    np.array([0.5, np.nan]),
                    np.array(["ok", "no_road"], dtype=object),
                    np.array([True, False]),
                    {},
                )
            ]
        )
        whole = rates[(rates["area_level"] == "prefecture") & (rates["age_group"] == "total")]
        assert whole["population"].item() == 10
        assert whole["population_no_road"].item() == 6
        assert whole["covered_population"].item() == 2
        assert whole["coverage_rate"].item() == 0.5

    def test_a_cell_the_projection_has_no_row_for_has_nobody(self) -> None:
        origins, areas = census(dict.fromkeys(CODES, 10.0))
        found = outlook(years((CODES[0], 2050, 4, 1)), [2050], origins, areas, two_towns())
        assert found.areas[2050]["population"].sum() == 4
        assert found.areas[2050]["population_65plus"].notna().all()

    def test_only_years_that_are_there(self) -> None:
        origins, areas = census({CODES[0]: 10.0})
        projected = years((CODES[0], 2020, 4, 1), (CODES[0], 2035, 4, 1))
        assert list(outlook(projected, [2020, 2050], origins, areas, two_towns()).areas) == [2020]
        nothing = outlook(schema.POPULATION_YEARS.empty(), [2020], origins, areas, two_towns())
        assert nothing.areas == {}
        assert nothing.origins is origins


def halved(people: dict[str, float]) -> tuple[Areas, Areas]:
    """The areas of today and of 2050, when everybody of every age is one of two."""
    origins, areas = census(people)
    ages = {"population_65plus": 0.5, "population_75plus": 0.25}
    origins, areas = (
        t.assign(**{a: t["population"] * s for a, s in ages.items()}) for t in (origins, areas)
    )
    projected = years(*((c, 2050, p / 2, p / 4) for c, p in people.items()))
    projected["population_75plus"] = projected["population"] / 4
    found = outlook(projected, [2050], origins, areas, two_towns())
    plain = pd.DataFrame(two_towns().drop(columns="geometry"))
    today = areas_of(origins, areas, plain, ("16", "富山県"))
    return today, areas_of(found.origins, found.areas[2050], plain, ("16", "富山県"))


class TestOneOfTwoEverywhere:
    """Where all people become fewer alike, numbers halve and no rate changes."""

    PEOPLE: ClassVar = dict(zip(CODES, (100.0, 60.0, 8.0, 32.0), strict=True))
    ROAD = np.array([True, True, True, False])

    def test_daily_services(self) -> None:
        now, then = halved(self.PEOPLE)
        daily = Daily({ALL: np.array([1.0, 0.25, 0.5, 1.0])}, np.zeros(4, dtype=np.int64), ())
        before, after = (daily_rows(a, daily, self.ROAD, {}) for a in (now, then))
        before = before[before["age_group"].isin(after["age_group"])].reset_index(drop=True)
        whole = before[before["area_level"] == "prefecture"].set_index("age_group")
        assert whole.loc["total", "people"] == 100 + 15 + 4
        assert whole.loc["total", "people_rate"] == pytest.approx(119 / 168)
        for column in ("population", "people", "population_no_road"):
            assert after[column].to_numpy() == pytest.approx(before[column] / 2)
        assert after["people_rate"].to_numpy() == pytest.approx(before["people_rate"])

    def test_food_access(self) -> None:
        now, then = halved(self.PEOPLE)
        rules = replace(MEASURES.food_access, car_use_65to74=0.8, car_use_75plus=0.5)
        chance = Difficulty({}, np.array([0.0, 0.5, 1.0, 1.0]))
        before, after = (food_rows(a, chance, self.ROAD, rules, {}) for a in (now, then))
        # of 65 to 74 and of 75 and over a quarter each: (0.2 + 0.5) / 4 of the people have no car
        without = 0.7 / 4 * (60 * 0.5 + 8)
        assert before["difficult_65plus"].iloc[0] == pytest.approx(without)
        assert after["difficult_65plus"].iloc[0] == pytest.approx(without / 2)
        for column in ("difficult_65plus_rate", "difficult_75plus_rate"):
            assert after[column].to_numpy() == pytest.approx(before[column])

    def test_people_in_the_vacuum(self) -> None:
        now, then = halved(self.PEOPLE)
        origins, _ = census(self.PEOPLE)
        vacuum = schema.TRANSIT_CLASSES.index(schema.VACUUM)
        classes = np.array([[0, 0], [vacuum, vacuum], [0, vacuum], [0, 0]], dtype=np.int8)
        rows = class_rows(origins, classes, self.ROAD, TRANSIT, preset="p", metric=schema.ROAD)
        before, after = (people_by_area(rows, a, TRANSIT, "p", {}) for a in (now, then))
        before = before[before["age_group"].isin(after["age_group"])].reset_index(drop=True)
        mine = before[(before["class"] == schema.VACUUM) & (before["age_group"] == "total")]
        assert mine["population"].iloc[0] == 60 + 4
        assert mine["population_by_cell"].iloc[0] == 60  # a cell half vacuum is not
        assert mine["share_of_people"].iloc[0] == pytest.approx(64 / 168)
        for column in ("population", "population_by_cell"):
            assert after[column].to_numpy() == pytest.approx(before[column] / 2)
        assert after["share_of_people"].to_numpy() == pytest.approx(
            before["share_of_people"], nan_ok=True
        )


def test_people_where_the_census_has_nobody_are_without_road_data_in_every_measure() -> None:
    origins, areas = census({CODES[0]: 10.0})
    projected = years((CODES[0], 2050, 4, 2), (CODES[1], 2050, 6, 3))
    projected["population_75plus"] = 1.0
    found = outlook(projected, [2050], origins, areas, two_towns())
    plain = pd.DataFrame(two_towns().drop(columns="geometry"))
    then = areas_of(found.origins, found.areas[2050], plain, ("16", "富山県"))
    road = np.array([True])
    daily = Daily({ALL: np.array([1.0])}, np.zeros(1, dtype=np.int64), ())
    row = daily_rows(then, daily, road, {}).iloc[0]
    assert row[["population", "people", "population_no_road"]].tolist() == [10, 4, 6]
    assert row["people_rate"] == 1
    food = food_rows(then, Difficulty({}, np.array([1.0])), road, MEASURES.food_access, {}).iloc[0]
    assert food["population_65plus_no_road"] == 3
    vacuum = np.array([[schema.TRANSIT_CLASSES.index(schema.VACUUM)]], dtype=np.int8)
    rows = class_rows(origins, vacuum, road, TRANSIT, preset="p", metric=schema.ROAD)
    table = people_by_area(rows, then, TRANSIT, "p", {})
    whole = table[(table["area_level"] == "prefecture") & (table["age_group"] == "total")]
    by_class = whole.set_index("class")[["population", "population_by_cell"]]
    assert by_class.loc[schema.VACUUM].tolist() == [4, 4]
    assert by_class.loc[schema.NO_ROAD].tolist() == [6, 6]


def test_areas_without_a_level_keep_the_people_of_the_others() -> None:
    origins, areas = census(dict.fromkeys(CODES, 100.0))
    plain = pd.DataFrame(two_towns().drop(columns="geometry"))
    medical = pd.DataFrame(
        {"muni_code": [WEST, EAST], "medical_area_code": ["1602", "1601"], "name": ["西部", "東部"]}
    )
    every = areas_of(origins, areas, plain, ("16", "富山県"), medical)
    fewer = every.without(schema.MEDICAL_AREA)
    alone = areas_of(origins, areas, plain, ("16", "富山県"))
    pd.testing.assert_frame_equal(fewer.table, alone.table)
    assert (
        fewer.total(fewer.people["total"]).tolist() == alone.total(alone.people["total"]).tolist()
    )
    assert alone.without(schema.MEDICAL_AREA) is alone


PEOPLE = st.lists(st.floats(0, 500), min_size=4, max_size=4)


@given(today=PEOPLE, then=PEOPLE, level=st.sampled_from(["same", "coarser", "finer"]))
@settings(deadline=None, max_examples=40)
def test_no_year_loses_or_finds_people(today: list[float], then: list[float], level: str) -> None:
    codes = CODES if level != "finer" else ["54370000"]
    origins, areas = census({c: round(p) + 1.0 for c, p in zip(codes, today, strict=False)})
    rows = list(zip(CODES, then, strict=True))
    if level == "coarser":
        rows = [("54370000", sum(then)), ("54370001", then[0])]
    projected = years(*((c, 2050, p, p / 3) for c, p in rows))
    found = outlook(projected, [2050], origins, areas, two_towns())
    table = found.areas[2050]
    assert table["population"].sum() == pytest.approx(projected["population"].sum(), abs=1e-9)
    assert table["population_65plus"].sum() == pytest.approx(
        projected["population_65plus"].sum(), abs=1e-9
    )
    assert not table.duplicated(["mesh_code", "pref_code", "muni_code"]).any()


def test_a_border_cell_adds_up_over_both_prefectures() -> None:
    """Each prefecture's file has its own people of the cell; each run counts its own."""
    origins, areas = census({CODES[1]: 60.0})
    here = outlook(years((CODES[1], 2050, 20, 5)), [2050], origins, areas, two_towns())
    other_origins = origins.assign(pref_code="17")
    other_areas = areas.assign(pref_code="17")
    theirs = years((CODES[1], 2050, 12, 3)).assign(pref_code="17")
    there = outlook(theirs, [2050], other_origins, other_areas, two_towns())
    both = [t.areas[2050] for t in (here, there)]
    assert sum(t["population"].sum() for t in both) == 32
    assert {t["pref_code"].iloc[0] for t in both} == {"16", "17"}
