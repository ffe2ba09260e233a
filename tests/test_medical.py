"""Floating catchments of whole runs, and candidate districts without a doctor."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st
from network_worlds import network_of

from coverage_gis import crs, schema
from coverage_gis.access import catchments
from coverage_gis.access.catchments import (
    floating_access,
    road_pairs,
    straight_pairs,
    supply_of,
)
from coverage_gis.access.floating_catchment import FloatingCatchment
from coverage_gis.codes import mesh, prefecture
from coverage_gis.coverage.areas import areas_of
from coverage_gis.coverage.floating import floating_rows
from coverage_gis.demo import generate
from coverage_gis.errors import SettingsError
from coverage_gis.network.footholds import only
from coverage_gis.network.snap import snap
from coverage_gis.population.medical_areas import medical_area_of
from coverage_gis.population.origins import margin_of, outside_prefecture
from coverage_gis.routing.footholds import facilities
from coverage_gis.settings import overlay, parse
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.settings_file import load_settings, shipped_tables
from coverage_gis.vacuum.doctorless import (
    districts,
    doctorless_districts,
    reaches_beyond,
    transport_at,
)
from pipelines.stage import Options, StageContext
from pipelines.stages import origins as origins_stage

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LAT = 36.7
PER_LON, PER_LAT = (float(m) for m in crs.metres_per_degree(LAT))


def east(*metres: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points on one latitude, so many metres east of a meridian."""
    return 137.0 + np.array(metres) / PER_LON, np.full(len(metres), LAT)


def hospitals(*rows: tuple[str, float, float], service: str = "hospital") -> pd.DataFrame:
    """Return destinations from name, metres east and beds."""
    ids = [f"x:{service}:{i}" for i in range(len(rows))]
    lon, lat = east(*(r[1] for r in rows))
    return schema.DESTINATIONS.conform(
        pd.DataFrame(
            {
                "destination_id": ids, "service": service, "name": [r[0] for r in rows],
                "lon": lon, "lat": lat, "source": "x", "source_ids": ids,
                "capacity": [r[2] for r in rows],
            }
        )
    )  # fmt: skip


class TestSupply:
    def test_beds_where_any_are_known_else_facilities_said_so(self) -> None:
        rows = hospitals(("a", 0, 100), ("b", 1000, np.nan))
        beds = supply_of(rows, ["hospital"], by="capacity", same_m=100)
        assert beds.by == "capacity"
        assert beds.amount == pytest.approx([100, np.nan], nan_ok=True)
        none = supply_of(rows.assign(capacity=np.nan), ["hospital"], by="capacity", same_m=100)
        assert (none.by, none.amount.tolist()) == ("count", [1, 1])
        assert supply_of(rows, ["clinic"], by="count", same_m=100).rows.tolist() == []

    def test_a_joint_place_is_shared_out_once_with_its_largest_capacity(self) -> None:
        rows = pd.concat(
            [
                hospitals(("中央病院", 20, np.nan), service="clinic"),
                hospitals(("中央病院", 0, 300), ("別院", 0, 20)),
            ],
            ignore_index=True,
        )
        found = supply_of(rows, ["hospital", "clinic"], by="capacity", same_m=100)
        assert found.rows.tolist() == [0, 2]
        assert found.amount.tolist() == [300, 20]


