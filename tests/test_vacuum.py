"""交通空白 classes and areas: known answers, then what must hold whatever the input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis import schema
from coverage_gis.codes import mesh
from coverage_gis.settings import VacuumPreset
from coverage_gis.vacuum.classes import cell_classes, class_shares, point_classes, transit_rows
from coverage_gis.vacuum.polygons import contiguous, vacuum_areas

PRESET = VacuumPreset("ksj", "試験", "test", rail_m=1000, bus_m=500)
BASE_ROW, BASE_COL = 36 * 240, 37 * 160


def grid_codes(cells: list[tuple[int, int]]) -> np.ndarray:
    rows, cols = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    return mesh.from_grid(rows + BASE_ROW, cols + BASE_COL, mesh.M500)


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


class TestPointClasses:
    @pytest.mark.parametrize(
        ("station_m", "stop_m", "expected"),
        [
            (1000.0, np.nan, 0),  # inclusive
            (1000.001, 500.0, 1),
            (np.nan, 500.001, 2),
            (np.nan, np.nan, 2),
            (999.0, 10.0, 0),
        ],
    )
    def test_a_stop_on_a_straight_road(
        self, station_m: float, stop_m: float, expected: int
    ) -> None:
        assert point_classes(np.array([station_m]), np.array([stop_m]), PRESET)[0] == expected

    def test_cell_is_vacuum_when_more_than_half_of_it_is(self) -> None:
        classes = np.array([[2, 2, 1, 1], [2, 2, 2, 0], [0, 0, 1, 2], [1, 1, 1, 2]], dtype=np.int8)
        assert cell_classes(class_shares(classes)).tolist() == [
            schema.INCONVENIENT,
            schema.VACUUM,
            schema.CONVENIENT,
            schema.INCONVENIENT,
        ]

    @given(
        st.lists(
            st.tuples(st.floats(0, 3000), st.floats(0, 3000), st.floats(0, 3000)),
            min_size=6,
            max_size=6,
        )
    )
    @settings(deadline=None, max_examples=200)
    def test_more_service_never_enlarges_the_vacuum(
        self, points: list[tuple[float, float, float]]
    ) -> None:
        station, stop, extra = np.array(points).T[:, None, :]
        before = cell_classes(class_shares(point_classes(station, stop, PRESET)))[0]
        order = {c: i for i, c in enumerate(schema.TRANSIT_CLASSES)}
        for more in (
            point_classes(np.minimum(station, extra), stop, PRESET),
            point_classes(station, np.minimum(stop, extra), PRESET),
        ):
            assert order[cell_classes(class_shares(more))[0]] <= order[before]

    def test_no_road_is_never_called_vacuum(self) -> None:
        origins = pd.DataFrame(
            {schema.MESH_CODE: grid_codes([(0, 0), (0, 1)]), schema.PREF_CODE: ["16", "16"]}
        )
        shares = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
        rows = transit_rows(
            origins, shares, np.array([True, False]), preset="p", metric=schema.ROAD
        )
        assert rows[schema.TRANSIT_CLASS].tolist() == [schema.VACUUM, schema.NO_ROAD]
        assert rows["share_vacuum"].isna().tolist() == [False, True]


class TestAreas:
    def test_diagonal_neighbours_join_and_a_gap_parts(self) -> None:
        areas = vacuum_areas(vacuum_cells([(0, 0), (1, 1), (5, 5)]), "16")
        assert areas["cells"].tolist() == [1, 2]
        assert areas["population"].tolist() == [4.0, 3.0]  # most people first
        assert areas["area_id"].tolist() == ["16-0001", "16-0002"]

    def test_a_municipal_border_parts_neighbours(self) -> None:
        areas = vacuum_areas(vacuum_cells([(0, 0), (0, 1)], ["16201", "16202"]), "16")
        assert sorted(areas["muni_code"]) == ["16201", "16202"]

    def test_the_nearest_stop_is_that_of_the_most_populous_cell(self) -> None:
        areas = vacuum_areas(vacuum_cells([(0, 0), (0, 1)]), "16")
        assert areas.loc[0, "nearest_stop_name"] == "停1"

    def test_no_vacuum_gives_no_areas(self) -> None:
        areas = vacuum_areas(vacuum_cells([]), "16")
        assert len(areas) == 0
        assert "area_km2" in areas.columns
        assert areas.crs.to_epsg() == 6668

    def test_unknown_ages_stay_unknown(self) -> None:
        areas = vacuum_areas(vacuum_cells([(0, 0), (0, 1)]), "16")
        assert areas["population_75plus"].isna().all()
        assert areas["population_65plus"].tolist() == [1.0]

    def test_the_area_of_one_cell_is_its_geodesic_area(self) -> None:
        areas = vacuum_areas(vacuum_cells([(0, 0)]), "16")
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
        areas = vacuum_areas(table, "16")
        assert areas["population"].sum() == table["population"].sum()
        assert areas["cells"].sum() == len(table)
        boxes = mesh.polygons(table[schema.MESH_CODE].to_numpy(dtype=object))
        centres = shapely.centroid(boxes)
        holds = np.array([[g.contains(c) for c in centres] for g in areas.geometry])
        assert (holds.sum(axis=0) == 1).all()
        assert areas["rank"].tolist() == list(range(1, len(areas) + 1))
        # the order of rows changes nothing
        shuffled = list(range(len(table)))
        random.shuffle(shuffled)
        again = vacuum_areas(table.iloc[shuffled].reset_index(drop=True), "16")
        assert again["population"].tolist() == areas["population"].tolist()
        assert all(a.equals(b) for a, b in zip(areas.geometry, again.geometry, strict=True))

    def test_two_rows_of_one_border_cell_are_neighbours(self) -> None:
        labels = contiguous(np.array([3, 3]), np.array([4, 4]), np.array([0, 0]))
        assert labels[0] == labels[1]
