"""交通空白 classes and areas: known answers, then what must hold whatever the input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis import crs, schema
from coverage_gis.access.places import Places
from coverage_gis.codes import mesh
from coverage_gis.coverage.areas import Areas
from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.settings import Priority, PriorityPart, VacuumPreset
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.vacuum.by_area import people_by_area
from coverage_gis.vacuum.classes import (
    TRANSIT,
    cell_classes,
    class_rows,
    class_shares,
    people_by_class,
    point_classes,
)
from coverage_gis.vacuum.data_end import DATA_END, DATA_END_PEOPLE, beside_no_road
from coverage_gis.vacuum.polygons import contiguous, vacuum_areas
from coverage_gis.vacuum.priority import with_priority
from coverage_gis.vacuum.situation import Homes, classify, measure, near_without_road
from coverage_gis.vacuum.supply import (
    BUS_STOP,
    STATION,
    UNKNOWN,
    Level,
    known_trips,
    members_by_level,
)
from coverage_gis.vacuum.zones import people_in_zones, zone_points

if TYPE_CHECKING:
    from coverage_gis.network.model import Network

PRESET = VacuumPreset("ksj", "試験", "test", rail_m=1000, bus_m=500)
BASE_ROW, BASE_COL = 36 * 240, 37 * 160


def grid_codes(cells: list[tuple[int, int]]) -> np.ndarray:
    rows, cols = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    return mesh.from_grid(rows + BASE_ROW, cols + BASE_COL, mesh.M500)


def areas_of(cells: pd.DataFrame) -> gpd.GeoDataFrame:
    return vacuum_areas(cells, "16")[0]


def vacuum_cells(cells: list[tuple[int, int]], muni: list[str] | None = None) -> pd.DataFrame:
    n = len(cells)
    return pd.DataFrame(
        {
            schema.MESH_CODE: grid_codes(cells),
            schema.MUNI_CODE: muni or ["16201"] * n,
            "muni_name": ["架空市"] * n,
            schema.POPULATION: [float(2**i) for i in range(n)],
            schema.POPULATION_65PLUS: [float(i) for i in range(n)],
            schema.POPULATION_75PLUS: [np.nan] * n,
            "nearest_stop_name": [f"停{i}" for i in range(n)],
            "nearest_stop_m": [600.0 + i for i in range(n)],
            "nearest_stop_trips": [np.nan] * n,
            "nearest_station_name": [None] * n,
            "nearest_station_m": [np.nan] * n,
        }
    )


def at(**metres: float | list[float]) -> dict[Level, np.ndarray]:
    """Distances by level; what is not given is out of reach. ``bus_1=300, rail_unknown=50``."""
    size = max((np.size(v) for v in metres.values()), default=1)
    names = {"rail": STATION, "bus": BUS_STOP}
    out = {
        (service, level): np.full((1, size), np.nan)
        for service in names.values()
        for level in (1.0, 3.0, 10.0, 30.0, 72.0, UNKNOWN)
    }
    for name, value in metres.items():
        service, _, level = name.partition("_")
        key = UNKNOWN if level == "unknown" else float(level)
        out[names[service], key] = np.broadcast_to(np.asarray(value, float), (1, size)).copy()
    return out


def class_at(preset: VacuumPreset, *, in_zone: bool = False, **metres: float) -> str:
    zone = np.array([[in_zone]])
    return schema.TRANSIT_CLASSES[point_classes(at(**metres), preset, zone)[0, 0]]


class TestPointClasses:
    @pytest.mark.parametrize(
        ("metres", "expected"),
        [
            ({"rail_1": 1000.0}, schema.CONVENIENT),  # inclusive
            ({"rail_1": 1000.001, "bus_1": 500.0}, schema.INCONVENIENT),
            ({"bus_1": 500.001}, schema.VACUUM),
            ({}, schema.VACUUM),
            ({"rail_1": 999.0, "bus_1": 10.0}, schema.CONVENIENT),
            ({"rail_unknown": 1000.0}, schema.CONVENIENT),
            ({"bus_unknown": 500.0}, schema.INCONVENIENT),
        ],
    )
    def test_without_a_minimum_unknown_stops_serve(
        self, metres: dict[str, float], expected: str
    ) -> None:
        assert class_at(PRESET, **metres) == expected

    @pytest.mark.parametrize(
        ("metres", "expected"),
        [
            ({"bus_30": 500.0}, schema.INCONVENIENT),
            ({"bus_10": 10.0}, schema.VACUUM),  # two buses a day are what they are
            ({"bus_unknown": 500.0}, schema.UNKNOWN),
            ({"bus_unknown": 500.1}, schema.VACUUM),
            ({"bus_30": 400.0, "bus_unknown": 10.0}, schema.INCONVENIENT),
            ({"rail_unknown": 900.0, "bus_unknown": 10.0}, schema.CONVENIENT),
        ],
    )
    def test_with_a_minimum_who_depends_on_unknown_stops_is_unknown(
        self, metres: dict[str, float], expected: str
    ) -> None:
        assert class_at(replace(PRESET, min_trips_per_day=30), **metres) == expected

    def test_a_minimum_for_railways_is_its_own(self) -> None:
        strict = replace(PRESET, min_rail_trips_per_day=30)
        assert class_at(strict, rail_10=100.0) == schema.VACUUM
        assert class_at(strict, rail_30=100.0) == schema.CONVENIENT
        assert class_at(strict, rail_unknown=100.0) == schema.UNKNOWN
        assert class_at(strict, rail_unknown=100.0, bus_1=100.0) == schema.INCONVENIENT
        both = replace(strict, min_trips_per_day=30)
        assert class_at(both, rail_unknown=100.0, bus_unknown=100.0) == schema.UNKNOWN

    def test_without_a_minimum_a_known_stop_beside_an_unknown_one_serves(self) -> None:
        assert class_at(PRESET, bus_1=100.0, bus_unknown=50.0) == schema.INCONVENIENT
        assert class_at(PRESET, rail_1=100.0, rail_unknown=50.0) == schema.CONVENIENT

    def test_a_zone_stands_between_a_stop_and_nothing(self) -> None:
        preset = replace(PRESET, min_trips_per_day=3)
        assert class_at(preset, in_zone=True) == schema.ON_DEMAND
        assert class_at(preset, in_zone=True, bus_unknown=10.0) == schema.ON_DEMAND
        assert class_at(preset, in_zone=True, bus_3=10.0) == schema.INCONVENIENT
        assert class_at(preset, in_zone=True, rail_1=10.0) == schema.CONVENIENT

    def test_cell_is_vacuum_when_more_than_half_of_it_is(self) -> None:
        classes = np.array([[4, 4, 1, 1], [4, 4, 4, 0], [0, 0, 1, 4], [1, 1, 1, 4], [0, 3, 3, 4]])
        shares = class_shares(classes.astype(np.int8), 5)
        assert cell_classes(shares, schema.TRANSIT_CLASSES).tolist() == [
            schema.INCONVENIENT,
            schema.VACUUM,
            schema.CONVENIENT,
            schema.INCONVENIENT,
            schema.UNKNOWN,
        ]

    def test_people_by_shares_have_their_part_of_all(self) -> None:
        origins = pd.DataFrame(
            {
                schema.MESH_CODE: grid_codes([(0, 0), (0, 1), (0, 2)]),
                schema.PREF_CODE: ["16"] * 3,
            }
        )
        classes = np.array([[0, 0, 0, 4], [4, 4, 4, 4], [1, 1, 1, 1]], dtype=np.int8)
        road = np.array([True, True, False])
        rows = class_rows(origins, classes, road, TRANSIT)
        out = people_by_class(rows, np.array([4.0, 6.0, 90.0]), TRANSIT)
        assert out["share"][schema.CONVENIENT] == pytest.approx(0.3)
        assert out["share"][schema.VACUUM] == pytest.approx(0.7)
        assert sum(out["share"].values()) == pytest.approx(1)
        assert set(out["share"]) == set(schema.TRANSIT_CLASSES)
        # where nobody has road data nobody has a part of anything
        nobody = people_by_class(
            class_rows(origins, classes, np.zeros(3, dtype=bool), TRANSIT),
            np.array([4.0, 6.0, 90.0]),
            TRANSIT,
        )
        assert nobody["share"] == {}
        assert nobody["by_cell"][schema.NO_ROAD] == 100

    def test_no_road_is_never_called_vacuum(self) -> None:
        origins = pd.DataFrame(
            {
                schema.MESH_CODE: grid_codes([(0, 0), (0, 1)]),
                schema.PREF_CODE: ["16", "16"],
                schema.POPULATION: [3.0, 5.0],
            }
        )
        classes = np.full((2, 4), 4, dtype=np.int8)
        rows = class_rows(
            origins, classes, np.array([True, False]), TRANSIT, preset="p", metric=schema.ROAD
        )
        schema.TRANSIT.conform(rows)
        assert rows[schema.TRANSIT_CLASS].tolist() == [schema.VACUUM, schema.NO_ROAD]
        assert rows["share_vacuum"].isna().tolist() == [False, True]
        people = people_by_class(rows, np.array([3.0, 5.0]), TRANSIT)
        assert people["by_cell"][schema.VACUUM] == people["by_share"][schema.VACUUM] == 3
        assert people["by_cell"][schema.NO_ROAD] == 5
        assert people["share"][schema.VACUUM] == 1


PEOPLE_ROAD = 137.0, 36.7
"""A straight road to the east along a parallel; the cells lie on it."""


def stops_at(metres: list[float], services: list[str] | None = None) -> pd.DataFrame:
    """Stops so many metres east of the road's beginning."""
    per_lon = float(crs.metres_per_degree(PEOPLE_ROAD[1])[0])
    n = len(metres)
    return schema.DESTINATIONS.conform(
        pd.DataFrame(
            {
                schema.DESTINATION_ID: [f"s{i}" for i in range(n)],
                schema.SERVICE: services or [BUS_STOP] * n,
                schema.NAME: [f"停{i}" for i in range(n)],
                schema.LON: [PEOPLE_ROAD[0] + m / per_lon for m in metres],
                schema.LAT: PEOPLE_ROAD[1],
                schema.SOURCE: "test",
                schema.SOURCE_IDS: "",
                schema.CAPACITY: np.nan,
            }
        )
    )