class TestFloating:
    def test_two_hospitals_on_a_line_by_hand(self) -> None:
        """Homes at 0, 10, 20 km; 10 beds at 5 km, 30 at 18 km; catchment 9 km, then zones."""
        pairs = straight_pairs(east(0, 10_000, 20_000), east(5000, 18_000), 9000)
        people, beds = np.array([100.0, 300, 100]), np.array([10.0, 30])
        [plain] = floating_access(pairs, beds, people, ((9000,), (1,)))
        # a: shared by 400; b: by 400 too (8 km and 2 km)
        assert plain.access == pytest.approx([10 / 400, 10 / 400 + 30 / 400, 30 / 400])
        zones = (4000, 9000), (1, 0.5)
        [zoned] = floating_access(pairs, beds, people, zones)
        both = floating_access(pairs, beds, people, ((9000,), (1,)), zones)
        assert [b.access.tolist() for b in both] == [plain.access.tolist(), zoned.access.tolist()]
        a, b = 10 / (0.5 * 400), 30 / (0.5 * 300 + 100)
        assert zoned.access == pytest.approx([0.5 * a, 0.5 * a + 0.5 * b, b])

    def test_people_beyond_the_border_take_their_part(self) -> None:
        pairs = straight_pairs(east(0, 1000), east(500), 5000)
        [alone] = floating_access(pairs, np.array([10.0]), np.array([50.0, 0]), ((5000,), (1,)))
        [shared] = floating_access(pairs, np.array([10.0]), np.array([50.0, 150]), ((5000,), (1,)))
        assert shared.access[0] == pytest.approx(alone.access[0] / 4)

    @given(st.integers(0, 10_000), st.sampled_from([1, 3, 40]))
    @quickly(max_examples=40, deadline=None)
    def test_blocks_add_up_and_nothing_is_lost(self, seed: int, block: int) -> None:
        rng = np.random.default_rng(seed)
        home, site = rng.uniform(0, 30_000, 12), rng.uniform(0, 30_000, 5)
        people = rng.integers(0, 90, 12).astype(float)
        beds = np.where(rng.random(5) < 0.2, np.nan, rng.integers(0, 200, 5))
        pairs = straight_pairs(east(*home), east(*site), 8000)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(catchments, "_PAIRS", block * 12)
            [cut] = floating_access(pairs, beds, people, ((4000, 8000), (1, 0.3)))
        [whole] = floating_access(pairs, beds, people, ((4000, 8000), (1, 0.3)))
        np.testing.assert_allclose(cut.access, whole.access)
        assert (cut.unknown == whole.unknown).all()
        reached = np.nansum(beds[~np.isnan(whole.ratio)])
        assert whole.access @ people == pytest.approx(reached)

    @pytest.mark.parametrize("mode", [schema.WALK, schema.DRIVE])
    def test_along_a_road_the_limits_are_minutes_by_car_and_metres_on_foot(self, mode: str) -> None:
        nodes = {i: (137.0 + 1000 * i / PER_LON, LAT) for i in range(6)}
        network = network_of(nodes, [(1, list(nodes), {"highway": "residential"})], mode)
        asked = facilities(network, only(snap(network, *east(0, 5000), 500)))
        homes = only(snap(network, *east(1000, 2500, 5000), 500))
        by_time = mode == schema.DRIVE
        cutoff = 3000 / (20 / 3.6) if by_time else 3000  # residential streets: 20 km/h
        pairs = road_pairs(asked, np.array([0, 1]), homes, cutoff, by_time=by_time)
        [out] = floating_access(
            pairs, np.array([6.0, 4]), np.array([10.0, 20, 30]), ((cutoff,), (1,))
        )
        assert out.access == pytest.approx([6 / 30, 6 / 30 + 4 / 50, 4 / 50])

    def test_areas_tell_the_mean_the_deciles_and_who_has_nothing(self) -> None:
        codes = ["533945001", "533945002", "533945003"]
        people = [100.0, 100, 200]
        origins = schema.ORIGINS.conform(
            pd.DataFrame(
                {
                    "mesh_code": codes, "pref_code": "13", "lon": 139.0, "lat": 35.0,
                    "population": people, "population_65plus": np.nan,
                    "population_75plus": np.nan, "inside": True,
                }
            )
        )  # fmt: skip
        parts = origins.assign(muni_code=["13101", "13101", "13102"], share=1.0)
        munis = pd.DataFrame(
            {"muni_code": ["13101", "13102"], "name": ["甲", "乙"], "city_code": [None, None]}
        )
        areas = areas_of(origins, schema.ORIGIN_AREAS.conform(parts), munis, ("13", "東京都"))
        found = FloatingCatchment(
            np.array([0.001, 0.003, 0.0]), np.zeros(0), np.array([False, True, False])
        )
        table = floating_rows(areas, found, np.array([True, True, True]), {})
        rows = table.set_index("area_code")
        assert rows.loc["13101", "mean_per_1000"] == pytest.approx(2.0)
        assert rows.loc["13101", "decile_5_per_1000"] == pytest.approx(1.0)
        assert rows.loc["13101", "decile_6_per_1000"] == pytest.approx(3.0)
        assert rows["people_none"].tolist() == [200, 0, 200]
        assert rows["people_lower_bound"].tolist() == [100, 100, 0]
        whole = rows.loc["13"]
        assert whole["mean_per_1000"] * whole["population"] == pytest.approx(400.0)
        far = floating_rows(areas, found, np.array([True, True, False]), {})
        assert np.isnan(far.set_index("area_code").loc["13102", "mean_per_1000"])
        assert far.set_index("area_code").loc["13", "population_no_road"] == 200


