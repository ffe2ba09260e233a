"""What is told of vacuum areas beside their figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coverage_gis.codes import mesh
from coverage_gis.vacuum.area_notes import near_extent, people_of_areas

FAR = (120.0, 20.0, 150.0, 50.0)


def cells(rows: list[tuple[int, int, str, str | None]]) -> pd.DataFrame:
    """Return cells at a row and column of the grid, with a class and an area."""
    row, col, label, area = zip(*rows, strict=True)
    codes = mesh.from_grid(8784 + np.array(row), 5936 + np.array(col), mesh.M500)
    return pd.DataFrame({"mesh_code": codes, "transit_class": label, "area_id": area})


@pytest.mark.parametrize("side", range(4))
def test_an_area_is_at_the_end_within_the_limit_of_the_roads_extent(side: int) -> None:
    table = cells([(0, 0, "vacuum", "a"), (0, 1, "vacuum", "a")])
    lon, lat = mesh.centroids(table["mesh_code"].to_numpy(dtype=object))
    step_lon, step_lat = 1 / 160, 1 / 240  # about 558 and 463 m
    outwards = (-step_lon, -step_lat, step_lon, step_lat)[side]
    edge = (lon.min(), lat.min(), lon.max(), lat.max())[side]
    for cells_away, found in ((-0.1, ["a"]), (0.4, ["a"]), (2.0, [])):
        roads = tuple(edge + cells_away * outwards if k == side else FAR[k] for k in range(4))
        assert near_extent(table, roads, 500).tolist() == found


def test_without_areas_there_is_nothing() -> None:
    table = cells([(0, 0, "no_road", None), (0, 1, "convenient", None)])
    assert near_extent(table, (0.0, 0.0, 1.0, 1.0), 1000).size == 0


def test_people_of_areas_add_up_and_stay_unknown() -> None:
    table = cells([(0, 0, "", "a"), (0, 1, "", "a"), (3, 0, "", "b"), (3, 1, "", "b")])
    people = people_of_areas(table, np.array([1.5, 2.0, 4.0, np.nan]))
    assert people["a"] == pytest.approx(3.5)
    assert np.isnan(people["b"])
    nobody = people_of_areas(table.assign(area_id=None), np.ones(4))
    assert nobody.empty