def homes_at(metres: list[float]) -> Homes:
    """Cells of one sub-point each, its centre; no roads: straight lines along the road."""
    here = stops_at(metres)
    lon, lat = here[schema.LON].to_numpy(), here[schema.LAT].to_numpy()
    n = len(metres)
    places = Places(np.tile(lon, 2), np.tile(lat, 2), n, 1, np.full(n, 1.0))
    origins = pd.DataFrame(
        {
            schema.MESH_CODE: [f"{i:09d}" for i in range(n)],
            schema.PREF_CODE: ["16"] * n,
            schema.POPULATION: [float(i + 1) for i in range(n)],
        }
    )
    return Homes(origins, places, np.ones(n, dtype=bool), None, None)


def classes_of(
    homes: Homes, stops: pd.DataFrame, trips: np.ndarray, preset: str
) -> tuple[list[str], list[str]]:
    shipped = load_settings()
    transit, quality = classify(homes, measure(homes, stops, trips, shipped), shipped)
    mine = transit[transit[schema.PRESET] == preset]
    return mine[schema.TRANSIT_CLASS].tolist(), quality[schema.QUALITY].tolist()


class TestOnAStraightRoad:
    """A station at 0 m, a stop at 2,000 m with 12 trips, one at 4,000 m nobody knows of."""

    homes = homes_at([0, 999, 1001, 1499, 1501, 2500, 2501, 3501, 4500, 4501])
    stops = stops_at([0, 2000, 4000], [STATION, BUS_STOP, BUS_STOP])
    trips = np.array([np.nan, 12.0, np.nan])

    @pytest.mark.parametrize(
        ("preset", "letters"),
        [
            ("mlit-ksj-2025", "CCVVIIVIIV"),
            ("ksj-2025-min10", "CCVVIIVUUV"),
            ("toshikozo-core-30", "CVVVVVVVVV"),
            ("subsidy", "CCIIIIIIII"),
        ],
    )
    def test_the_classes_are_those_of_a_hand_count(self, preset: str, letters: str) -> None:
        names = {"C": "convenient", "I": "inconvenient", "U": "unknown", "V": "vacuum"}
        found, _ = classes_of(self.homes, self.stops, self.trips, preset)
        assert found == [names[letter] for letter in letters]

    def test_the_quality_follows_the_bands(self) -> None:
        # 12 trips are in the band of 10: CDE- for buses at 300, 500, 800 m
        _, quality = classes_of(
            homes_at([0, 300, 301, 500, 501, 800, 801]), stops_at([0]), np.array([12.0]), "subsidy"
        )
        assert quality == ["C", "C", "D", "D", "E", "E", "none"]
        _, unknown = classes_of(
            homes_at([0, 800, 801]), stops_at([0]), np.array([np.nan]), "subsidy"
        )
        assert unknown == ["unknown", "unknown", "none"]

    def test_what_has_no_trip_that_day_serves_nobody(self) -> None:
        for preset in load_settings().vacuum_presets:
            found, quality = classes_of(homes_at([0]), stops_at([0]), np.array([0.0]), preset)
            assert (found, quality) == (["vacuum"], ["none"])

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 6000),
                st.sampled_from([STATION, BUS_STOP]),
                st.sampled_from([np.nan, 0.0, 1.0, 2.0, 9.0, 29.0, 30.0, 100.0]),
                st.integers(0, 40),
                st.booleans(),
            ),
            min_size=1,
            max_size=6,
        )
    )
    @settings(deadline=None, max_examples=40)
    def test_more_trips_or_more_stops_never_make_anything_worse(
        self, stops: list[tuple[int, str, float, int, bool]]
    ) -> None:
        homes = homes_at(list(range(0, 6000, 450)))
        metres, services, trips, more, there = map(list, zip(*stops, strict=True))
        table = stops_at(metres, services)
        few = np.flatnonzero(there)
        fewer = table.iloc[few].reset_index(drop=True)
        rank = {name: i for i, name in enumerate(schema.TRANSIT_CLASSES)}
        for preset in load_settings().vacuum_presets:
            before, q_before = classes_of(homes, fewer, np.array(trips)[few], preset)
            after, q_after = classes_of(homes, table, np.array(trips) + np.array(more), preset)
            assert all(rank[a] <= rank[b] for a, b in zip(after, before, strict=True))
            qualities = list(schema.QUALITIES)
            assert all(
                qualities.index(a) <= qualities.index(b)
                for a, b in zip(q_after, q_before, strict=True)
            )