class TestMargin:
    def test_people_inside_and_outside_are_those_of_the_file(self) -> None:
        codes = ["533945001", "533945002"]
        lon, lat = mesh.centroids(np.array(codes, dtype=object))
        everywhere = schema.ORIGINS.conform(
            pd.DataFrame(
                {
                    "mesh_code": codes, "pref_code": "13", "lon": lon, "lat": lat,
                    "population": [30.0, 50], "population_65plus": [10.0, np.nan],
                    "population_75plus": np.nan, "inside": True,
                }
            )
        )  # fmt: skip
        mine = everywhere.iloc[:1].assign(population=20.0, population_65plus=4.0)
        rest = outside_prefecture(everywhere, mine)
        assert rest["population"].tolist() == [10, 50]
        assert rest["population_65plus"].tolist() == pytest.approx([6, np.nan], nan_ok=True)
        assert not rest["inside"].any()
        assert rest["population"].sum() + 20 == everywhere["population"].sum()
        assert outside_prefecture(everywhere, everywhere).empty
        box = (lon[0] - 1e-3, lat[0] - 1e-3, lon[0] + 1e-3, lat[0] + 1e-3)
        assert margin_of([rest, rest], box)["mesh_code"].tolist() == codes[:1]
        assert margin_of([], box).empty


class TestMedicalAreas:
    def test_a_municipality_is_of_the_area_it_overlaps_most(self) -> None:
        boxes = [shapely.box(k, 0, k + 1, 1) for k in range(3)]
        homes = gpd.GeoDataFrame({"muni_code": ["1", "2", "3"]}, geometry=boxes)
        areas = gpd.GeoDataFrame(
            {"medical_area_code": ["1602", "1601"], "name": ["東", "西"]},
            # an older outline: a sliver of the second municipality is the western area's
            geometry=[shapely.box(1.1, 0, 2, 1), shapely.box(-1, 0, 1.1, 1)],
        )
        got = medical_area_of(homes, areas)
        assert got.to_numpy().tolist() == [["1", "1601", "西"], ["2", "1602", "東"]]
        assert medical_area_of(homes.iloc[::-1], areas.iloc[::-1]).equals(got)
        assert medical_area_of(homes, areas.iloc[:0]).empty

    def test_people_of_areas_are_those_of_their_municipalities(self) -> None:
        codes = ["533945001", "533945002"]
        origins = schema.ORIGINS.conform(
            pd.DataFrame(
                {
                    "mesh_code": codes, "pref_code": "16", "lon": 137.0, "lat": 36.0,
                    "population": [10.0, 30], "population_65plus": np.nan,
                    "population_75plus": np.nan, "inside": True,
                }
            )
        )  # fmt: skip
        parts = pd.concat(
            [
                origins.iloc[:1].assign(muni_code="16201", share=0.4, population=4.0),
                origins.iloc[:1].assign(muni_code="16202", share=0.6, population=6.0),
                origins.iloc[1:].assign(muni_code="16203", share=1.0),
            ]
        )
        munis = pd.DataFrame(
            {"muni_code": ["16201", "16202", "16203"], "name": list("甲乙丙"), "city_code": None}
        )
        medical = pd.DataFrame(
            {
                "muni_code": ["16201", "16202", "16203"],
                "medical_area_code": ["1602", "1601", "1602"],
                "name": ["東", "西", "東"],
            }
        )
        parts = schema.ORIGIN_AREAS.conform(parts)
        of = areas_of(origins, parts, munis, ("16", "富山県"), medical)
        totals = pd.Series(of.total(of.people["total"]), index=of.table["area_code"])
        assert totals.to_dict() == {
            "16": 40, "16201": 4, "16202": 6, "16203": 30, "1601": 6, "1602": 34,
        }  # fmt: skip
        levels = of.table.set_index("area_code")["area_level"]
        assert totals[levels == schema.MEDICAL_AREA].sum() == totals["16"]
        without = areas_of(origins, parts, munis, ("16", "富山県"), medical.iloc[:0])
        assert set(without.table["area_level"]) == {"prefecture", "municipality"}