class TestByRoad:
    """One street of 1 km to the east, then 600 m to the north; where it ends, the data end."""

    @pytest.fixture
    def network(self) -> Network:
        per_lon, per_lat = (float(v) for v in crs.metres_per_degree(PEOPLE_ROAD[1]))
        lon, lat = PEOPLE_ROAD
        corner = lon + 1000 / per_lon
        nodes = {1: (lon, lat), 2: (corner, lat), 3: (corner, lat + 600 / per_lat)}
        street = [(7, [1, 2, 3], {"highway": "residential"})]
        return build(ways_from_lists(street, nodes), load_settings().network, schema.WALK)

    def test_the_way_round_the_corner_decides_by_road_and_the_circle_straight(
        self, network: Network
    ) -> None:
        per_lat = float(crs.metres_per_degree(PEOPLE_ROAD[1])[1])
        homes = replace(homes_at([750, 801]), network=network)
        stop = stops_at([1000]).assign(lat=PEOPLE_ROAD[1] + 300 / per_lat)
        shipped = load_settings()
        transit, _ = classify(homes, measure(homes, stop, np.array([5.0]), shipped), shipped)
        mine = transit[transit[schema.PRESET] == "mlit-ksj-2025"].groupby(schema.METRIC)
        found = {metric: rows[schema.TRANSIT_CLASS].tolist() for metric, rows in mine}
        # 250 + 300 = 550 m and 199 + 300 = 499 m by road; 391 m and 360 m straight
        assert found == {
            schema.ROAD: ["vacuum", "inconvenient"],
            schema.STRAIGHT: ["inconvenient", "inconvenient"],
        }

    def test_cells_beside_a_stop_without_a_road_are_named(self, network: Network) -> None:
        homes = replace(homes_at([0, 700, 1000]), network=network)
        beyond = stops_at([1600], [STATION])
        shipped = load_settings()
        near = near_without_road(homes, beyond, np.array([np.nan]), shipped)
        assert near.tolist() == [False, True, True]  # 1,600, 900 and 600 m
        assert not near_without_road(homes, beyond, np.array([0.0]), shipped).any()
        assert not near_without_road(homes, stops_at([900]), np.array([5.0]), shipped).any()


class TestWhereTheDataEnd:
    def test_cells_that_touch_one_without_road_data(self) -> None:
        #   . r r        r: road, n: none; corners touch, two cells apart do not
        #   n r r r
        cells = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 1), (1, 2)]
        road = np.array([False, True, True, True, True, True])
        found = beside_no_road(grid_codes(cells), road)
        assert found.tolist() == [False, True, False, False, True, False]
        assert not beside_no_road(grid_codes(cells), np.ones(6, dtype=bool)).any()
        assert not beside_no_road(grid_codes([]), np.zeros(0, dtype=bool)).any()

    @given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, unique=True))
    @settings(deadline=None, max_examples=30)
    def test_as_counted_one_by_one(self, cells: list[tuple[int, int]]) -> None:
        road = np.array([(r * 7 + c) % 3 != 0 for r, c in cells])
        lost = [cell for cell, has in zip(cells, road, strict=True) if not has]
        expected = [
            bool(has) and any(abs(r - y) <= 1 and abs(c - x) <= 1 for y, x in lost)
            for (r, c), has in zip(cells, road, strict=True)
        ]
        assert beside_no_road(grid_codes(cells), road).tolist() == expected

    def test_an_area_says_whose_distances_it_has_and_who_lives_at_the_end(self) -> None:
        cells = pd.DataFrame(
            {
                schema.MESH_CODE: grid_codes([(0, 0), (0, 1), (0, 2), (5, 5)]),
                schema.MUNI_CODE: "16201",
                "muni_name": "富山市",
                schema.POPULATION: [30.0, 50.0, 20.0, 0.0],
                "nearest_stop_m": [1.0, 2.0, 3.0, 4.0],
                DATA_END: pd.array(["yes", None, "yes", None], dtype="str"),
            }
        )
        areas = areas_of(cells).set_index("rank")
        assert areas.loc[1, "nearest_stop_m"] == 2
        assert areas.loc[1, "head_mesh_code"] == cells.loc[1, schema.MESH_CODE]
        assert areas.loc[1, "head_share"] == 0.5
        assert areas[DATA_END_PEOPLE].tolist() == [50.0, 0.0]
        assert np.isnan(areas.loc[2, "head_share"])  # nobody there: no part of nobody