class TestNeighbours:
    def test_their_census_files_beside_ones_own_are_demand_and_in_no_total(
        self, tmp_path: Path
    ) -> None:
        """The demo's people as those of 富山, and again as those of 石川 next door."""
        raw = tmp_path / "raw" / "16"
        generate(tmp_path / "demo", cells=400, nodes=9_000)
        raw.mkdir(parents=True)
        census = next((tmp_path / "demo").glob("tbl*H00.txt"))
        for code in ("16", "17"):
            shutil.copy(census, raw / f"tblT001141H{code}.txt")
        options = Options(
            pref=prefecture.resolve("16"), raw=raw.parent, out=tmp_path, maps=tmp_path
        )
        found = scan_report(raw.parent, "16").found

        def nothing(*_: object) -> Any:
            raise KeyError

        ctx = StageContext(options, load_settings(), found, nothing, {}, lambda _: nothing)
        result = origins_stage.run(ctx)
        mine, margin = result.artifacts["origins"], result.artifacts["margin"]
        assert mine["population"].sum() == result.totals["population"]
        assert set(margin["pref_code"]) == {"17"}
        assert not margin["inside"].any()
        assert margin["population"].sum() == mine["population"].sum()
        assert any("prefecture 17" in note for note in result.notes)


class TestDistricts:
    def test_the_circle_with_most_people_comes_first_and_takes_them(self) -> None:
        """On a line at 0, 3, 6, 9 km: 40, 20, 40, 30 people; 4 km, 50 people."""
        lon, lat = east(0, 3000, 6000, 9000)
        people = np.array([40.0, 20, 40, 30])
        got = districts(lon, lat, people, np.arange(4), radius_m=4000, min_people=50)
        # around 3 km: 100; left is 30 at 9 km, too few
        assert got.tolist() == [1, 1, 1, -1]
        got = districts(lon, lat, people, np.arange(4), radius_m=4000, min_people=30)
        assert got.tolist() == [1, 1, 1, 3]
        got = districts(lon, lat, people, np.arange(4), radius_m=2999, min_people=40)
        assert got.tolist() == [0, -1, 2, -1]

    def test_limits_are_inclusive(self) -> None:
        lon, lat = east(0, 4000.0)
        chord = np.linalg.norm(np.diff(catchments.embed(lon, lat, np.zeros(2)), axis=0))
        people = np.array([25.0, 25])
        for radius, expected in ((chord * (1 + 1e-12), [0, 0]), (chord - 0.01, [-1, -1])):
            got = districts(lon, lat, people, np.arange(2), radius_m=radius, min_people=50)
            assert got.tolist() == expected

    @given(st.permutations(range(6)), st.integers(0, 1000))
    @quickly(max_examples=30, deadline=None)
    def test_the_order_of_rows_changes_nothing(self, order: list[int], seed: int) -> None:
        rng = np.random.default_rng(seed)
        lon, lat = east(*rng.integers(0, 8, 6) * 2000.0)
        people = rng.integers(1, 4, 6) * 20.0  # many ties
        names = np.arange(6)
        p = np.array(order)
        kwargs = {"radius_m": 4000.0, "min_people": 50.0}
        straight = districts(lon, lat, people, names, **kwargs)
        mixed = districts(lon[p], lat[p], people[p], names[p], **kwargs)
        back = np.full(6, -1)
        back[p] = np.where(mixed >= 0, p[mixed], -1)
        assert back.tolist() == straight.tolist()

    def cells(self, rows: list[tuple[int, int, float, str]]) -> pd.DataFrame:
        """Cells of 1 km from grid row, column, people and municipality."""
        row, col = (np.array([r[i] for r in rows]) for i in (0, 1))
        codes = mesh.from_grid(row + 4400, col + 2960, mesh.KM1)
        lon, lat = mesh.centroids(codes)
        return pd.DataFrame(
            {
                "mesh_code": codes, "lon": lon, "lat": lat, "population": [r[2] for r in rows],
                "population_65plus": np.nan, "muni_code": [r[3] for r in rows],
                "muni_name": "町",
            }
        )  # fmt: skip

    def test_people_are_in_one_district_of_their_own_municipality_or_said_why_not(self) -> None:
        cells = self.cells(
            [(0, 0, 30, "16201"), (0, 1, 30, "16201"), (0, 2, 60, "16202"), (0, 3, 500, "16202"),
             (30, 0, 49, "16201")]
        )  # fmt: skip
        away = np.array([4001.0, 5000, np.nan, 4000, 9000])
        found, fate = doctorless_districts(
            cells, away, radius_m=4000, min_people=50, pref_code="16"
        )
        assert fate.tolist() == ["16-0001", "16-0001", "16-0002", "near", "sparse"]
        assert found["population"].tolist() == [60, 60]
        assert found["muni_code"].tolist() == ["16201", "16202"]
        assert found["cells"].tolist() == [2, 1]
        assert found["population_65plus"].isna().all()  # unknown stays unknown
        assert found.crs.to_epsg() == 6668
        box = shapely.box(*mesh.bounds(cells["mesh_code"].to_numpy())[2])
        assert found.geometry.iloc[1].equals(box)
        none, fate = doctorless_districts(
            cells, np.zeros(5), radius_m=4000, min_people=50, pref_code="16"
        )
        assert none.empty
        assert (fate == "near").all()

    def test_transport_is_the_best_that_is_known_and_unknown_is_not_none(self) -> None:
        stops = hospitals(
            ("a", 0, 0), ("b", 100, 0), ("c", 5000, 0), ("d", 9000, 0), ("e", 13000, 0)
        )
        trips = np.array([3.0, 2, np.nan, 0, 4])
        at = east(500, 5000, 9000, 13_000, 20_000)
        got = transport_at(*at, stops, trips, within_m=1000, few=3)
        assert got["transport"].tolist() == ["few", "unknown", "none", "enough", "none"]
        assert got["transport_trips"].tolist() == pytest.approx(
            [3, np.nan, np.nan, 4, np.nan], nan_ok=True
        )

    def test_a_circle_over_the_border_is_said_to_be(self) -> None:
        side = 20_000 / PER_LON
        land = gpd.GeoDataFrame(geometry=[shapely.box(137, LAT - 1, 137 + side, LAT + 1)])
        assert reaches_beyond(*east(3900, 10_000, 15_900), land, 4000).tolist() == [
            True, False, False,
        ]  # fmt: skip
        assert reaches_beyond(*east(0), land.iloc[:0], 4000).tolist() == [True]


@pytest.mark.parametrize(
    ("table", "values", "match"),
    [
        ("floating_catchment", {"x": {}}, "floating_catchment.x"),
        (
            "floating_catchment",
            {"medical-e2sfca": {"limits_min": [10, 30, 20]}},
            r"medical-e2sfca.*rise",
        ),
        ("floating_catchment", {"medical-e2sfca": {"weights": [1, 2, 3]}}, "weights"),
        ("floating_catchment", {"medical-e2sfca": {"weights": [1]}}, "as many"),
        ("floating_catchment", {"medical-e2sfca": {"service": "none"}}, "service"),
        ("floating_catchment", {"medical-e2sfca": {"supply": "doctors"}}, "supply"),
        ("doctorless", {"services": ["hospital_second"]}, "hospital_second"),
        ("doctorless", {"services": ["medical"]}, "medical"),
        ("doctorless", {"radius_m": 0}, "radius_m"),
    ],
)
def test_an_impossible_setting_is_named(table: str, values: dict, match: str) -> None:
    with pytest.raises(SettingsError, match=match):
        parse(overlay(shipped_tables(), {table: values}))