class TestSupply:
    def test_a_station_has_the_trips_of_its_platform(self) -> None:
        stops = stops_at([0, 1000, 0], [STATION, STATION, BUS_STOP])
        # The nearest platform has 3 trips a day; the busiest within 200 m counts.
        platforms = stops_at([150, 1201, 20], [STATION, STATION, STATION])
        ids = ["gtfs:r:p", "gtfs:r:q", "gtfs:r:s"]
        platforms = platforms.assign(destination_id=ids)
        departures = pd.DataFrame({schema.DESTINATION_ID: ids, schema.PLACE_TRIPS: [40, 7, 3]})
        trips = known_trips(stops, departures, platforms, 200.0)
        np.testing.assert_array_equal(trips, [40.0, np.nan, np.nan])

    def test_zero_is_neither_served_nor_unknown(self) -> None:
        stops = stops_at([0, 1, 2])
        members = members_by_level(stops, np.array([0.0, 5.0, np.nan]), {BUS_STOP: [1.0, 10.0]})
        assert {k[1]: v.tolist() for k, v in members.items()} == {1.0: [1], 10.0: [], UNKNOWN: [2]}


class TestZones:
    def test_the_border_is_inside_and_people_are_by_shares(self) -> None:
        places = Places(np.array([0.5, 5.0, 0.0, 1.0, 1.5, 5.0]), np.zeros(6), 2, 2, np.ones(2))
        zones = gpd.GeoDataFrame(geometry=[shapely.box(0, -1, 1, 1)], crs="EPSG:6668")
        inside = zone_points(places, zones)
        assert inside.tolist() == [[[True, True], [False, False]]]
        mask = np.array([[True, False], [True, True]])
        assert people_in_zones(inside, mask, np.array([10.0, 7.0])).tolist() == [5.0]


class TestPriority:
    def priority(self, **weights: float) -> Priority:
        full = {
            "people": 100,
            "elderly_share": 0.5,
            "transit_m": 1000,
            "shop_m": 1000,
            "hospital_m": 1000,
        }
        parts = {n: PriorityPart(weights.get(n, 1.0), f) for n, f in full.items()}
        return Priority("試案", "test", 10.0, parts)

    def areas(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "area_id": ["a", "b", "c"],
                schema.POPULATION: [50.0, 200.0, 5.0],
                schema.POPULATION_65PLUS: [25.0, np.nan, 5.0],
                schema.POPULATION_75PLUS: [np.nan, np.nan, 5.0],
                "served_m": [500.0, np.nan, 1e9],
                "nearest_shop_m": [0.0, 250.0, 1e9],
            }
        )

    def test_the_score_is_the_formula_of_the_settings(self) -> None:
        out = with_priority(self.areas(), self.priority(people=2.0))
        # a: (2*.5 + 1*1 + 1*.5 + 1*0)/5; b: no ages: (2*1 + 1 + .25)/4; hospitals: no data
        assert out["priority_score"].tolist() == [50.0, 81.2, 62.0]

    def test_the_minimum_of_people_filters_the_ranking_alone(self) -> None:
        out = with_priority(self.areas(), self.priority())
        np.testing.assert_array_equal(out["priority_rank"], [2.0, 1.0, np.nan])
        assert len(out) == 3


class TestAreas:
    def test_diagonal_neighbours_join_and_a_gap_parts(self) -> None:
        areas = areas_of(vacuum_cells([(0, 0), (1, 1), (5, 5)]))
        assert areas["cells"].tolist() == [1, 2]
        assert areas["population"].tolist() == [4.0, 3.0]  # most people first
        assert areas["area_id"].tolist() == ["16-0001", "16-0002"]

    def test_a_municipal_border_parts_neighbours(self) -> None:
        areas = areas_of(vacuum_cells([(0, 0), (0, 1)], ["16201", "16202"]))
        assert sorted(areas["muni_code"]) == ["16201", "16202"]

    def test_the_nearest_stop_is_that_of_the_most_populous_cell(self) -> None:
        areas = areas_of(vacuum_cells([(0, 0), (0, 1)]))
        assert areas.loc[0, "nearest_stop_name"] == "停1"

    def test_no_vacuum_gives_no_areas(self) -> None:
        areas = areas_of(vacuum_cells([]))
        assert len(areas) == 0
        assert "area_km2" in areas.columns
        assert areas.crs.to_epsg() == 6668

    def test_unknown_ages_stay_unknown(self) -> None:
        areas = areas_of(vacuum_cells([(0, 0), (0, 1)]))
        assert areas["population_75plus"].isna().all()
        assert areas["population_65plus"].tolist() == [1.0]

    def test_the_area_of_one_cell_is_its_geodesic_area(self) -> None:
        areas = areas_of(vacuum_cells([(0, 0)]))
        # 15" x 22.5" at 36 N: about 462.4 m x 563.4 m
        assert areas.loc[0, "area_km2"] == pytest.approx(0.4624 * 0.5634, rel=2e-3)

    @given(
        st.lists(
            st.tuples(st.integers(0, 7), st.integers(0, 7)), unique=True, min_size=1, max_size=40
        ),
        st.randoms(use_true_random=False),
    )
    @settings(deadline=None, max_examples=60)
    def test_areas_partition_the_cells(self, cells: list[tuple[int, int]], random) -> None:
        table = vacuum_cells(cells, [f"1620{(r + c) % 2 + 1}" for r, c in cells])
        areas, area_of = vacuum_areas(table, "16")
        assert areas["population"].sum() == table["population"].sum()
        assert areas["cells"].sum() == len(table)
        boxes = mesh.polygons(table[schema.MESH_CODE].to_numpy(dtype=object))
        centres = shapely.centroid(boxes)
        holds = np.array([[g.contains(c) for c in centres] for g in areas.geometry])
        assert (holds.sum(axis=0) == 1).all()
        assert areas["rank"].tolist() == list(range(1, len(areas) + 1))
        # each cell is in the one area whose id it has
        by_id = table.groupby(area_of.to_numpy())["population"].sum()
        assert by_id.to_dict() == areas.set_index("area_id")["population"].to_dict()
        first = areas.set_index("area_id").geometry
        assert all(first[i].contains(c) for i, c in zip(area_of, centres, strict=True))
        # the order of rows changes nothing
        shuffled = list(range(len(table)))
        random.shuffle(shuffled)
        again = areas_of(table.iloc[shuffled].reset_index(drop=True))
        assert again["population"].tolist() == areas["population"].tolist()
        assert all(a.equals(b) for a, b in zip(areas.geometry, again.geometry, strict=True))

    def test_two_rows_of_one_border_cell_are_neighbours(self) -> None:
        labels = contiguous(np.array([3, 3]), np.array([4, 4]), np.array([0, 0]))
        assert labels[0] == labels[1]


class TestByArea:
    def test_people_of_a_border_cell_go_with_its_municipalities(self) -> None:
        origins = pd.DataFrame(
            {
                schema.MESH_CODE: grid_codes([(0, 0), (0, 1)]),
                schema.PREF_CODE: ["16", "16"],
                schema.POPULATION: [10.0, 5.0],
            }
        )
        classes = np.array([[0, 4, 4, 4], [4, 4, 4, 4]], dtype=np.int8)
        rows = class_rows(
            origins, classes, np.array([True, False]), TRANSIT, preset="p", metric=schema.ROAD
        )
        # Area A has 6 of the first cell's people, B 4 and the second cell, which has no road.
        areas = Areas(
            table=pd.DataFrame(
                {
                    schema.AREA_LEVEL: schema.MUNICIPALITY,
                    schema.AREA_CODE: ["A", "B"],
                    schema.AREA_NAME: ["甲", "乙"],
                }
            ),
            cell=np.array([0, 0, 1]),
            member_part=np.array([0, 1, 2]),
            member_area=np.array([0, 1, 1]),
            people={"total": np.array([6.0, 4.0, 5.0])},
        )
        table = people_by_area(rows, areas, TRANSIT, "p", {"year": 2020})
        assert (table["year"] == 2020).all()
        found = table.pivot_table("population", "class", "area_code", aggfunc="sum")
        assert found.loc[schema.CONVENIENT].tolist() == [1.5, 1.0]
        assert found.loc[schema.VACUUM].tolist() == [4.5, 3.0]
        assert found.loc[schema.NO_ROAD].tolist() == [0.0, 5.0]
        assert table["population"].sum() == 15.0
        shares = table.groupby("area_code")["share_of_people"].sum()
        assert shares.tolist() == [1.0, 1.0]
        # Three quarters of the first cell are vacuum: by whole cells all of its people are in it.
        whole = table.pivot_table("population_by_cell", "class", "area_code", aggfunc="sum")
        assert whole.loc[schema.VACUUM].tolist() == [6.0, 4.0]
        assert whole.loc[schema.CONVENIENT].tolist() == [0.0, 0.0]
        assert whole.loc[schema.NO_ROAD].tolist() == [0.0, 5.0]

    def test_where_nobody_has_road_data_the_classes_are_unknown_not_zero(self) -> None:
        origins = pd.DataFrame(
            {
                schema.MESH_CODE: grid_codes([(0, 0), (0, 1)]),
                schema.PREF_CODE: ["16", "16"],
                schema.POPULATION: [10.0, 5.0],
            }
        )
        classes = np.zeros((2, 4), dtype=np.int8)  # all convenient, the second without a road
        rows = class_rows(
            origins, classes, np.array([True, False]), TRANSIT, preset="p", metric=schema.ROAD
        )
        areas = Areas(
            table=pd.DataFrame(
                {
                    schema.AREA_LEVEL: schema.MUNICIPALITY,
                    schema.AREA_CODE: ["A", "B", "C"],
                    schema.AREA_NAME: ["甲", "乙", "人口データの外"],
                }
            ),
            cell=np.array([0, 1]),
            member_part=np.array([0, 1]),
            member_area=np.array([0, 1]),
            people={"total": np.array([10.0, 5.0]), "75plus": np.array([0.0, 2.0])},
        )
        table = people_by_area(rows, areas, TRANSIT, "p", {})
        assert table[schema.POPULATION].sum() == table["population_by_cell"].sum() == 17.0
        known = table[table["class"] != schema.NO_ROAD]
        for column in (schema.POPULATION, "population_by_cell"):
            mine = known.set_index(schema.AREA_CODE)[column]
            # That nobody of 75 and over lives in A is known: its zeros are counts.
            assert mine.loc["A"].notna().all()
            assert mine.loc[["B", "C"]].isna().all()
            lost = table[table["class"] == schema.NO_ROAD].groupby(schema.AREA_CODE)[column]
            assert lost.sum().tolist() == [0.0, 7.0, 0.0]
